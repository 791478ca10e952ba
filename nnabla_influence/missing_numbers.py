"""Row and class numbers that do not occur, told without a list as long as the largest number.

The largest one may be a mistake, or somebody's attack: a list up to it would take all the memory there is.
"""

from __future__ import annotations

from typing import Tuple

import numpy as np

from .array import Array

__all__ = ["missing_numbers"]

NAMED = 10


def missing_numbers(numbers: Array) -> Tuple[int, str]:
    """Return how many whole numbers from 0 to the largest do not occur, and the first of them, as text.

    Args:
        numbers: Whole numbers of at least 0, in any order and shape.

    >>> missing_numbers(np.array([1, 4, 1]))
    (3, '0, 2, 3')
    >>> missing_numbers(np.array([0, 2**31]))
    (2147483647, '1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ...')
    """
    present = np.unique(numbers)
    upper = int(present[-1]) + 1
    missing = upper - len(present)
    # The first ten that are missing lie among so many.
    first = np.setdiff1d(np.arange(min(upper, len(present) + NAMED)), present)[:NAMED]
    return missing, ", ".join(map(str, first)) + (", ..." if missing > NAMED else "")
