"""The job *train*: trains an opened project into a training cache, or opens an identical finished one."""

from __future__ import annotations

import logging
from pathlib import Path

from ..files import refuse_overwriting
from ..interrupts import resumable
from ..remedies import remedy
from ..resume import has_progress, partial_folder
from ..training import Hooks, TrainingCache, train
from .changed_inputs import warn_of_changes
from .epoch_log import EpochLog
from .opened_project import OpenedProject
from .progress_reporter import SILENT, ProgressReporter

__all__ = ["train_project"]

LOGGER = logging.getLogger("nnabla_influence")


def train_project(
    project: OpenedProject, target: Path, *, overwrite: bool = False, reporter: ProgressReporter = SILENT
) -> TrainingCache:
    """Train, or open an identical finished run.

    Args:
        project: What is trained.
        target: The cache to write; progress lives beside it.
        overwrite: Replace a cache of other settings.
        reporter: Shows how far it is.

    Raises:
        OutputExistsError: The target is one of the files that are read.
        Interrupted: Ctrl-C, with how to go on.
        InfluenceError: See `nnabla_influence.training.train`.
    """
    refuse_overwriting([target], project.inputs)
    finished = target.exists()
    folder = partial_folder(target)
    if has_progress(target):
        LOGGER.info("going on with the interrupted training in %s", folder)
    with resumable(f"the training's progress is in '{folder}'.", remedy("go-on-or-discard")):
        with reporter.progress("training", "steps") as progress:
            epochs = EpochLog(project.network, project.validation, project.device, project.config.batch_size)
            cache = train(
                project.network,
                project.train,
                project.config,
                target,
                device=project.device,
                overwrite=overwrite,
                hooks=Hooks(progress, epochs),
            )
    warn_of_changes(project.train, project.validation)
    if finished and not overwrite:
        LOGGER.info("%s holds this very training already; nothing to do", target)
    return cache
