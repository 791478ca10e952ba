"""Which samples are drawn at which step: pure functions of a seed.

Nothing about the order of a training run has to be stored, because it can be recomputed: the order of epoch e depends
on (seed, e) alone. An epoch visits every sample exactly once, in ceil(N/B) batches whose sizes differ by at most one.
(NNabla's own iterator wraps around at the end of the data, so that its "epochs" skip or repeat samples; `wrapping`
draws as it does.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import List

import numpy as np

from ..array import IntArray
from ..errors import ConfigError

__all__ = ["BatchPlan", "check_whole_number", "consecutive_batches", "random_stream"]

# One number per purpose, so that the streams of one seed have nothing to do with each other.
ORDER_STREAM = 1
AUGMENTATION_STREAM = 2
FOLD_STREAM = 3


@dataclass(frozen=True)
class BatchPlan:
    """The batches of every epoch.

    Attributes:
        samples: The number of training samples N.
        batch_size: The largest size B of a batch.
        seed: A whole number from 0.
        shuffle: Draw each epoch in another order; False keeps the order of the data.

    Raises:
        ConfigError: A field has an impossible value.

    Example:
        >>> plan = BatchPlan(samples=5, batch_size=2, seed=0)
        >>> plan.batches_per_epoch
        3
        >>> [batch.tolist() for batch in plan.epoch(0)]
        [[1, 4], [3, 0], [2]]
    """

    samples: int
    batch_size: int
    seed: int
    shuffle: bool = True

    def __post_init__(self) -> None:
        check_whole_number(self.samples, 1, "the number of samples")
        check_whole_number(self.batch_size, 1, "the batch size")
        check_whole_number(self.seed, 0, "the seed")

    @property
    def batches_per_epoch(self) -> int:
        """The number of steps of an epoch: ceil(N/B)."""
        return -(-self.samples // self.batch_size)

    @property
    def draws_per_epoch(self) -> int:
        """The number of rows that an epoch draws: N."""
        return self.samples

    def every_row(self, epoch: int) -> List[IntArray]:
        """Return batches that together hold every row once: those of the epoch."""
        return self.epoch(epoch)

    def epoch(self, epoch: int) -> List[IntArray]:
        """Return the batches of one epoch.

        Args:
            epoch: Its number, from 0.

        Returns:
            `batches_per_epoch` arrays of row numbers (int64), which together hold every row once.
        """
        check_whole_number(epoch, 0, "the epoch")
        if not self.shuffle:
            return consecutive_batches(self.samples, self.batch_size)
        order = random_stream(self.seed, ORDER_STREAM, epoch).permutation(self.samples)
        return np.array_split(order.astype(np.int64, copy=False), self.batches_per_epoch)


def consecutive_batches(n: int, batch_size: int) -> List[IntArray]:
    """Split the rows 0..n-1 in order into ceil(n/batch_size) batches whose sizes differ by at most one.

    Raises:
        ConfigError: A number is below 1.
    """
    check_whole_number(n, 1, "the number of samples")
    check_whole_number(batch_size, 1, "the batch size")
    return np.array_split(np.arange(n, dtype=np.int64), -(-n // batch_size))


def random_stream(seed: int, purpose: int, number: int) -> np.random.Generator:
    """Return the generator of one purpose (such as `ORDER_STREAM`) at one epoch or step."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, purpose, number])))


def check_whole_number(value: int, least: int, what: str) -> None:
    """Refuse a setting that is no whole number, or too small.

    Raises:
        ConfigError: It is; the message names it by `what`.
    """
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < least:
        raise ConfigError(f"Expected {what} to be a whole number of at least {least}, got {value!r}. Change it.")
