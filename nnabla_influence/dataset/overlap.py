"""Samples that occur in two data sets: a test set that was trained on proves nothing.

Two samples are the same if all their values are the same, whatever the names of their files. Both data sets must be
read with the same settings (image size, normalisation). Every sample is reduced to a hash of 16 bytes, so memory stays
small; two different samples share a hash with a probability of about 1e-28 for data sets of 60,000 samples.
"""

from __future__ import annotations

import hashlib
from typing import List, Optional, Sequence

import numpy as np

from ..array import Array, IntArray
from ..errors import DataError
from .batches import consecutive_batches
from .dataset import Dataset

__all__ = ["overlapping_rows"]

_BATCH_VALUES = 1 << 22  # float32 numbers of a batch: 16 MiB


def overlapping_rows(first: Dataset, second: Dataset, variables: Optional[Sequence[str]] = None) -> IntArray:
    """Find the samples of the second data set that occur in the first.

    Args:
        first: A data set.
        second: Another one, read with the same settings.
        variables: What is compared; None for all variables that both have.

    Returns:
        Pairs (k, 2) of row numbers (int64), ascending in the second: a row of `second` that occurs in `first`, behind
        the first row of `first` that equals it.

    Raises:
        DataError: The two have no variable in common, or samples of different shapes.

    Example:
        >>> first = Dataset.from_arrays({"x": np.array([1.0, 2.0, 3.0])})
        >>> overlapping_rows(first, Dataset.from_arrays({"x": np.array([7.0, 3.0, 1.0])})).tolist()
        [[2, 1], [0, 2]]
    """
    names = [name for name in first.variables if name in second.variables] if variables is None else list(variables)
    _check_comparable(first, second, names)
    # Arrays instead of a dictionary of hashes, which would need ten times the room.
    halves = np.concatenate([_hashes(first, names), _hashes(second, names)]).T  # (2, N)
    first_half, second_half = (np.unique(half, return_inverse=True)[1] for half in halves)
    _, earliest, samples = np.unique(first_half * halves.shape[1] + second_half, return_index=True, return_inverse=True)
    equal = earliest[samples[len(first) :]]  # of each row of the second, the first row of both that equals it
    rows = np.flatnonzero(equal < len(first))
    return np.stack([equal[rows], rows], axis=1)


def _check_comparable(first: Dataset, second: Dataset, names: List[str]) -> None:
    if not names:
        raise DataError(
            f"{second.path}: expected a variable in common with {first.path}, got {list(second.variables)} and "
            f"{list(first.variables)}. Compare data sets of the same kind."
        )
    for name in names:
        shapes = [data.shapes.get(name) for data in (first, second)]
        if shapes[0] != shapes[1] or shapes[0] is None:
            raise DataError(
                f"{second.path}: expected samples of {name!r} of shape {shapes[0]} as in {first.path}, got "
                f"{shapes[1]}. Read both with the same image size."
            )


def _hashes(data: Dataset, names: List[str]) -> Array:
    """Return a hash of every sample, in two halves (N, 2) of 64 bits."""
    hashes = np.empty((len(data), 2), np.uint64)
    values = sum(int(np.prod(data.shapes[name])) for name in names)
    # Small batches of large samples: memory stays bounded whatever the shapes.
    for rows in consecutive_batches(len(data), max(1, _BATCH_VALUES // values)):
        batch = data.batch(rows)
        samples = np.concatenate([batch[name].reshape(len(rows), -1) for name in names], axis=1)
        samples += np.float32(0)  # -0.0 and 0.0 are the same number
        joined = b"".join(hashlib.blake2b(sample, digest_size=16).digest() for sample in samples)
        hashes[rows] = np.frombuffer(joined, np.uint64).reshape(-1, 2)
    return hashes
