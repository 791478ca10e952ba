"""A way to compute that the first batch decides on: whether ours gives what NNabla gives.

A rule that is wrong is wrong for any row. So a few rows of the first batch are looked at, and only where they do not
show that ours is right, the whole batch decides.
"""

from __future__ import annotations

from typing import Callable, Dict, Generic, Hashable, Optional, Set, Tuple, TypeVar

from ..errors import UnsupportedError
from .parameterized_graph import Batch

__all__ = ["FEW", "FirstBatch", "first_rows"]

FEW = 8
"""Rows of a first batch that show whether a way is right."""

DISAGREES = "Our own pass disagrees with the gradients of this network."

Way = TypeVar("Way")


class FirstBatch(Generic[Way]):
    """Our own way to compute, one for each size of batch and each network; None where it is no good.

    A way that the first batch shows right is right for batches of other sizes too: the layers are the same. Not so from
    a batch of one sample, where what goes wrong among several does not show; and not so where a batch does not show it:
    it may be an odd one, on a kink for example, and what is computed must not depend on what ran before.

    >>> ways = FirstBatch()
    >>> [ways.of(size, "training", lambda size: f"ours of {size}", lambda way, rows: True) for size in (3, 4)]
    ['ours of 3', 'ours of 4']
    """

    def __init__(self) -> None:
        self._ways: Dict[Tuple[int, Hashable], Optional[Way]] = {}
        self._right: Set[Hashable] = set()
        self._reasons: Dict[Hashable, str] = {}

    def of(
        self, size: int, network: Hashable, make: Callable[[int], Way], is_right: Callable[[Way, int], bool]
    ) -> Optional[Way]:
        """Return the way for a size.

        Args:
            size: Of the batch.
            network: Which of the networks: that of the training data, say, or of the validation data.
            make: Makes the way for so many rows; UnsupportedError: there is none.
            is_right: Tells whether a way gives what NNabla does for the first so many rows of the batch;
                UnsupportedError: it cannot.
        """
        key = (size, network)
        if key not in self._ways:
            if network in self._right:
                self._ways[key] = self._made(size, network, make)
            else:
                self._ways[key] = self._shown_right(size, network, make, is_right)
        return self._ways[key]

    def why_not(self, network: Hashable) -> str:
        """Return why `of` last gave none for a network: a sentence."""
        return self._reasons[network]

    def _shown_right(
        self, size: int, network: Hashable, make: Callable[[int], Way], is_right: Callable[[Way, int], bool]
    ) -> Optional[Way]:
        """Return the way for a size if few rows or all of them show that it is right."""
        for rows in (FEW, size) if size > FEW else (size,):
            try:
                way = make(rows)
                if is_right(way, rows):
                    if size > 1:
                        self._right.add(network)
                    return way if rows == size else self._made(size, network, make)
                self._reasons[network] = DISAGREES
            except UnsupportedError as error:
                self._reasons[network] = error.message
        return None

    def _made(self, size: int, network: Hashable, make: Callable[[int], Way]) -> Optional[Way]:
        try:
            return make(size)
        except UnsupportedError as error:
            self._reasons[network] = error.message
            return None


def first_rows(batch: Batch, rows: int) -> Batch:
    """Return the first rows of a batch."""
    return {name: column[:rows] for name, column in batch.items()}
