"""Memory that is used again: a fresh array costs a page fault for every 4 kB, more than many layers' arithmetic."""

from __future__ import annotations

import math
import sys
from bisect import bisect_left, bisect_right
from typing import List, Optional, Sequence

import numpy as np
from numpy.typing import DTypeLike

from ...array import Array

__all__ = ["Buffers"]


# How much larger a buffer may be than what is asked for: batches differ by a sample, layers by more.
SPARE = 1.25


class Buffers:
    """Arrays for the layers of one network, used again from layer to layer and from batch to batch.

    >>> buffers = Buffers()
    >>> first = buffers.empty((2, 3), np.float32)
    >>> place = first.ctypes.data
    >>> del first
    >>> buffers.empty((3, 2), np.float32).ctypes.data == place
    True
    """

    def __init__(self) -> None:
        self._buffers: List[Array] = []  # the smallest first
        self._sizes: List[int] = []

    def empty(self, shape: Sequence[int], dtype: DTypeLike) -> Array:
        """Return an array of any content that nobody holds; it is taken back when nobody does any more."""
        count = math.prod(shape) * np.dtype(dtype).itemsize
        buffer = self._free(count)
        if buffer is None:
            buffer = np.empty(count, np.uint8)
            place = bisect_left(self._sizes, count)
            self._buffers.insert(place, buffer)
            self._sizes.insert(place, count)
        return buffer[:count].view(dtype).reshape(shape)

    def _free(self, count: int) -> Optional[Array]:
        """Return the smallest buffer of at least so many bytes, and not many more, that nobody holds."""
        first, last = bisect_left(self._sizes, count), bisect_right(self._sizes, SPARE * count)
        for place in range(first, last):
            # The list and, in most versions of Python, the call itself: nobody else, not even by a view.
            if sys.getrefcount(self._buffers[place]) <= 2:
                return self._buffers[place]
        return None

    def like(self, array: Array, dtype: Optional[DTypeLike] = None) -> Array:
        """Return an array of any content, of another's shape, whose axes lie in memory as the other's."""
        order = sorted(range(array.ndim), key=lambda axis: -array.strides[axis])
        flat = self.empty([array.shape[axis] for axis in order], array.dtype if dtype is None else dtype)
        return flat.transpose(np.argsort(order))
