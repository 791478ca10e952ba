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

from ..array import Array, IntArray
from ..config import LARGEST, SolverConfig, TrainingConfig
from ..dataset.batches import BatchPlan
from ..errors import ConfigError
from .nnabla_cli.wrapping_plan import WrappingPlan

__all__ = ["Step", "StepPlan", "UnorderedStep", "batch_plan", "scheduler"]


@dataclass(frozen=True)
class Step:
    """One update of the parameters.

    Args:
        index: Number of updates before it in the run.
        epoch: Epoch of the run, from 0.
        learning_rate: eta_t.
        batches: Row numbers of each batch.
    """

    index: int
    epoch: int
    learning_rate: float
    batches: Tuple[IntArray, ...]


@dataclass(frozen=True)
class UnorderedStep:
    """What a step is whatever the order of the batches.

    Args:
        number: The step's number, from 1.
        learning_rate: eta_t.
        batches: How many batches' gradients it adds.
    """

    number: int
    learning_rate: float
    batches: int


class StepPlan:
    """All steps of a run.

    Args:
        config: The run's configuration.
        samples: N.

    Attributes:
        config: The run's configuration.
        batches: Its batches.
        interval: Batches of a step; the last step of an epoch may have fewer.
        steps_per_epoch: Updates of an epoch.
        steps: T, updates of the run.
        batches_per_step: Batches whose gradients a step adds, on average.

    Raises:
        ConfigError: It has more steps than any machine performs.

    >>> from nnabla_influence import TrainingConfig
    >>> plan = StepPlan(TrainingConfig(epochs=2, batch_size=4, policy="epochs"), samples=10)
    >>> plan.steps, [len(step.batches[0]) for step in plan.epoch(0)], plan.kept()
    (6, [4, 3, 3], (0, 3, 6))
    """

    def __init__(self, config: TrainingConfig, samples: int) -> None:
        self.config = config
        self.batches = batch_plan(config, samples)
        self.interval = config.solver.update_interval
        self.steps_per_epoch = math.ceil(self.batches.batches_per_epoch / self.interval)
        self.steps = self.steps_per_epoch * config.epochs
        if self.steps > LARGEST:
            raise ConfigError(
                f"Expected at most {LARGEST:,} steps, got {config.epochs:,} epochs of "
                f"{self.steps_per_epoch:,}. Train for fewer epochs."
            )
        self.batches_per_step = self.batches.batches_per_epoch / self.steps_per_epoch
        self._scheduler = scheduler(config.solver)
        # A schedule counts NNabla's iterations; ours per epoch may be one more, so positions are scaled.
        self._scale = (config.iterations_per_epoch or self.batches.batches_per_epoch) / self.batches.batches_per_epoch

    def epoch(self, epoch: int, backwards: bool = False) -> Iterator[Step]:
        """Yield the steps of one epoch, first to last or last to first."""
        batches = self.batches.epoch(epoch)
        order = range(self.steps_per_epoch)
        for k in reversed(order) if backwards else order:
            chosen = tuple(batches[k * self.interval : (k + 1) * self.interval])
            last = k * self.interval + len(chosen) - 1  # a step has the learning rate of its last batch
            yield Step(epoch * self.steps_per_epoch + k, epoch, self.learning_rate(epoch, last), chosen)

    def unordered(self, epoch: int, before: int = 0) -> Iterator[UnorderedStep]:
        """Yield the steps of one epoch, first to last.

        Args:
            epoch: From 0; epochs before the first are like the first.
            before: Steps that the solver had done before the run.
        """
        first = max(0, before + epoch * self.steps_per_epoch)
        for k in range(self.steps_per_epoch):
            chosen = min(self.interval, self.batches.batches_per_epoch - k * self.interval)
            last = k * self.interval + chosen - 1
            yield UnorderedStep(first + k + 1, self.learning_rate(epoch, last), chosen)

    def every_row(self, epoch: int) -> List[IntArray]:
        """Return row numbers of batches that together hold every sample once, if possible those of an epoch."""
        return self.batches.every_row(epoch)

    def draws(self, epoch: int) -> Array:
        """Count the draws of each sample in an epoch (N,): one, unless NNabla's iterator draws."""
        rows = np.concatenate(self.batches.epoch(epoch))
        return np.bincount(rows, minlength=self.batches.samples)

    def learning_rate(self, epoch: int, batch: int) -> float:
        """Return the schedule's learning rate at a batch of an epoch."""
        position = max(0, self.config.first_epoch + epoch) * self.batches.batches_per_epoch + batch
        return float(self._scheduler.get_learning_rate(int(position * self._scale)))

    def kept(self) -> Tuple[int, ...]:
        """Return the steps before which the cache policy keeps the parameters; T stands for the final ones."""
        return (*self._kept_on_the_way(), self.steps)

    @property
    def states(self) -> int:
        """The number of states that `kept` lists, without listing them."""
        return len(self._kept_on_the_way()) + 1

    def _kept_on_the_way(self) -> range:
        total = self.steps  # T
        policy = self.config.policy
        if policy == "final":
            return range(0)
        if policy == "last-epoch":
            return range(total - self.steps_per_epoch, total, self.steps_per_epoch)
        stride = {"epochs": self.steps_per_epoch, "sqrt": math.ceil(math.sqrt(total)), "every-step": 1}[policy]
        return range(0, total, stride)


def batch_plan(config: TrainingConfig, samples: int) -> Union[BatchPlan, WrappingPlan]:
    """Return the batches of a run, as drawn by us or by NNabla's own iterator."""
    plan = config.batch_size, config.seed, config.shuffle
    return BatchPlan(samples, *plan) if config.iterator is None else WrappingPlan(samples, *plan, config.iterator)


def scheduler(solver: SolverConfig) -> BaseLearningRateScheduler:
    """Return NNabla's learning-rate scheduler for a configuration."""
    rate = solver.learning_rate
    schedule = solver.schedule
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
