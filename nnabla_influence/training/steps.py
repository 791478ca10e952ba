"""The steps of a run: which samples, at which learning rate.

A run is a function of (configuration, number of samples): batch order comes from the seed, so neither a cache nor a
resumed training has to store it. A *step* is one update of the parameters; with an update interval k it covers k
batches, whose gradients are added, each with its own divisor. The last step of an epoch may cover fewer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterator, List, Tuple, Union

import numpy as np
from nnabla.utils.learning_rate_scheduler import (
    BaseLearningRateScheduler,
    CosineScheduler,
    ExponentialScheduler,
    LinearWarmupScheduler,
    PolynomialScheduler,
    StepScheduler,
)

from ..config import SolverConfig, TrainingConfig
from ..dataset.batches import BatchPlan
from ..dataset.wrapping import WrappingPlan


@dataclass(frozen=True)
class Step:
    """One update.

    Args:
        index: Number of updates before it in the run.
        epoch: Epoch of the run, from 0.
        learning_rate: eta_t.
        batches: Row numbers of each batch.
    """

    index: int
    epoch: int
    learning_rate: float
    batches: Tuple[np.ndarray, ...]


class StepPlan:
    """All steps of a run.

    Args:
        config: The run's configuration.
        samples: N.

    Attributes:
        steps_per_epoch: Updates of an epoch.
        steps: T, updates of the run.
        batches_per_step: Batches whose gradients a step adds, on average.
    """

    def __init__(self, config: TrainingConfig, samples: int) -> None:
        self.config = config
        self.batches = batch_plan(config, samples)
        self.interval = config.solver.update_interval
        self.steps_per_epoch = math.ceil(self.batches.batches_per_epoch / self.interval)
        self.steps = self.steps_per_epoch * config.epochs
        self.batches_per_step = self.batches.batches_per_epoch / self.steps_per_epoch
        self._scheduler = scheduler(config.solver)
        # A schedule counts NNabla's iterations; ours per epoch may be one more, so positions are scaled.
        self._scale = (config.iterations_per_epoch or self.batches.batches_per_epoch) / self.batches.batches_per_epoch

    def epoch(self, epoch: int, backwards: bool = False) -> Iterator[Step]:
        """The steps of one epoch, first to last or last to first."""
        batches = self.batches.epoch(epoch)
        order = range(self.steps_per_epoch)
        for k in reversed(order) if backwards else order:
            chosen = tuple(batches[k * self.interval : (k + 1) * self.interval])
            last = k * self.interval + len(chosen) - 1
            yield Step(epoch * self.steps_per_epoch + k, epoch, self.learning_rate(epoch, last), chosen)

    def every_row(self, epoch: int) -> List[np.ndarray]:
        """Row numbers of batches that together hold every sample once, as far as possible those of an epoch."""
        return self.batches.every_row(epoch)

    def draws(self, epoch: int) -> np.ndarray:
        """How often an epoch draws each sample (N,): once, unless NNabla's iterator draws."""
        rows = np.concatenate(self.batches.epoch(epoch))
        return np.bincount(rows, minlength=self.batches.samples)

    def learning_rate(self, epoch: int, batch: int) -> float:
        """The schedule's learning rate at a batch of an epoch."""
        position = (self.config.first_epoch + epoch) * self.batches.batches_per_epoch + batch
        return float(self._scheduler.get_learning_rate(int(position * self._scale)))

    def kept(self) -> Tuple[int, ...]:
        """Steps before which the cache policy keeps the parameters; T stands for the final ones."""
        total, policy = self.steps, self.config.policy
        if policy == "final":
            return (total,)
        if policy == "last-epoch":
            return (total - self.steps_per_epoch, total)
        stride = {"epochs": self.steps_per_epoch, "sqrt": math.ceil(math.sqrt(total)), "every-step": 1}[policy]
        return tuple(range(0, total, stride)) + (total,)


def batch_plan(config: TrainingConfig, samples: int) -> Union[BatchPlan, WrappingPlan]:
    """The batches of a run."""
    plan = config.batch_size, config.seed, config.shuffle
    return BatchPlan(samples, *plan) if config.iterator is None else WrappingPlan(samples, *plan, config.iterator)


def scheduler(solver: SolverConfig) -> BaseLearningRateScheduler:
    """NNabla's learning-rate scheduler for a configuration."""
    rate, schedule = solver.learning_rate, solver.schedule
    p = schedule.parameters
    made: BaseLearningRateScheduler
    if schedule.kind == "Step":
        made = StepScheduler(rate, p["gamma"], list(p["iter_steps"]))
    elif schedule.kind == "Cosine":
        made = CosineScheduler(rate, p["max_iter"])
    elif schedule.kind == "Polynomial":
        made = PolynomialScheduler(rate, p["max_iter"], p["power"])
    else:  # a constant is an exponential with factor 1
        made = ExponentialScheduler(rate, p.get("gamma", 1.0), p.get("iter_interval", 1))
    return LinearWarmupScheduler(made, schedule.warmup) if schedule.warmup else made
