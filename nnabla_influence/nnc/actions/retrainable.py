"""A training result of NNC as something that can be trained again without some samples.

That needs a training cache. The influence cache beside the network is one. Where there is none, it is made first: for
retraining the last epoch, by training one more epoch from the trained network with the project's own solver; for
retraining everything, by training the project from new parameters. Both happen in a folder of their own beside the
output, which stays only after an interruption, so that the same plugin goes on.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Optional

from ...choices import LAST_EPOCH
from ...errors import ConfigError
from ...messenger import Messenger
from ...training import Hooks, TrainingCache, run_passport, train
from ...workflow.opened_project import OpenedProject, open_cached_project, open_project
from ...workflow.project_request import ProjectRequest
from .result_folder import TrainedResult

__all__ = ["TRAINING", "RetrainableResult"]

LOGGER = logging.getLogger("nnabla_influence")
TRAINING = "training.h5"
"""The cache that is made where there is none."""


@dataclass(frozen=True)
class RetrainableResult:
    """What was trained.

    Attributes:
        project: Network, configuration and data; the configuration is that of the cache, or of what is trained first.
        cache: The influence cache, if there is one.
        start: Where retraining starts.
    """

    project: OpenedProject
    cache: Optional[TrainingCache]
    start: str

    @classmethod
    def open(cls, result: TrainedResult, start: str, seed: int, console: Messenger) -> RetrainableResult:
        """Open network, data and cache.

        Args:
            result: The result folder.
            start: One of `choices.STARTS`.
            seed: Of what is trained.
            console: Shows progress.

        Raises:
            RequestError: Something is missing or does not fit.
        """
        if result.cache is None:
            opened = cls(_without_cache(result, start, seed, console), None, start)
        else:
            LOGGER.info("trained again is the training in %s", result.cache)
            cache, project = open_cached_project(
                result.cache, result.train, result.validation, device=result.device, reporter=console
            )
            opened = cls(project, cache, start)
        validation = opened.project.validation
        if len(validation) < 2:
            raise ConfigError(
                f"'{validation.path}' has {len(validation)} row, but half of the validation data scores and the other "
                "half judges; give a CSV with more rows in the field validation."
            )
        return opened

    @property
    def passport(self) -> Dict[str, Any]:
        """What identifies the training, in plain values."""
        if self.cache is not None:
            return {"cache": self.cache.identity}
        passport = run_passport(self.project.network, self.project.train, self.project.config)
        return {name: passport[name] for name in ("config", "network", "training_data")}

    def repeatable(self, folder: Path, console: Messenger) -> TrainingCache:
        """Return the cache, made inside a folder where there is none.

        Raises:
            InfluenceError: Training failed.
        """
        if self.cache is not None:
            return self.cache
        phase = "training one more epoch" if self.start == LAST_EPOCH else "training from new parameters"
        with console.progress(phase, "steps") as progress:
            return train(
                self.project.network,
                self.project.train,
                self.project.config,
                folder / TRAINING,
                device=self.project.device,
                hooks=Hooks(progress),
            )


def _without_cache(result: TrainedResult, start: str, seed: int, console: Messenger) -> OpenedProject:
    network = result.network if start == LAST_EPOCH else result.network.initialized(seed)
    project = open_project(ProjectRequest(network, result.train, result.validation, seed, result.device), console)
    if start != LAST_EPOCH:
        LOGGER.info(
            "no influence cache: first the project is trained from new parameters for %d epochs, then again without "
            "samples; first parameters and batches are drawn by the seed, every sample once an epoch",
            project.config.epochs,
        )
        return project
    solver = project.config.solver
    LOGGER.info(
        "no influence cache: first one more epoch is trained from %s with the project's own solver (%s, learning rate "
        "%g at first), then that epoch again without samples",
        result.file,
        solver.name,
        solver.learning_rate,
    )
    return project
