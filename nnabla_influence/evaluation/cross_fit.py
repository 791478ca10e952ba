"""Which rows choose a number and which confirm it, so that none does both for the same number and none is wasted.

Half of the rows choose a number that the other half confirms, and the other way round; what is confirmed is the mean of
both. (Chernozhukov et al., Double/debiased machine learning, 2018, call such a swap of parts *cross-fitting*.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple

import numpy as np

from ..array import Array
from .evaluation_data import SELECTION, TEST
from .removal_curve import WHOLE, RemovalCurve

__all__ = ["CrossFit", "cross_fit"]


@dataclass(frozen=True)
class CrossFit:
    """Which rows choose a number and which confirm it.

    Attributes:
        parts: Pairs of rows that choose and rows that confirm, numbers of rows of the data named.
        data: The data set whose rows confirm, ``selection`` or ``test``.
    """

    parts: Tuple[Tuple[Array, Array], ...]
    data: str

    @classmethod
    def of(cls, selection: int, test: int, seed: int) -> CrossFit:
        """Halve the rows of the selection data by a seed, or let the test data confirm if there is any.

        Example:
            >>> [(len(a), len(b)) for a, b in CrossFit.of(selection=11, test=0, seed=0).parts]
            [(6, 5), (5, 6)]
        """
        everything = np.arange(selection)
        if test:
            return cls(((everything, np.arange(test)),), TEST)
        order = np.random.default_rng(seed).permutation(selection)
        first = np.sort(order[: (selection + 1) // 2])
        second = np.sort(order[(selection + 1) // 2 :])
        return cls(((first, second), (second, first)), SELECTION)


def cross_fit(curve: RemovalCurve, start: str, seed: int) -> CrossFit:
    """Return which rows of a curve choose and which confirm: the test data if there is any, else halves by a seed."""
    sizes = {data: curve.errors([WHOLE], start, data) for data in (SELECTION, TEST)}
    rows = {data: errors[0].shape[1] if errors else 0 for data, errors in sizes.items()}
    return CrossFit.of(rows[SELECTION], rows[TEST], seed)
