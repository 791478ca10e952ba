"""The steps of a run: which samples, at which learning rate.

A run is a function of (configuration, number of samples): batch order comes from the seed, so neither a cache nor a
resumed training has to store it. A *step* is one update of the parameters; with an update interval k it covers k
batches, whose gradients are added, each with its own divisor. Where k does not divide the batches of an epoch, the last
step of an epoch covers fewer. Not so where NNabla's iterator draws: as in ``nnabla_cli train``, a step goes on over the
end of an epoch and belongs to the one it ends in, and batches that are left at the end of the run change no parameter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Dict, Iterator, List, Optional, Sequence, Tuple, Union

import numpy as np

from ..array import Array, IntArray
from ..config import LARGEST, TrainingConfig
from ..dataset.batches import BatchPlan
from ..errors import ConfigError
from .nnabla_cli.wrapping_plan import WrappingPlan
from .schedule import check_schedule, scheduler

__all__ = ["Step", "StepPlan", "UnorderedStep", "batch_plan"]


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
        steps_per_epoch: Updates of an epoch; where steps go on over the end of an epoch, the most it may have.
        steps: T, updates of the run.
        batches_per_step: Batches whose gradients a step adds, on average.

    Raises:
        ConfigError: The schedule of the learning rate does not last for the run, the last epoch has no step, or there
            are more steps than any machine performs.

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
        self.steps = self.first_step(config.epochs)
        if self.steps > LARGEST:
            raise ConfigError(
                f"Expected at most {LARGEST:,} steps, got {config.epochs:,} epochs of "
                f"{self.steps_per_epoch:,}. Train for fewer epochs."
            )
        self.batches_per_step = self.batches.batches_per_epoch / self.steps_per_epoch
        if self._carries:
            self.batches_per_step = self.interval
            self._require_a_last_step()
        self._scheduler = scheduler(config.solver, as_in_files=self._carries)
        # A schedule counts NNabla's iterations; ours per epoch may be one more, so positions are scaled.
        self._scale = (config.iterations_per_epoch or self.batches.batches_per_epoch) / self.batches.batches_per_epoch
        last = self._iteration(config.epochs - 1, self.batches.batches_per_epoch - 1)
        check_schedule(config.solver, self._iteration(0, 0), last)

    @property
    def _carries(self) -> bool:
        """Whether steps and rates are those of NNabla's trainer: steps go on over the end of an epoch."""
        return self.config.iterator is not None

    @property
    def described(self) -> str:
        """How many steps there are, in the run and in an epoch."""
        least = self.batches.batches_per_epoch // self.interval if self._carries else self.steps_per_epoch
        each = f"{least:,}" if least == self.steps_per_epoch else f"{least:,} or {self.steps_per_epoch:,}"
        return f"{self.steps:,} ({each} per epoch)"

    def first_step(self, epoch: int) -> int:
        """Return the number of the first step of an epoch; of the epoch after the last one, T."""
        if self._carries:
            return epoch * self.batches.batches_per_epoch // self.interval
        return epoch * self.steps_per_epoch

    def epoch(self, epoch: int, backwards: bool = False) -> Iterator[Step]:
        """Yield the steps of one epoch, first to last or last to first."""
        numbers = self._numbers(epoch)
        drawn: Dict[int, List[IntArray]] = {}  # an epoch's batches are drawn once, not for each of its steps
        for number in reversed(numbers) if backwards else numbers:
            yield self._step(number, epoch, self._places(number), drawn)

    def left_over(self, epoch: int) -> Optional[Step]:
        """Return the batches of an epoch that wait for the next epoch's first step; None if there are none."""
        number = self.first_step(epoch + 1)
        ended = (epoch + 1) * self.batches.batches_per_epoch
        places = [self._place(batch) for batch in range(number * self.interval, ended)] if self._carries else []
        return self._step(number, epoch, places, {}) if places else None

    def unordered(self, epoch: int, before: int = 0) -> Iterator[UnorderedStep]:
        """Yield the steps of one epoch, first to last.

        Args:
            epoch: From 0; epochs before the first are like the first.
            before: Steps that the solver had done before the run.
        """
        first = max(0, before + self.first_step(epoch))
        for k, number in enumerate(self._numbers(epoch)):
            places = self._places(number)
            yield UnorderedStep(first + k + 1, self.learning_rate(*places[-1]), len(places))

    def _numbers(self, epoch: int) -> range:
        return range(self.first_step(epoch), self.first_step(epoch + 1))

    def _place(self, batch: int) -> Tuple[int, int]:
        """Return the epoch of a batch of the run, and its number there."""
        return divmod(batch, self.batches.batches_per_epoch)

    def _places(self, number: int) -> List[Tuple[int, int]]:
        """Return epoch and number of each batch of a step."""
        if self._carries:
            return [self._place(batch) for batch in range(number * self.interval, (number + 1) * self.interval)]
        epoch, k = divmod(number, self.steps_per_epoch)
        end = min((k + 1) * self.interval, self.batches.batches_per_epoch)
        return [(epoch, batch) for batch in range(k * self.interval, end)]

    def _step(
        self, number: int, epoch: int, places: Sequence[Tuple[int, int]], drawn: Dict[int, List[IntArray]]
    ) -> Step:
        """Return a step; what it draws of an epoch is added to `drawn`."""
        for e in {e for e, _ in places} - drawn.keys():
            drawn[e] = self.batches.epoch(e)
        batches = tuple(drawn[e][batch] for e, batch in places)
        return Step(number, epoch, self.learning_rate(*places[-1]), batches)  # a step has its last batch's rate

    def _require_a_last_step(self) -> None:
        if not self._numbers(self.config.epochs - 1):
            raise ConfigError(
                f"Expected an update interval that leaves the last epoch a step, got {self.interval} for epochs of "
                f"{self.batches.batches_per_epoch} batches. Give one of at most {self.batches.batches_per_epoch}."
            )

    def every_row(self, epoch: int) -> List[IntArray]:
        """Return row numbers of batches that together hold every sample once, if possible those of an epoch."""
        return self.batches.every_row(epoch)

    def draws(self, epoch: int) -> Array:
        """Count the draws of each sample in an epoch's steps (N,): one, unless NNabla's iterator draws."""
        batches = [rows for step in self.epoch(epoch) for rows in step.batches]
        rows = np.concatenate([*batches, np.zeros(0, np.int64)])
        return np.bincount(rows, minlength=self.batches.samples)

    def learning_rate(self, epoch: int, batch: int) -> float:
        """Return the schedule's learning rate at a batch of an epoch."""
        return float(self._scheduler.get_learning_rate(self._iteration(epoch, batch)))

    def _iteration(self, epoch: int, batch: int) -> int:
        """Return NNabla's number of a batch of an epoch, from 0."""
        position = max(0, self.config.first_epoch + epoch) * self.batches.batches_per_epoch + batch
        return int(position * self._scale)

    def kept(self) -> Tuple[int, ...]:
        """Return the steps before which the cache policy keeps the parameters; T stands for the final ones."""
        return (*self._kept_on_the_way(), self.steps)

    @property
    def states(self) -> int:
        """The number of states that `kept` lists, without listing them."""
        return len(self._kept_on_the_way()) + 1

    def _kept_on_the_way(self) -> Sequence[int]:
        total = self.steps  # T
        policy = self.config.policy
        if policy == "final":
            return range(0)
        if policy == "last-epoch":
            return (self.first_step(self.config.epochs - 1),)
        if policy == "epochs" and self._carries:  # an epoch may have no step
            return tuple(dict.fromkeys(self.first_step(epoch) for epoch in range(self.config.epochs)))
        stride = {"epochs": self.steps_per_epoch, "sqrt": math.ceil(math.sqrt(total)), "every-step": 1}[policy]
        return range(0, total, stride)


def batch_plan(config: TrainingConfig, samples: int) -> Union[BatchPlan, WrappingPlan]:
    """Return the batches of a run, as drawn by us or by NNabla's own iterator."""
    plan = config.batch_size, config.seed, config.shuffle
    return BatchPlan(samples, *plan) if config.iterator is None else WrappingPlan(samples, *plan, config.iterator)
