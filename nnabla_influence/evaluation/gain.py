"""The noun *gain*: how much the expected error falls, with an error that covers both rows and trainings.

Two ways of training are compared on the same m rows, each with the same S seeds. Let ``d[s, j]`` be the error of row j
before minus after, both trained with seed s; the errors lie between 0 and 1 (see `estimators.objective`), so no single
row decides. The gain is the mean of all ``d``. Rows and seeds are both drawn by chance,

    d[s, j] = gain + a_s + b_j + e_sj,

and the mean's variance is ``var(a) / S + var(b) / m + var(e) / (S m)``. The variance of the seeds' means estimates
``var(a) + var(e) / m``, that of the rows' means ``var(b) + var(e) / S``; divided by S and by m and added they count the
last term twice, which errs on the safe side. The degrees of freedom of the sum are Satterthwaite's. An error over batch
orders alone, with a few hundred rows behind it, would be several times too small.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Tuple

import numpy as np
from scipy import special

from ..array import Array
from .interval import Interval

__all__ = ["Gain"]


@dataclass(frozen=True)
class Gain:
    """A fall of the expected error.

    Example:
        >>> before = np.full((3, 200), 0.4)
        >>> after = before - np.random.default_rng(0).normal(0.1, 0.05, (3, 200))
        >>> gain = Gain.between(before, after)
        >>> f"{gain.mean:.2f}", gain.is_real()
        ('0.10', True)

    Attributes:
        mean: The gain; positive: the error fell.
        row_error: Standard error due to rows.
        seed_error: Standard error due to trainings.
        lasting_error: What of the latter would stay however many rows there were, the root of ``var(a) / S``.
        freedom: Degrees of freedom of both together.
        rows: How many rows, m.
        seeds: How many trainings of each kind, S.
    """

    mean: float
    row_error: float
    seed_error: float
    lasting_error: float
    freedom: float
    rows: int
    seeds: int

    @classmethod
    def between(cls, before: Array, after: Array) -> Gain:
        """Compare errors (S, m) before with errors (S, m) after, paired by seed and row.

        The error that a single row or a single seed has is unknown, hence infinite: nothing is shown then.
        """
        difference = np.asarray(before, float) - np.asarray(after, float)  # d
        seeds, rows = difference.shape
        of_rows = _variance_of_mean(difference.mean(axis=0))
        of_seeds = _variance_of_mean(difference.mean(axis=1))
        freedom = _satterthwaite((of_rows, rows - 1), (of_seeds, seeds - 1))
        lasting = max(0.0, of_seeds - _rest(difference) / (seeds * rows))
        errors = (math.sqrt(of_rows), math.sqrt(of_seeds), math.sqrt(lasting))
        return cls(float(difference.mean()), *errors, freedom, rows, seeds)

    @property
    def error(self) -> float:
        """The standard error, of rows and trainings together."""
        return math.hypot(self.row_error, self.seed_error)

    def is_real(self, level: float = 0.05) -> bool:
        """Tell whether the gain is above zero: a one-sided test that errs in at most a share `level` of cases."""
        return math.isfinite(self.error) and self.mean > float(special.stdtrit(self.freedom, 1 - level)) * self.error

    def rows_needed(self, level: float = 0.05) -> float:
        """Compute how many rows would show a gain of this size; infinite where more rows would not."""
        if self.mean <= 0 or not math.isfinite(self.error):
            return math.inf
        quantile = float(special.ndtri(1 - level))
        left = (self.mean / quantile) ** 2 - self.lasting_error**2
        return math.ceil(self.rows * self.row_error**2 / left) if left > 0 else math.inf

    def interval(self) -> Interval:
        """Return the mean with its 95 % interval."""
        half = float(special.stdtrit(self.freedom, 0.975)) * self.error if math.isfinite(self.error) else math.nan
        return Interval(self.mean, half, self.seeds)


def _variance_of_mean(values: Array) -> float:
    """Estimate the variance of the mean of values (k,); infinite for a single one, and where one is not finite."""
    if len(values) < 2 or not np.isfinite(values).all():
        return math.inf
    return float(values.var(ddof=1)) / len(values)


def _rest(difference: Array) -> float:
    """Estimate var(e): what is left (S, m) of the differences when the means of rows and seeds are taken away."""
    rest = difference - difference.mean(axis=0) - difference.mean(axis=1, keepdims=True) + difference.mean()
    seeds, rows = difference.shape
    return float((rest**2).sum() / max(1, (seeds - 1) * (rows - 1)))


def _satterthwaite(*parts: Tuple[float, int]) -> float:
    """Return the degrees of freedom of a sum of independent variances, each given with its own."""
    if not all(math.isfinite(variance) for variance, _ in parts):
        return 1.0
    spread = sum(variance**2 / freedom for variance, freedom in parts)
    total = sum(variance for variance, _ in parts)
    return float(total**2 / spread) if spread else float(min(freedom for _, freedom in parts))
