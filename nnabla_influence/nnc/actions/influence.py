"""The plugin *Influence*: scores the training data of a training result.

With an influence cache, the training itself is scored. Without one, methods that need the final parameters only work
from the trained network as it is, with the project's own solver, learning rate, schedule and batch size. The others
follow the steps of an epoch, so with the project's own solver one more epoch is trained from the trained network first.
Out-of-fold predictions come from networks that are trained anew, with or without a cache. Where the mean over several
trainings is asked for, or the parameters of every epoch, the project is trained anew (`trained_anew`).

The trained network of NNC may hold the parameters of the best epoch rather than the last one; a cache holds those of
the last one. The log says which are scored.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Optional, Tuple

from ...announcements import write_influence_csv
from ...choices import DEFAULT_OBJECTIVE
from ...errors import CacheMismatchError, ConfigError
from ...files import refuse_overwriting
from ...messenger import Messenger
from ...remedies import remedy
from ...resume import partial_folder
from ...training import FinalState, FinishedTraining, Hooks, TrainingCache, train
from ...workflow.opened_project import OpenedProject, open_cached_project, open_project
from ...workflow.project_request import ProjectRequest
from ...workflow.score import ScoreRequest, has_objective, score_project, scoring_passport
from ...workflow.training_overrides import TrainingOverrides
from ..host.fields import Fields
from .own_outputs import own_outputs
from .result_folder import ResultFields, TrainedResult
from .trained_anew import NEEDS_EPOCHS, TrainedAnew
from .workspace import own_progress, workspace

__all__ = ["InfluenceRequest", "run"]

LOGGER = logging.getLogger("nnabla_influence")
FOLLOW_STEPS = ("last-epoch", "sgd-influence")
TRAINS_ANEW = "out-of-fold"
EPOCH_CACHE = "one_more_epoch.h5"


@dataclass(frozen=True)
class InfluenceRequest:
    """What the fields ask for.

    Args:
        result: What was trained.
        method: How to score.
        objective: What harm is; a method that does not ask the validation data takes the field's default for nothing.
        output: The influence CSV to write.
        trials: How many trainings the scores are the mean of; 1: the result itself is scored.
        batch_size: Samples of a batch; None: the project's.

    Raises:
        ConfigError: There is no trial, or no sample in a batch.
    """

    result: ResultFields
    method: str
    objective: str
    output: Path
    trials: int = 1
    batch_size: Optional[int] = None

    def __post_init__(self) -> None:
        for name, number in (("trials", self.trials), ("batch_size", self.batch_size)):
            if number is not None and number < 1:
                raise ConfigError(f"Expected in the field {name} 1 or more, got {number}.")

    @property
    def settings(self) -> Dict[str, str]:
        """The method's settings; one that it lacks is among them if somebody chose it, to be refused."""
        chosen = has_objective(self.method) or self.objective != DEFAULT_OBJECTIVE
        return {"objective": self.objective} if chosen else {}


def run(fields: Fields, console: Messenger) -> None:
    """Score and write the influence CSV.

    Args:
        fields: ``model``, ``train``, ``validation``, ``cache``, ``method``, ``objective``, ``trials``, ``batch_size``
            and ``output``.
        console: Where progress is said.

    Raises:
        KeyboardInterrupt: Interrupted; the message says what is left.
        InfluenceError: The result cannot be scored.
    """
    trials = fields.number("trials")
    asked = InfluenceRequest(
        ResultFields.of(fields),
        fields.text("method"),
        fields.text("objective"),
        fields.path("output"),
        1 if trials is None else trials,
        fields.number("batch_size"),
    )
    _score(asked, console)


def _score(asked: InfluenceRequest, console: Messenger) -> None:
    result = TrainedResult.read(asked.result)
    request = ScoreRequest(asked.method, asked.settings, device=result.device)
    output = asked.output
    refuse_overwriting([output], result.inputs)
    with own_outputs("influence", output), workspace(output, None, remedy("go-on-scoring")):
        if asked.trials > 1 or (request.method == NEEDS_EPOCHS and not _has_epochs(result)):
            anew = TrainedAnew(result, request, asked.trials, asked.batch_size, output)
            write_influence_csv(console, anew.scores(console), output, overwrite=True)
            return
        training, project = _finished(result, request, asked.batch_size, output, console)
        refuse_overwriting([output], project.data_files)
        passport = scoring_passport(request.estimator(), training, project.train, project.validation)
        own_progress(output, passport, "scoring")
        scores = score_project(project, training, request, output=output, overwrite=True, reporter=console)
        write_influence_csv(console, scores, output, overwrite=True)


def _has_epochs(result: TrainedResult) -> bool:
    """Tell whether there is a cache with the parameters at the end of every epoch."""
    if result.cache is None:
        return False
    cache = TrainingCache.open(result.cache)
    return {cache.plan.first_step(epoch + 1) for epoch in range(cache.config.epochs)} <= set(cache.kept)


def _finished(
    result: TrainedResult, request: ScoreRequest, batch_size: Optional[int], output: Path, console: Messenger
) -> Tuple[FinishedTraining, OpenedProject]:
    """Return what is scored, with its data.

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
    if request.method in FOLLOW_STEPS:
        return _one_more_epoch(project, request.method, output, console), project
    if request.method != TRAINS_ANEW:
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
