"""The noun *choice*: how many samples to remove, as the data that chooses decides it.

**The rule** is that of one standard error. A number is *as good as the best* if its error is not above the best one's
by more than a standard error of their difference, paired by seed and by row (see `gain`): the best number of many is
the best partly by luck, and the rule gives that luck no weight. If zero is among the numbers that are as good, nothing
is removed. Otherwise the one in their middle is taken. The error hardly changes near its lowest point, so the smallest
of them would leave many wrong labels in place, the largest would take many good samples.

The data that chose the number flatters it. What the number is worth says other data, once (see `decision`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import List, Mapping

import numpy as np

from ..array import Array
from .gain import Gain
from .interval import Interval

__all__ = ["Choice", "middle_of_the_best"]


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


def middle_of_the_best(errors: Mapping[int, Array]) -> int:
    """Return the number in the middle of those whose mean error is within a standard error of the best one's.

    Args:
        errors: For every number, the errors (S, m) of m rows after the trainings of S seeds, in the same order. Chance
            that a single seed or row says nothing about is left out of the standard error. Those of a training
            that diverged are infinite; its number is not chosen.

    Returns:
        Of the numbers that are as good as the best, the one nearest to the middle between the smallest and the
        largest, the smaller one if two are as near; 0 if 0 is among them.

    Example:
        >>> none = np.array([[0.4, 0.5], [0.5, 0.4]])
        >>> some = np.array([[0.1, 0.2], [0.2, 0.1]])
        >>> middle_of_the_best({0: none, 5: some, 9: some, 14: some, 20: none})
        9
    """
    good = _as_good_as_the_best(errors)
    middle = (good[0] + good[-1]) / 2
    return min(good, key=lambda number: (abs(number - middle), number)) if good[0] else 0


def _as_good_as_the_best(errors: Mapping[int, Array]) -> List[int]:
    """Return the best number and those whose error is within a standard error of its, ascending."""
    best = min(errors, key=lambda number: (errors[number].mean(), number))
    good = {best}
    for number, of_rows in errors.items():
        if np.isfinite(of_rows).all():
            lost = Gain.between(of_rows, errors[best])
            known = [error for error in (lost.row_error, lost.seed_error) if math.isfinite(error)]
            if lost.mean <= math.hypot(*known, 0.0):
                good.add(number)
    return sorted(good)
