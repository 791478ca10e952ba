"""What a plugin scores: the influence cache of a training, or the trained network as it is, or one more epoch.

With an influence cache, the training itself is scored. Without one, methods that need the final parameters only work
from the trained network as it is, with the project's own solver, learning rate, schedule and batch size. The others
follow the steps of an epoch, so with the project's own solver one more epoch is trained from the trained network first.

The trained network of NNC may hold the parameters of the best epoch rather than the last one; a cache holds those of
the last one. The log says which are scored.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Optional, Tuple

from ...errors import CacheMismatchError, ConfigError
from ...messenger import Messenger
from ...resume import partial_folder
from ...training import FinalState, FinishedTraining, Hooks, TrainingCache, train
from ...workflow.opened_project import OpenedProject, open_cached_project, open_project
from ...workflow.project_request import ProjectRequest
from ...workflow.training_overrides import TrainingOverrides
from .result_folder import TrainedResult

__all__ = ["EPOCH_CACHE", "FOLLOW_STEPS", "finished_training"]

LOGGER = logging.getLogger("nnabla_influence")
FOLLOW_STEPS = ("last-epoch", "sgd-influence")
TRAINS_ANEW = "out-of-fold"
EPOCH_CACHE = "one_more_epoch.h5"


def finished_training(
    result: TrainedResult, method: str, batch_size: Optional[int], output: Path, console: Messenger
) -> Tuple[FinishedTraining, OpenedProject]:
    """Return what is scored, with its data.

    Args:
        result: The training result.
        method: How it will be scored.
        batch_size: Samples of a batch; None: the project's.
        output: The file that will be written; what has to be trained first lies beside it.
        console: Shows progress.

    Raises:
        ConfigError: Another batch size is asked for than that of the influence cache.
    """
    if result.cache is not None:
        LOGGER.info(
            "scoring the training in %s: the parameters of its last epoch (results.nnp may hold those of the best one)",
            result.cache,
        )
        cache, project = open_cached_project(result.cache, result.train, result.validation, reporter=console)
        if batch_size not in (None, cache.config.batch_size):
            raise ConfigError(
                f"Expected in the field batch_size the batch size of '{result.cache}', {cache.config.batch_size}, got "
                f"{batch_size}. Leave the field empty, or ask for more than 1 trial: then the project is trained anew."
            )
        return cache, project
    training = TrainingOverrides(batch_size=batch_size)
    project = open_project(
        ProjectRequest(result.network, result.train, result.validation, device=result.device, training=training),
        console,
    )
    LOGGER.info(
        "no influence cache: taking the parameters in %s, which may be the best epoch's, not the last one's",
        result.file,
    )
    if method in FOLLOW_STEPS:
        return _one_more_epoch(project, method, output, console), project
    if method != TRAINS_ANEW:
        LOGGER.info("scoring them with the learning rates of the end of the project's schedule; nothing is trained")
    return FinalState(project.network, project.config, len(project.train)), project


def _one_more_epoch(project: OpenedProject, method: str, output: Path, console: Messenger) -> TrainingCache:
    """Continue the training for an epoch, inside the folder of the scoring's progress."""
    solver = project.config.solver
    LOGGER.info(
        "method %s follows the steps of an epoch: training one more epoch from there with the project's own solver "
        "(%s, learning rate %g at first; momentum and other moments start at zero)",
        method,
        solver.name,
        solver.learning_rate,
    )
    target = partial_folder(output) / EPOCH_CACHE
    with console.progress("training one more epoch", "steps") as progress:

        def trained(overwrite: bool) -> TrainingCache:
            """Train the epoch into the target."""
            return train(
                project.network,
                project.train,
                project.config,
                target,
                device=project.device,
                overwrite=overwrite,
                hooks=Hooks(progress),
            )

        try:
            return trained(overwrite=False)
        except CacheMismatchError:  # an interrupted scoring of something else was here before
            return trained(overwrite=True)
