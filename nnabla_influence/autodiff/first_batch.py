"""A way to compute that the first batch decides on: whether ours gives what NNabla gives.

A rule that is wrong is wrong for any row. So a few rows of the first batch are looked at, and only where they do not
show that ours is right, the whole batch decides.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Callable, Dict, Generic, Optional, Tuple, TypeVar

from ..errors import UnsupportedError
from .parameterized_graph import Batch

__all__ = ["FEW", "FirstBatch", "first_rows"]

FEW = 8
"""Rows of a first batch that show whether a way is right."""

Way = TypeVar("Way")


class FirstBatch(Generic[Way]):
    """Our own way to compute, one for each size of batch and each network; None where it is no good.

    The first batch decides for batches of other sizes too: the layers are the same. A batch of one sample decides for
    itself alone, because what goes wrong among several does not show there.

    >>> ways = FirstBatch()
    >>> [ways.of(size, False, lambda size: f"ours of {size}", lambda way, rows: True) for size in (3, 4)]
    ['ours of 3', 'ours of 4']
    """

    def __init__(self) -> None:
        self._ways: Dict[Tuple[int, bool], Optional[Way]] = {}

    def of(
        self, size: int, validation: bool, make: Callable[[int], Way], is_right: Callable[[Way, int], bool]
    ) -> Optional[Way]:
        """Return the way for a size.

        Args:
            size: Of the batch.
            validation: Whether it is the validation network's.
            make: Makes the way for so many rows; UnsupportedError: there is none.
            is_right: Tells whether a way gives what NNabla does for the first so many rows of the batch;
                UnsupportedError: it cannot.
        """
        key = (size, validation)
        if key not in self._ways:
            decided = [way for (other, which), way in self._ways.items() if which == validation and other > 1]
            self._ways[key] = None
            if not decided:
                self._ways[key] = _right_way(size, make, is_right)
            elif decided[0] is not None:
                with suppress(UnsupportedError):
                    self._ways[key] = make(size)
        return self._ways[key]


def _right_way(size: int, make: Callable[[int], Way], is_right: Callable[[Way, int], bool]) -> Optional[Way]:
    """Return the way for a size if few rows or all of them show that it is right."""
    for rows in (FEW, size) if size > FEW else (size,):
        with suppress(UnsupportedError):
            way = make(rows)
            if is_right(way, rows):
                return way if rows == size else make(size)
    return None


def first_rows(batch: Batch, rows: int) -> Batch:
    """Return the first rows of a batch."""
    return {name: column[:rows] for name, column in batch.items()}
