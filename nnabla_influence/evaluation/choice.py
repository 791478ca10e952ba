"""The noun *choice*: how many samples to remove, as the data that chooses decides it.

**The rule** is that of one standard error: of all numbers, zero included, take the smallest whose error is not above
the best one's by more than a standard error of their difference, paired by seed and by row (see `gain`). The best
number of many is the best partly by luck; the rule gives that luck no weight. So when removal does not clearly pay,
nothing is removed.

The data that chose the number flatters it. What the number is worth says other data, once (see `decision`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Mapping

import numpy as np

from ..array import Array
from .gain import Gain
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


def smallest_within_one_standard_error(errors: Mapping[int, Array]) -> int:
    """Return the smallest number whose mean error is within a standard error of the best one's, or the best one.

    Args:
        errors: For every number, the errors (S, m) of m rows after the trainings of S seeds, in the same order. Chance
            that a single seed or row says nothing about is left out of the standard error. Those of a training
            that diverged are infinite; its number is not chosen.

    Example:
        >>> none = np.array([[0.4, 0.5], [0.5, 0.4]])
        >>> some = np.array([[0.1, 0.2], [0.2, 0.1]])
        >>> smallest_within_one_standard_error({0: none, 5: some, 9: some})
        5
    """
    best = min(errors, key=lambda number: (errors[number].mean(), number))
    for number in sorted(errors):
        if not np.isfinite(errors[number]).all():
            continue
        lost = Gain.between(errors[number], errors[best])
        known = [error for error in (lost.row_error, lost.seed_error) if math.isfinite(error)]
        if lost.mean <= math.hypot(*known, 0.0):
            return number
    return best
