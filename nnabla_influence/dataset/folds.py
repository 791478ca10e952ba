"""Folds: parts of the data that are held out in turn, so that every row is predicted by a network that never saw it.

The rows of every class are shuffled and dealt out in turn, one class after the other without starting anew. So the
folds' sizes, and the number of rows of every class in them, differ by at most one. A class of a single row is missing
in training while that row is held out: nobody can predict it then.
"""

from __future__ import annotations

from typing import Optional

import numpy as np

from ..array import Array, IntArray
from ..errors import ConfigError
from .batches import FOLD_STREAM, random_stream

__all__ = ["draw_folds"]


def draw_folds(samples: int, folds: int, seed: int, classes: Optional[Array] = None) -> IntArray:
    """Draw which rows are held out together.

    Args:
        samples: N.
        folds: K, how many parts.
        seed: The same seed draws the same folds.
        classes: The class (N,) of every row, to be spread evenly; None where there are none.

    Returns:
        The fold (N,) of every row, from 0 to K - 1.

    Raises:
        ConfigError: There are more folds than rows, or fewer than two.

    >>> draw_folds(6, 2, seed=0, classes=np.array([0, 0, 1, 1, 1, 1])).tolist()
    [0, 1, 0, 0, 1, 1]
    """
    if not 2 <= folds <= samples:
        raise ConfigError(f"Expected from 2 folds to as many as there are rows ({samples}), got {folds}.")
    shuffled = random_stream(seed, FOLD_STREAM, folds).permutation(samples)
    if classes is not None:
        shuffled = shuffled[np.argsort(classes[shuffled], kind="stable")]  # class by class, each still shuffled
    parts = np.zeros(samples, np.int64)
    parts[shuffled] = np.arange(samples) % folds
    return parts
