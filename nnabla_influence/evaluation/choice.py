"""The noun *choice*: how many samples to remove, as the data that chooses decides it.

**The rule** is that of one standard error. A number is *as good as the best* if its error is not above the best one's
by more than a standard error of their difference, paired by seed and by row (see `gain`): the best number of many is
the best partly by luck, and the rule gives that luck no weight. If zero is among the numbers that are as good, nothing
is removed. Otherwise the one in their middle is taken. The error hardly changes near its lowest point, so the smallest
of them would leave many wrong labels in place, the largest would take many good samples.

Where it is known how many labels are wrong (see `noise_excess`), there are two estimates of the same number, which
know nothing of each other: the middle m, whose standard error s_m is a quarter of the distance between the smallest and
the largest of these numbers, and the estimate x with its standard error s_x. Their mean with weights ``1 / s_m^2`` and
``1 / s_x^2`` takes the middle's place, but never goes beyond the numbers that are as good as the best.

The data that chose the number flatters it. What the number is worth says other data, once (see `decision`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import List, Mapping, Optional, Sequence

import numpy as np

from ..array import Array
from .gain import Gain
from .interval import Interval
from .noise_excess import NoiseExcess

__all__ = ["Choice", "best_number", "likeliest_number"]


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


def best_number(errors: Mapping[int, Array], excess: Optional[NoiseExcess] = None) -> int:
    """Return the number to remove, of those whose mean error is within a standard error of the best one's.

    Args:
        errors: For every number, the errors (S, m) of m rows after the trainings of S seeds, in the same order. Chance
            that a single seed or row says nothing about is left out of the standard error. Those of a training
            that diverged are infinite; its number is not chosen.
        excess: How many labels are wrong, if that is known.

    Returns:
        Of the numbers that are as good as the best, the one nearest to `likeliest_number`, the smaller one if two are
        as near; 0 if 0 is among them.

    Example:
        >>> none = np.array([[0.4, 0.5], [0.5, 0.4]])
        >>> some = np.array([[0.1, 0.2], [0.2, 0.1]])
        >>> errors = {0: none, 5: some, 9: some, 14: some, 20: none}
        >>> best_number(errors), best_number(errors, NoiseExcess(12.0, 1.0))
        (9, 14)
    """
    good = _as_good_as_the_best(errors)
    likeliest = _likeliest(good, excess)
    return min(good, key=lambda number: (abs(number - likeliest), number)) if good[0] else 0


def likeliest_number(errors: Mapping[int, Array], excess: Optional[NoiseExcess] = None) -> int:
    """Return the number that `best_number` would take if all had been tried."""
    good = _as_good_as_the_best(errors)
    return round(_likeliest(good, excess)) if good[0] else 0


def _likeliest(good: Sequence[int], excess: Optional[NoiseExcess]) -> float:
    """Return the middle of the numbers that are as good as the best, or its mean with what else is known."""
    middle = (good[0] + good[-1]) / 2
    if excess is None or not excess.clear or good[0] == good[-1]:
        return middle
    weights = [((good[-1] - good[0]) / 4) ** -2, excess.error**-2]
    mean = float(np.average([middle, excess.number], weights=weights))
    return min(max(mean, good[0]), good[-1])


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
