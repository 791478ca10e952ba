"""Trains a project with progress on the console; shared by train, run and demo."""

from __future__ import annotations

import logging
from pathlib import Path

from ..device import Device
from ..interrupts import clear_interrupts
from ..resume import partial_folder
from ..training import Hooks, TrainingCache, train
from .console import Console
from .epoch_log import EpochLog
from .project import Project

LOGGER = logging.getLogger("nnabla_influence")


def train_project(
    project: Project, target: Path, device: Device, console: Console, *, overwrite: bool = False
) -> TrainingCache:
    """Trains, or opens an identical finished run.

    Raises:
        KeyboardInterrupt: Ctrl-C, with how to go on.
        InfluenceError: See `nnabla_influence.training.train`.
    """
    finished = target.exists()
    if partial_folder(target).is_dir():
        LOGGER.info("going on with the interrupted training in %s", partial_folder(target))
    try:
        with clear_interrupts(), console.progress("training", "steps") as progress:
            hooks = Hooks(progress, EpochLog(project.network, project.validation, device, project.config.batch_size))
            cache = train(
                project.network, project.train, project.config, target, device=device, overwrite=overwrite, hooks=hooks
            )
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt(
            f"the training's progress is in '{partial_folder(target)}'. The same command goes on, --discard removes it."
        ) from interrupt
    if finished and not overwrite:
        LOGGER.info("%s holds this very training already; nothing to do", target)
    return cache
