"""Poolings, one axis after the other: the largest of the largest, or the sum of the sums, of a window's lines."""

from __future__ import annotations

import functools
from typing import Callable, Dict, List, NamedTuple

import numpy as np

from ...array import Array
from .dual import Dual
from .node import Node, Rule
from .selection import selected
from .shapes import joined

__all__ = ["RULES", "Window", "blocks_of", "windows_of"]

# Numbers of a block of samples, which stay in the processor's cache.
BLOCK = 1 << 17


class Window(NamedTuple):
    """The windows along one axis.

    Args:
        axis: The axis.
        kernel: Values of a window.
        stride: From one window to the next.
        pad: Values in front of the first one.
        output: Windows.
    """

    axis: int
    kernel: int
    stride: int
    pad: int
    output: int

    def entries(self, a: Array) -> List[Array]:
        """Return views: the first value of every window, the second value of every window, and so on."""
        last = (self.output - 1) * self.stride + 1
        before = (slice(None),) * self.axis
        return [a[before + (slice(place, place + last, self.stride),)] for place in range(self.kernel)]

    def shares(self, node: Node, like: Array) -> Array:
        """Return one over the count of each window's values, with or without the padding, whose end ends a window too.

        Args:
            node: The pooling.
            like: Its shares are of this type and so many axes.
        """
        length = node.input_shapes[0][self.axis]
        start = np.arange(self.output) * self.stride - self.pad
        around = self.pad if node.arguments["including_pad"] else 0
        counts = np.minimum(start + self.kernel, length + around) - np.maximum(start, -around)
        shares: Array = (1.0 / counts).astype(like.dtype).reshape(counts.shape + (1,) * (like.ndim - 1 - self.axis))
        return shares

    def padded(self, a: Array, value: float) -> Array:
        """Return the array with so much of a value around it that every window is full."""
        length = a.shape[self.axis]
        needed = (self.output - 1) * self.stride + self.kernel
        behind = max(needed - self.pad - length, 0)
        if not self.pad and not behind:
            return a
        widths = [(self.pad, behind) if axis == self.axis else (0, 0) for axis in range(a.ndim)]
        return np.pad(a, widths, constant_values=value)


def windows_of(node: Node) -> List[Window]:
    """Return the windows along the last axes, the last one first."""
    kernel, stride, pad = (node.arguments[name] for name in ("kernel", "stride", "pad"))
    axes = range(len(node.input_shapes[0]) - len(kernel), len(node.input_shapes[0]))
    output = [node.output_shapes[0][axis] for axis in axes]
    return [Window(*numbers) for numbers in zip(axes, kernel, stride, pad, output)][::-1]


def _max_pooling(node: Node, x: Dual) -> Dual:
    """Take the largest value of every window: of equal ones the first, as NNabla does."""
    windows = windows_of(node)
    return joined([_largest_of_all(windows, x[samples]) for samples in blocks_of(x.value)], 0)


def blocks_of(x: Array) -> List[slice]:
    """Cut a batch into samples that are computed together."""
    samples = max(1, BLOCK * len(x) // x.size)
    return [slice(first, first + samples) for first in range(0, len(x), samples)]


def _largest_of_all(windows: List[Window], x: Dual) -> Dual:
    for window in windows:
        x = _largest(window, x)
    return x


def _largest(window: Window, x: Dual) -> Dual:
    values = window.entries(window.padded(x.value, -np.inf))
    tangents = None if x.tangent is None else window.entries(window.padded(x.tangent, 0.0))
    best = Dual(values[0], tangents[0] if tangents else None)
    for place in range(1, window.kernel):
        if tangents and best.tangent is not None:
            best.tangent = selected(values[place] > best.value, tangents[place], best.tangent)
        best.value = np.maximum(best.value, values[place])
    return best


def _summed(node: Node, x: Dual) -> Dual:
    """Add up the values of every window."""

    def total(a: Array) -> Array:
        """Return the sums of one array."""
        for window in windows_of(node):
            a = functools.reduce(np.add, window.entries(window.padded(a, 0.0)))
        return a

    return x.linear(total)


def _average_pooling(node: Node, x: Dual) -> Dual:
    """Take the mean of every window, with or without the padding."""
    total = _summed(node, x)
    for window in windows_of(node):
        total = total * Dual(window.shares(node, x.value))
    return total


def _global(reduce: Callable[..., Array]) -> Rule:
    """Return the rule of a reduction over the image, whose axes keep length 1."""

    def rule(node: Node, x: Dual) -> Dual:
        """See `node.Rule`."""
        return x.linear(lambda a: reduce(a, axis=tuple(range(2, a.ndim)), keepdims=True))

    return rule


RULES: Dict[str, Rule] = {
    "MaxPooling": _max_pooling,
    "SumPooling": _summed,
    "AveragePooling": _average_pooling,
    "GlobalAveragePooling": _global(np.mean),
}
"""By NNabla's type of the function."""
