"""Runs a training from its first step to its last: `train`.

It keeps the states that the cache policy asks for, saves progress so that an interrupted run goes on bit for bit, and
writes the training cache at the end. The steps themselves are performed by `trainer.Trainer`.
"""

from __future__ import annotations

import hashlib
import platform
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Union

import nnabla as nn
import numpy as np

from .. import __version__
from ..config import TrainingConfig, differences
from ..device import Device
from ..errors import CacheMismatchError, ComputationError, CorruptFileError, InfluenceError
from ..network import Network
from ..resume import discard, has_progress
from .cache import FORMAT, TrainingCache, write_cache
from .checkpoint import Checkpoint
from .partial import PartialRun, Progress
from .steps import StepPlan
from .trainer import Trainer

SECONDS_BETWEEN_SAVES = 20.0


@dataclass(frozen=True)
class EpochReport:
    """What is known at the end of an epoch.

    Args:
        epoch: From 1.
        epochs: Of the run.
        loss: Mean training loss while the epoch ran.
        state: The run's state.
    """

    epoch: int
    epochs: int
    loss: float
    state: Checkpoint


@dataclass(frozen=True)
class Hooks:
    """What looks on from outside: progress in steps, and a call at the end of every epoch."""

    progress: Optional[Callable[[int, int], None]] = None
    epoch: Optional[Callable[[EpochReport], None]] = None


def train(
    network: Network,
    dataset: Any,
    config: TrainingConfig,
    target: Union[str, Path],
    *,
    device: Device = Device(),
    overwrite: bool = False,
    hooks: Hooks = Hooks(),
) -> TrainingCache:
    """Trains, and writes the training cache.

    Progress lives in ``<target>.partial/``; after an interruption the same call goes on from there. An identical
    finished run is opened and returned as it is.

    Args:
        network: Structure and initial parameters.
        dataset: Training data, a `nnabla_influence.dataset.Dataset`.
        config: The run.
        target: Cache file to write.
        device: Where to compute.
        overwrite: Replace a cache (or an interrupted training) of other settings.
        hooks: Progress and end-of-epoch callbacks.

    Returns:
        The opened cache.

    Raises:
        CacheMismatchError: The target holds another run and `overwrite` is off.
        DivergenceError: The loss is not finite.
        ComputationError: NNabla failed at a batch; what was saved before stays, to go on from.
    """
    target = Path(target)
    network.check_data(dataset)
    passport = run_passport(network, dataset, config)
    existing = _existing(target, passport, overwrite)
    if existing is not None:
        return existing
    trainer = Trainer(network, dataset, config, device)
    if overwrite:
        discard(target)
    partial = PartialRun(target, passport)
    plan = StepPlan(config, len(dataset))
    try:
        history = _run(trainer, plan, partial, hooks)
    except InfluenceError as error:
        # Going on would fail again, unless it was for want of memory.
        if not isinstance(error, ComputationError) or not has_progress(target):
            discard(target)
        raise
    records = trainer.records.results(plan.steps_per_epoch)
    write_cache(target, {**passport, "training_loss": history}, network, partial.kept(plan.kept()), records)
    discard(target)
    return TrainingCache.open(target)


def run_passport(network: Network, dataset: Any, config: TrainingConfig) -> Dict[str, Any]:
    """Everything that determines a run, and the versions it ran with."""
    return {
        "format": FORMAT,
        "config": config.to_dict(),
        "network": {"path": network.path, "fingerprint": network.fingerprint, "start": start_digest(network)},
        "training_data": {
            "path": str(dataset.path or "arrays in memory"),
            "fingerprint": dataset.fingerprint,
            "samples": len(dataset),
            "normalize": dataset.normalize,
            "image_size": list(dataset.image_size) if dataset.image_size else None,
        },
        "versions": {
            "nnabla_influence": __version__,
            "nnabla": nn.__version__,
            "numpy": np.__version__,
            "h5py": version("h5py"),
            "python": platform.python_version(),
        },
    }


def start_digest(network: Network) -> str:
    """Identifies the parameters a training begins with."""
    return hashlib.sha256(network.theta.tobytes() + network.statistics_values.tobytes()).hexdigest()


def _existing(target: Path, passport: Dict[str, Any], overwrite: bool) -> Optional[TrainingCache]:
    if not target.exists():
        return None
    try:
        cache = TrainingCache.open(target)
    except CorruptFileError:
        if overwrite:
            return None
        raise
    found = differences(_comparable(passport), _comparable(cache.passport))
    if not found:
        return cache
    if overwrite:
        return None
    raise CacheMismatchError(
        f"'{target}' holds a finished training with other settings (yours / its): "
        f"{'; '.join(found)}. Choose another file, or replace it with --overwrite."
    )


def _comparable(passport: Dict[str, Any]) -> Dict[str, Any]:
    """The part that decides whether two runs are the same: not paths, not versions."""
    return {
        "config": passport["config"],
        "network": {k: v for k, v in passport["network"].items() if k != "path"},
        "training_data": {k: v for k, v in passport["training_data"].items() if k != "path"},
    }


def _run(trainer: Trainer, plan: StepPlan, partial: PartialRun, hooks: Hooks) -> List[float]:
    """Performs the steps that are left; returns the mean training loss of every epoch."""
    history: List[float] = []
    total = 0.0
    saved_run = partial.load()
    if saved_run is not None:
        trainer.restore(saved_run.state)
        trainer.records.restore(saved_run.records)
        *history, total = saved_run.history
    kept = set(plan.kept())
    saved = time.monotonic()
    samples = plan.batches.draws_per_epoch
    for epoch in range(trainer.done // plan.steps_per_epoch, trainer.config.epochs):
        for step in plan.epoch(epoch):
            if step.index < trainer.done:
                continue
            if step.index in kept:
                partial.keep(trainer.state())
            total += trainer.step(step)
            if trainer.config.average_parameters and epoch == trainer.config.epochs - 1:
                trainer.records.step(trainer.state().theta)
            if hooks.progress:
                hooks.progress(trainer.done, plan.steps)
            if time.monotonic() - saved > SECONDS_BETWEEN_SAVES:
                partial.save(Progress(trainer.state(), [*history, total], trainer.records.sums))
                saved = time.monotonic()
        history.append(total / samples)
        total = 0.0
        if hooks.epoch:  # before the epoch counts as done: killed in between, a resumed run calls it again
            hooks.epoch(EpochReport(epoch + 1, trainer.config.epochs, history[-1], trainer.state()))
        partial.save(Progress(trainer.state(), [*history, total], trainer.records.sums))
    partial.keep(trainer.state())
    return history
