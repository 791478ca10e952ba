"""The noun *interval*: a mean over trials with its 95 % interval, and how it is written.

Trainings with several seeds give several values x_1 ... x_k of the same figure. Their mean says nothing without a
measure of chance: Student's t gives the interval ``mean +- t_{.975, k-1} s / sqrt(k)``, s being the standard deviation
of the sample. It supposes values that are about normal and independent; with one value there is no interval. This is
the only place of the package with a quantile of t, and the only one that writes an interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Sequence

import numpy as np
from scipy import special

__all__ = ["Interval"]

NEGLIGIBLE = 1e-12  # what rounding leaves of changes of losses or accuracies that cancel


@dataclass(frozen=True)
class Interval:
    """A mean over seeds, with its 95 % interval.

    Example:
        >>> change = Interval.of([-0.11, -0.09, -0.1])
        >>> change.text(), change.decided
        ('-0.1 ± 0.025', True)

    Attributes:
        mean: The mean.
        half: Half the width of its 95 % interval; NaN with a single seed.
        seeds: How many values the mean is of.
    """

    mean: float
    half: float
    seeds: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Interval:
        """Compute Student's t interval of the values (k,), one for each seed.

        Args:
            values: The figures; if one of them is infinite or NaN (a training diverged), half the width is NaN.
        """
        array = np.asarray(values, float)
        count = len(array)  # k
        if count < 2 or not np.isfinite(array).all():
            return cls(float(array.mean()) if count else math.nan, math.nan, count)
        half = float(special.stdtrit(count - 1, 0.975) * array.std(ddof=1) / math.sqrt(count))
        return cls(float(array.mean()), half, count)

    @property
    def decided(self) -> bool:
        """True if zero lies outside; never with a single seed, because a comparison with NaN is false."""
        return abs(self.mean) > self.half

    @property
    def shown_mean(self) -> float:
        """The mean to print: 0 for what rounding leaves of changes that cancel, such as +1/20 and -1/20."""
        return 0.0 if abs(self.mean) < NEGLIGIBLE else self.mean

    def text(self, form: str = "+.4g", half_form: str = ".2g", *, bare: bool = False) -> str:
        """Write ``mean ± half``, or the mean alone where there is no interval, or ``-`` where there is no value.

        Args:
            form: Format of the mean.
            half_form: Format of half the width.
            bare: For cells of a table that somebody skims: a change that is exactly 0 reads ``0``, an unknown mean
                ``-`` too.
        """
        if self.seeds == 0 or (bare and math.isnan(self.mean)):
            return "-"
        if bare and self.mean == 0 and self.half == 0:
            return "0"
        half = f" ± {self.half:{half_form}}" if math.isfinite(self.half) else ""
        return f"{self.shown_mean:{form}}{half}"
