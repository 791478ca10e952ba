"""The noun *choice*: how many samples to remove, as the selection data decides it.

**The rule** is that of one standard error: of all numbers, zero included, take the smallest whose selection loss is not
above the best one's by more than a standard error of their difference, paired by seed. The best number of many is the
best partly by luck; the rule gives that luck no weight. So when removal does not clearly pay, nothing is removed.

The data that chose the number flatters it. What the number is worth says other data, the test data, once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Mapping

import numpy as np

from ..array import Array
from .interval import Interval

__all__ = ["Choice", "smallest_within_one_standard_error"]


@dataclass(frozen=True)
class Choice:
    """The number of samples the selection data chose for a method, and what test data says about it.

    Example:
        >>> none = Interval(float("nan"), float("nan"), 0)
        >>> choice = Choice("spectral", "remove", "last-epoch", 30, Interval(-0.05, 0.01, 5), none, none)
        >>> f"{choice.method} removes {choice.removed}: {choice.selection.text()}"
        'spectral removes 30: -0.05 ± 0.01'

    Attributes:
        method: The method.
        treatment: ``remove`` or ``relabel``.
        start: Where retraining started.
        removed: The number chosen; 0 means that nothing is worth removing.
        selection: Change of the selection loss.
        test_loss: Change of the test loss; empty (0 seeds) without test data.
        test_accuracy: Change of the test accuracy, likewise.
    """

    method: str
    treatment: str
    start: str
    removed: int
    selection: Interval
    test_loss: Interval
    test_accuracy: Interval


def smallest_within_one_standard_error(losses: Mapping[int, Array]) -> int:
    """Return the smallest number whose mean loss is within a standard error of the best one's, or the best one.

    Args:
        losses: For every number, the losses (k,) of the k seeds, in the same order. With one seed the standard error is
            taken as 0. A training that diverged has infinite loss.
    """
    best = min(losses, key=lambda number: (losses[number].mean(), number))
    for number in sorted(losses):
        difference = losses[number] - losses[best]  # (k,), paired: what a seed does to all numbers alike cancels
        if not np.isfinite(difference).all():
            continue
        error = difference.std(ddof=1) / math.sqrt(len(difference)) if len(difference) > 1 else 0.0
        if difference.mean() <= error:
            return number
    return best
