"""Memory that is used again: a fresh array costs a page fault for every 4 kB, more than many layers' arithmetic."""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from typing import Any, DefaultDict, List, Sequence, Tuple

import numpy as np

from ...array import Array

__all__ = ["Buffers"]


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
        self._pools: DefaultDict[Tuple[int, Any], List[Array]] = defaultdict(list)

    def empty(self, shape: Sequence[int], dtype: Any) -> Array:
        """Return an array of any content that nobody holds; it is taken back when nobody does any more."""
        size = math.prod(shape)
        pool = self._pools[size, np.dtype(dtype)]
        for buffer in reversed(pool):
            # The pool, this loop and the call itself: nobody else, not even by a view, which refers to its buffer.
            if sys.getrefcount(buffer) == 3:
                return buffer.reshape(shape)
        buffer = np.empty(size, dtype)
        pool.append(buffer)
        return buffer.reshape(shape)

    def like(self, array: Array, dtype: Any = None) -> Array:
        """Return an array of any content, of another's shape, whose axes lie in memory as the other's."""
        order = sorted(range(array.ndim), key=lambda axis: -array.strides[axis])
        flat = self.empty([array.shape[axis] for axis in order], array.dtype if dtype is None else dtype)
        return flat.transpose(np.argsort(order))
