"""Training again without some samples, or with other labels for them: the truth that scores are held against.

The run is repeated as it was - same batches, same order, same masks - but an *excluded* sample's gradient is zero and
the divisor of its batch stays what it was. That is leaving the sample out as the influence score defines it (with batch
normalisation it still takes part in its batch's statistics). Excluding nothing gives the original run, bit for bit.
Divisor ``remaining`` makes a batch the mean of those that are left instead, as training on a smaller data set does.

Two starts: ``last-epoch`` repeats the last epoch from the parameters the training cache kept before it, which costs one
epoch; ``scratch`` repeats the whole training from its initial parameters: those that a seed draws (another seed, other
ones), or where none does, because the network was made in Python or was trained before, those that the cache kept.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Mapping, Optional, Tuple

from ..choices import DIVISORS
from ..config import TrainingConfig
from ..dataset.dataset import Dataset
from ..dataset.samples import Samples
from ..device import Device
from ..errors import CheckpointMissingError, DivergenceError
from ..execution import cpu_model
from ..network import Network
from ..objective import Objective
from ..remedies import remedy
from ..training import Checkpoint, StepPlan, Trainer, TrainingCache, kept_first, redrawn, resized
from .change import Change
from .joined_samples import JoinedSamples
from .performance import Performance, PerformanceMeter
from .relabelled import Relabelled

__all__ = ["Retraining", "RetrainingResult", "first_start", "last_epoch_start", "retrained", "run_retraining"]


@dataclass(frozen=True)
class Retraining:
    """One job: a training that is repeated with a change, and measured.

    Args:
        cache: Training cache of the original run.
        data: Training data.
        measured: Data sets to measure on, by name.
        change: What is different.
        start: One of `choices.STARTS`.
        seed: Batch order and masks (and, from scratch, the initial parameters); None for those of the original run.
        device: Where to compute.
        objectives: What is measured beside loss and accuracy.
        added: Further samples to train on, every one of them.
        divisor: What the gradients of a batch are divided by without the excluded ones, one of `choices.DIVISORS`.
    """

    cache: Path
    data: Dataset
    measured: Mapping[str, Samples]
    change: Change = Change()
    start: str = "last-epoch"
    seed: Optional[int] = None
    device: Device = Device()
    objectives: Tuple[Objective, ...] = ()
    added: Optional[Samples] = None
    divisor: str = DIVISORS[0]


@dataclass(frozen=True)
class RetrainingResult:
    """The figures of a retrained network.

    Attributes:
        performance: Figures by the name of the data set.
        seconds: How long it took.
        cpu: On which CPU model; between models results differ in the last digits.
    """

    performance: Mapping[str, Performance]
    seconds: float
    cpu: str


def run_retraining(job: Retraining) -> RetrainingResult:
    """Perform a job; a training that diverges has infinite loss."""
    started = time.monotonic()
    cache = TrainingCache.open(job.cache)
    try:
        final = retrained(cache, job)
    except DivergenceError:
        performance = {
            name: Performance.of_diverged(len(rows), len(job.objectives)) for name, rows in job.measured.items()
        }
    else:
        meter = PerformanceMeter(cache.network, job.device, max(cache.config.batch_size, 100))
        performance = {
            name: meter.measure(final.theta, final.statistics, samples, job.objectives)
            for name, samples in job.measured.items()
        }
    return RetrainingResult(performance, time.monotonic() - started, cpu_model())


def retrained(cache: TrainingCache, job: Retraining) -> Checkpoint:
    """Repeat a training and return the state at its end.

    Raises:
        CheckpointMissingError: The cache did not keep the start.
        CacheMismatchError: The cache was made with other data.
        DivergenceError: The loss became infinite.
    """
    cache.check_data(job.data)
    config = _config(cache, job)
    samples: Samples = job.data
    if len(job.change.relabelled):
        samples = Relabelled(job.data, cache.network.loss_role.target, job.change)
    if job.added is not None:
        samples = JoinedSamples(samples, job.added)
        config = resized(config, cache.plan, len(samples))
    plan = StepPlan(config, len(samples))
    if job.start == "last-epoch":
        network = cache.network
        state: Optional[Checkpoint] = last_epoch_start(cache)
        epochs = range(config.epochs - 1, config.epochs)
    else:
        network, state = first_start(cache, config.seed)
        epochs = range(config.epochs)
    trainer = Trainer(network, samples, config, job.device, job.change.weights(len(samples)), job.divisor)
    if state is not None:
        trainer.restore(state)
    # Batches and masks are functions of seed and step, so the last epoch needs none of the epochs before it.
    for epoch in epochs:
        for step in plan.epoch(epoch):
            trainer.step(step)
    return trainer.ahead(plan.left_over(config.epochs - 1))[1]


def _config(cache: TrainingCache, job: Retraining) -> TrainingConfig:
    """Return the run's configuration with the job's seed, without what nobody asks a retraining for."""
    seed = cache.config.seed if job.seed is None else job.seed
    return replace(cache.config, seed=seed, record_margins=False, average_parameters=False)


def last_epoch_start(cache: TrainingCache) -> Checkpoint:
    """Return the state before the last epoch.

    Raises:
        CheckpointMissingError: The cache did not keep it.
    """
    step = cache.plan.first_step(cache.config.epochs - 1)
    if step not in cache.kept:
        raise CheckpointMissingError(
            f"'{cache.path}' was trained with policy '{cache.config.policy}', which does not keep the parameters "
            "before the last epoch.",
            remedy("keep-last-epoch"),
        )
    return cache.checkpoint(step)


def first_start(cache: TrainingCache, seed: int) -> Tuple[Network, Optional[Checkpoint]]:
    """Return a network and, if the run did not begin with freshly drawn parameters, the state it began with.

    Raises:
        CheckpointMissingError: The cache did not keep the state it began with.
    """
    drawn = redrawn(cache)
    if drawn is None:
        return cache.network, kept_first(cache)
    return (drawn if seed == cache.config.seed else cache.network.initialized(seed)), None
