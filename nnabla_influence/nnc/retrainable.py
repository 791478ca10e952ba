"""A training result of NNC as something that can be trained again without some samples.

That needs a training cache. The influence cache beside the network is one. Where there is none, it is made first: for
retraining the last epoch, by training one more epoch from the trained network with the project's own solver; for
retraining everything, by training the project from new parameters. Both happen in a folder of their own beside the
output, which stays only after an interruption, so that the same plugin goes on.
"""

from __future__ import annotations

import logging
import shutil
from argparse import Namespace
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, Optional

from ..cli.cached import open_cached
from ..cli.console import Console
from ..cli.project import Project, load_project
from ..device import Device
from ..errors import CacheMismatchError, ConfigError
from ..interrupts import clear_interrupts
from ..network import Network
from ..resume import PartialFolder, discard, partial_folder
from ..training import Hooks, TrainingCache, run_passport, train
from .result_folder import (
    cache_beside,
    command_options,
    data_file,
    device_of,
    find_network,
    project_data,
    trained_network,
)

__all__ = ["TrainedResult", "read_result", "workspace"]

LOGGER = logging.getLogger("nnabla_influence")
LAST_EPOCH = "last-epoch"


@dataclass(frozen=True)
class TrainedResult:
    """What was trained.

    Attributes:
        options: What the command ``evaluate`` would be told.
        project: Network, configuration and data; the configuration is that of the cache, or of what is trained first.
        cache: The influence cache, if there is one.
        start: Where retraining starts.
    """

    options: Namespace
    project: Project
    cache: Optional[TrainingCache]
    start: str

    @property
    def device(self) -> Device:
        """Where to compute."""
        return Device(self.options.device)

    @property
    def passport(self) -> Dict[str, Any]:
        """What identifies the training, in plain values."""
        if self.cache is not None:
            return {"cache": self.cache.identity}
        found = run_passport(self.project.network, self.project.train, self.project.config)
        return {name: found[name] for name in ("config", "network", "training_data")}

    def repeatable(self, folder: Path, console: Console) -> TrainingCache:
        """The cache, made inside a folder where there is none.

        Raises:
            InfluenceError: Training failed.
        """
        if self.cache is not None:
            return self.cache
        phase = "training one more epoch" if self.start == LAST_EPOCH else "training from new parameters"
        with console.progress(phase, "steps") as progress:
            run, target = (self.project.network, self.project.train, self.project.config), folder / "training.h5"
            return train(*run, target, device=self.device, hooks=Hooks(progress))


def read_result(args: Namespace, start: str, console: Console) -> TrainedResult:
    """Reads network, data and cache.

    Args:
        args: The fields ``model``, ``train``, ``validation``, ``test``, ``cache`` and ``seed``, and ``output``.
        start: ``last-epoch`` or ``scratch``.
        console: Shows progress.

    Raises:
        RequestError: Something is missing or does not fit.
    """
    model = find_network(args.model)
    network = trained_network(model)
    options = _options(args, network, model)
    path = cache_beside(args.cache, model, network)
    if path is None:
        project = _without_cache(options, network, start, console)
        cache = None
    else:
        LOGGER.info("trained again is the training in %s", path)
        cache, *data = open_cached(path, options.train, options.validation, options.data_cache, console)
        project = Project(cache.network, cache.config, *data)
    if len(project.validation) < 2:
        raise ConfigError(
            f"'{project.validation.path}' has {len(project.validation)} row, but half of the validation data scores "
            "and the other half judges; give a CSV with more rows in the field validation."
        )
    return TrainedResult(options, project, cache, start)


def _options(args: Namespace, network: Network, model: Path) -> Namespace:
    """What the command ``evaluate`` would be told."""
    options = command_options("evaluate", "--network", str(model), "--output", args.output)
    options.device, options.seed = device_of(network), args.seed
    for which in ("train", "validation", "test"):
        setattr(options, which, data_file(getattr(args, which), which))
    if options.train is None or options.validation is None:
        train, validation = project_data(network, model)
        options.train, options.validation = options.train or train, options.validation or validation
    return options


def _without_cache(options: Namespace, network: Network, start: str, console: Console) -> Project:
    if start != LAST_EPOCH:
        project = load_project(options, console, network=network.initialized(options.seed))
        LOGGER.info(
            "no influence cache: first the project is trained from new parameters for %d epochs, then again without "
            "samples; first parameters and batches are drawn by the seed, every sample once an epoch",
            project.config.epochs,
        )
        return project
    project = load_project(options, console, network=network)
    solver = project.config.solver
    LOGGER.info(
        "no influence cache: first one more epoch is trained from %s with the project's own solver (%s, learning rate "
        "%g at first), then that epoch again without samples",
        options.network,
        solver.name,
        solver.learning_rate,
    )
    return project


@contextmanager
def workspace(target: Path, passport: Dict[str, Any]) -> Iterator[Path]:
    """A folder for what is needed on the way to a file; it stays only after an interruption.

    Args:
        target: The file; the folder lies beside it.
        passport: What identifies the work; what another work left there is removed.

    Yields:
        The folder.

    Raises:
        KeyboardInterrupt: Interrupted inside; the message says how to go on.
    """
    folder = partial_folder(target)
    try:
        PartialFolder(target, passport)
    except CacheMismatchError:
        LOGGER.info("'%s' belongs to another run of the plugin and is removed", folder)
        discard(target)
        PartialFolder(target, passport)
    try:
        with clear_interrupts():
            yield folder
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt(
            f"its progress is in '{folder}'. The plugin goes on from there if you start it again with the same "
            "fields; otherwise delete that folder."
        ) from interrupt
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)
