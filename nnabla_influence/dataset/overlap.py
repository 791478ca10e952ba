"""Which samples occur in two data sets: a test set that was trained on proves nothing.

Two samples are the same if all their values are the same, whatever the names of their files. Both data sets must be
read with the same settings (image size, normalisation). Every sample is reduced to a hash of 16 bytes, so memory stays
small; two different samples share a hash with a probability of about 1e-28 for data sets of 60,000 samples.
"""

from __future__ import annotations

import hashlib
from typing import Dict, Iterator, List, Optional, Sequence

import numpy as np

from ..errors import DataError
from .arrays import Dataset
from .batches import consecutive_batches

__all__ = ["overlapping_rows"]

_BATCH_VALUES = 1 << 22  # float32 numbers of a batch: 16 MiB


def overlapping_rows(first: Dataset, second: Dataset, variables: Optional[Sequence[str]] = None) -> np.ndarray:
    """The samples of the second data set that occur in the first.

    Args:
        first: a data set.
        second: another one, read with the same settings.
        variables: what is compared; None for all variables that both have.

    Returns:
        Pairs (k, 2) of row numbers (int64), ascending in the second: a row of `second` that occurs in `first`, behind
        the first row of `first` that equals it.

    Raises:
        DataError: the two have no variable in common, or samples of different shapes.
    """
    names = [name for name in first.variables if name in second.variables] if variables is None else list(variables)
    _check_comparable(first, second, names)
    places: Dict[bytes, int] = {}
    for row, key in enumerate(_keys(first, names)):
        places.setdefault(key, row)
    found = [(places[key], row) for row, key in enumerate(_keys(second, names)) if key in places]
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def _check_comparable(first: Dataset, second: Dataset, names: List[str]) -> None:
    if not names:
        raise DataError(
            "{}: expected a variable in common with {}, found {} and {}. Compare data sets of the same kind.".format(
                second.path, first.path, list(second.variables), list(first.variables)
            )
        )
    for name in names:
        shapes = [data.shapes.get(name) for data in (first, second)]
        if shapes[0] != shapes[1] or shapes[0] is None:
            raise DataError(
                "{}: expected samples of {!r} of shape {} as in {}, found {}. Read both with the same image "
                "size.".format(second.path, name, shapes[0], first.path, shapes[1])
            )


def _keys(data: Dataset, names: List[str]) -> Iterator[bytes]:
    """A hash of every sample, in order."""
    values = sum(int(np.prod(data.shapes[name])) for name in names)
    for rows in consecutive_batches(len(data), max(1, _BATCH_VALUES // values)):
        batch = data.batch(rows)
        samples = np.concatenate([batch[name].reshape(len(rows), -1) for name in names], axis=1)
        samples += np.float32(0)  # -0.0 and 0.0 are the same number
        for sample in samples:
            yield hashlib.blake2b(sample, digest_size=16).digest()
