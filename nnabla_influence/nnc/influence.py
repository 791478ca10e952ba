"""The influence plugin: scores the training data of a training result.

With an influence cache, the training itself is scored. Without one, methods that need the final parameters only work
from the trained network as it is, with the project's own solver, learning rate, schedule and batch size. The others
follow the steps of an epoch, so with the project's own solver one more epoch is trained from the trained network first.

The trained network of NNC may hold the parameters of the best epoch rather than the last one; a cache holds those of
the last one. The log says which are scored.
"""

from __future__ import annotations

import logging
import shutil
from argparse import Namespace
from pathlib import Path
from typing import Any, NamedTuple

from ..cli.cached import open_cached
from ..cli.options import check_output
from ..cli.project import Project, load_project
from ..cli.scoring import estimator, report, score, scoring_passport, with_columns
from ..device import Device
from ..errors import CacheMismatchError
from ..interrupts import clear_interrupts
from ..network import Network
from ..resume import PartialFolder, discard, partial_folder
from ..training import FinalState, Hooks, TrainingCache, train
from .result_folder import (
    cache_beside,
    command_options,
    data_file,
    device_of,
    find_network,
    project_data,
    trained_network,
)

__all__ = ["run"]

LOGGER = logging.getLogger("nnabla_influence")
FOLLOW_STEPS = ("last-epoch", "sgd-influence")
EPOCH_CACHE = "one_more_epoch.h5"


class Finished(NamedTuple):
    """What is scored: a `TrainingCache` or `FinalState`, its training data, and the validation data."""

    training: Any
    train: Any
    validation: Any


def run(args: Any, console: Any) -> None:
    """Scores and writes the influence CSV.

    Args:
        args: The fields ``model``, ``train``, ``validation``, ``cache``, ``method`` and ``output``.
        console: Where progress is said.

    Raises:
        KeyboardInterrupt: Interrupted; the message says what is left.
        InfluenceError: The result cannot be scored.
    """
    model, output = find_network(args.model), Path(args.output)
    network = trained_network(model)
    cache = cache_beside(args.cache, model, network)
    options = _options(args, network, model)
    check_output(output, model, cache, options.train, options.validation)
    progress = partial_folder(output)
    try:
        with clear_interrupts():
            finished = _of_network(options, network, console) if cache is None else _of_cache(cache, options, console)
            _score(finished, options, console)
    except KeyboardInterrupt as interrupt:
        if not progress.is_dir():
            raise
        raise KeyboardInterrupt(
            f"its progress is in '{progress}'. The same scoring goes on from there; otherwise delete that folder."
        ) from interrupt
    except Exception:
        shutil.rmtree(progress, ignore_errors=True)
        raise
    shutil.rmtree(progress, ignore_errors=True)


def _options(args: Any, network: Network, model: Path) -> Namespace:
    """What the command ``score`` would be told."""
    options = command_options("score", "--output", args.output, "--method", args.method, "--network", str(model))
    options.device = device_of(network)
    options.train, options.validation = (data_file(getattr(args, w), w) for w in ("train", "validation"))
    if options.train is None or options.validation is None:
        train, validation = project_data(network, model)
        options.train, options.validation = options.train or train, options.validation or validation
    return options


def _of_cache(cache: Path, options: Namespace, console: Any) -> Finished:
    LOGGER.info(
        "scoring the training in %s: the parameters of its last epoch (results.nnp may hold those of the best one)",
        cache,
    )
    return Finished(*open_cached(cache, options.train, options.validation, options.data_cache, console))


def _of_network(options: Namespace, network: Network, console: Any) -> Finished:
    project = load_project(options, console, network=network)
    LOGGER.info(
        "no influence cache: taking the parameters in %s, which may be the best epoch's, not the last one's",
        options.network,
    )
    if options.method in FOLLOW_STEPS:
        training: Any = _one_more_epoch(project, options, console)
    else:
        LOGGER.info("scoring them with the learning rates of the end of the project's schedule; nothing is trained")
        training = FinalState(project.network, project.config, len(project.train))
    return Finished(training, project.train, project.validation)


def _one_more_epoch(project: Project, options: Namespace, console: Any) -> TrainingCache:
    """Continues the training for an epoch, inside the folder of the scoring's progress."""
    solver = project.config.solver
    LOGGER.info(
        "method %s follows the steps of an epoch: training one more epoch from there with the project's own solver "
        "(%s, learning rate %g at first; momentum and other moments start at zero)",
        options.method,
        solver.name,
        solver.learning_rate,
    )
    target = partial_folder(Path(options.output)) / EPOCH_CACHE
    with console.progress("training one more epoch", "steps") as progress:

        def trained(overwrite: bool) -> TrainingCache:
            run, device = (project.network, project.train, project.config), Device(options.device)
            return train(*run, target, device=device, overwrite=overwrite, hooks=Hooks(progress))

        try:
            return trained(overwrite=False)
        except CacheMismatchError:  # an interrupted scoring of something else was here before
            return trained(overwrite=True)


def _score(finished: Finished, options: Namespace, console: Any) -> None:
    """Scores, and writes the influence CSV."""
    method, output = estimator(options, options.method), Path(options.output)
    check_output(output, finished.train.path, finished.validation.path)
    _forget_other_progress(output, scoring_passport(method, *finished))
    scores = score(method, *finished, console, output)
    device = Device(options.device)
    report(with_columns(scores, finished.training, finished.train, device), finished.train, output, console)


def _forget_other_progress(output: Path, passport: Any) -> None:
    """Removes the progress of an interrupted scoring by another method or of another training."""
    try:
        PartialFolder(output, passport)
    except CacheMismatchError:
        LOGGER.info("'%s' belongs to another scoring and is removed", partial_folder(output))
        discard(output)
