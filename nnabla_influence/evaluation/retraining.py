"""Training again without some samples, or with other labels for them: the truth that scores are held against.

The run is repeated as it was - same batches, same order, same masks - but an *excluded* sample's gradient is zero and
the divisor of its batch stays what it was. That is leaving the sample out as the influence score defines it (with batch
normalisation it still takes part in its batch's statistics). Excluding nothing gives the original run, bit for bit.

Two starts: ``last-epoch`` repeats the last epoch from the parameters the training cache kept before it, which costs one
epoch; ``scratch`` repeats the whole training from its initial parameters.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Dict, Optional, Tuple

import numpy as np

from ..device import Device
from ..errors import CheckpointMissingError, ConfigError, DivergenceError, NetworkError
from ..execution import cpu_model
from ..training import Checkpoint, StepPlan, Trainer, TrainingCache, start_digest
from .quality import Quality, QualityMeter

STARTS = ("last-epoch", "scratch")


@dataclass(frozen=True)
class Change:
    """What is different in a retraining.

    Args:
        excluded: Rows of the training data whose gradient is zero.
        relabelled: Rows that get another label.
        labels: The new label of each of these.
    """

    excluded: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    relabelled: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    labels: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))

    def weights(self, samples: int) -> np.ndarray:
        """The factor (N,) on every sample's gradient."""
        weights = np.ones(samples, np.float32)
        weights[self.excluded] = 0
        return weights

    def digest(self) -> str:
        """Identifies the change, whatever the order of its rows."""
        order = np.argsort(self.relabelled, kind="stable")
        parts = (np.sort(self.excluded), self.relabelled[order], np.asarray(self.labels)[order])
        kinds = ("<i8", "<i8", "<f4")
        return hashlib.sha256(
            b"|".join(np.asarray(part, kind).tobytes() for part, kind in zip(parts, kinds))
        ).hexdigest()


@dataclass(frozen=True)
class Retraining:
    """One job: a training that is repeated with a change, and measured.

    Args:
        cache: Training cache of the original run.
        data: Training data.
        measured: Data sets to measure on, by name.
        change: What is different.
        start: One of `STARTS`.
        seed: Batch order and masks (and, from scratch, the initial parameters); None for those of the original run.
        device: Where to compute.
    """

    cache: Path
    data: Any
    measured: Dict[str, Any]
    change: Change = Change()
    start: str = "last-epoch"
    seed: Optional[int] = None
    device: Device = Device()


@dataclass(frozen=True)
class Outcome:
    """What a retraining gave.

    Attributes:
        quality: Figures by the name of the data set.
        seconds: How long it took.
        cpu: On which CPU model; between models results differ in the last digits.
    """

    quality: Dict[str, Quality]
    seconds: float
    cpu: str


def run_retraining(job: Retraining) -> Outcome:
    """Performs a job; a training that diverges has infinite loss."""
    started = time.monotonic()
    cache = TrainingCache.open(job.cache)
    try:
        final = retrained(cache, job)
    except DivergenceError:
        quality = {name: Quality.of_diverged() for name in job.measured}
    else:
        meter = QualityMeter(cache.network, job.device, max(cache.config.batch_size, 100))
        quality = {name: meter.measure(final.theta, final.statistics, data) for name, data in job.measured.items()}
    return Outcome(quality, time.monotonic() - started, cpu_model())


def retrained(cache: TrainingCache, job: Retraining) -> Checkpoint:
    """The state at the end of a repeated training.

    Raises:
        CheckpointMissingError: The cache did not keep the start.
        CacheMismatchError: The cache was made with other data.
        DivergenceError: The loss became infinite.
    """
    cache.check_data(job.data)
    config = replace(
        cache.config,
        seed=cache.config.seed if job.seed is None else job.seed,
        record_margins=False,
        average_parameters=False,
    )
    data = Relabelled(job.data, cache.network.loss_role.target, job.change) if len(job.change.relabelled) else job.data
    plan = StepPlan(config, len(data))
    network, state, epochs = cache.network, None, range(config.epochs)
    if job.start == "last-epoch":
        state, epochs = last_epoch_start(cache), range(config.epochs - 1, config.epochs)
    else:
        network, state = first_start(cache, config.seed)
    trainer = Trainer(network, data, config, job.device, job.change.weights(len(data)))
    if state is not None:
        trainer.restore(state)
    for epoch in epochs:
        for step in plan.epoch(epoch):
            trainer.step(step)
    return trainer.state()


def last_epoch_start(cache: TrainingCache) -> Checkpoint:
    """The state before the last epoch.

    Raises:
        CheckpointMissingError: The cache did not keep it.
    """
    step = cache.plan.steps - cache.plan.steps_per_epoch
    if step not in cache.kept:
        raise CheckpointMissingError(
            f"'{cache.path}' was trained with policy '{cache.config.policy}', which does not keep the parameters "
            "before the last epoch. Train with --policy last-epoch, or retrain from scratch."
        )
    return cache.checkpoint(step)


def first_start(cache: TrainingCache, seed: int) -> Tuple[Any, Optional[Checkpoint]]:
    """A network and, if the run did not begin with freshly drawn parameters, the state it began with.

    Raises:
        CheckpointMissingError: The cache did not keep the state it began with.
    """
    drawn = _drawn(cache)
    if drawn is not None:
        return (drawn if seed == cache.config.seed else cache.network.initialized(seed)), None
    if 0 not in cache.kept:
        raise CheckpointMissingError(
            f"'{cache.path}' went on from trained parameters and did not keep them (policy '{cache.config.policy}'). "
            "Train with --policy epochs, or retrain the last epoch only."
        )
    return cache.network, cache.checkpoint(0)


def _drawn(cache: TrainingCache) -> Optional[Any]:
    """The network the run began with, if its parameters were drawn by the run's seed."""
    try:
        drawn = cache.network.initialized(cache.config.seed)
    except NetworkError:  # made in Python: no initializers
        return None
    return drawn if start_digest(drawn) == cache.passport["network"]["start"] else None


class Relabelled:
    """A view of a training set with other labels for some rows; nothing is copied.

    Args:
        dataset: The data.
        column: Its label column.
        change: Rows and their new labels.

    Raises:
        ConfigError: There is no column of one label per row.
    """

    def __init__(self, dataset: Any, column: Optional[str], change: Change) -> None:
        if column is None or int(np.prod(dataset.shapes[column])) != 1:
            raise ConfigError(f"Relabelling needs one label per row; the network's target is column '{column}'.")
        self._dataset, self._column = dataset, column
        self._labels = {int(row): label for row, label in zip(change.relabelled, change.labels)}
        self.shapes = dataset.shapes

    def __len__(self) -> int:
        return len(self._dataset)

    def batch(self, indices: Any) -> Dict[str, np.ndarray]:
        """See `Dataset.batch`."""
        found: Dict[str, np.ndarray] = self._dataset.batch(indices)
        for position, row in enumerate(indices):
            if int(row) in self._labels:
                found[self._column][position] = self._labels[int(row)]
        return found
