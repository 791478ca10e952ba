"""Cotangents through affine and pooling layers."""

from __future__ import annotations

import itertools
import math
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np

from ...array import Array
from ..tangent.matrix_products import multiply, multiply_transposed
from ..tangent.node import Node
from ..tangent.pooling import Window, blocks_of, windows_of
from .kept import Kept, Pull

__all__ = ["PULLS"]


def _affine(node: Node, kept: Kept, c: Array) -> List[Optional[Array]]:
    x, weight = kept.inputs[:2]
    inputs = weight.shape[0]
    rows = np.ascontiguousarray(x).reshape(-1, inputs)
    upper = np.ascontiguousarray(c).reshape(len(rows), -1)
    cotangents: List[Optional[Array]] = [None] * len(kept.inputs)
    if kept.wanted[0]:
        matrix = np.ascontiguousarray(weight.reshape(inputs, -1).T)
        down = node.buffers.empty(rows.shape, x.dtype)
        multiply(upper, matrix, down)
        cotangents[0] = down.reshape(x.shape)
    if kept.wanted[1]:
        product = np.empty((inputs, upper.shape[1]), x.dtype)
        multiply_transposed(rows, upper, product)
        cotangents[1] = product.reshape(weight.shape)
    if len(kept.inputs) > 2:
        cotangents[2] = upper.sum(axis=0, dtype=np.float64).reshape(kept.inputs[2].shape)
    return cotangents


def _places(windows: Sequence[Window], a: Array) -> List[Array]:
    """Return views of an array, one for each place of the windows, in the order of NNabla: the last axis fastest."""
    views = [a]
    for window in windows[::-1]:  # the first axis first
        views = list(itertools.chain.from_iterable(window.entries(view) for view in views))
    return views


def _padded(windows: Sequence[Window], a: Array, value: float) -> Array:
    for window in windows:
        a = window.padded(a, value)
    return a


def _cut(windows: Sequence[Window], a: Array, shape: Tuple[int, ...]) -> Array:
    """Return the part of a padded array without its padding."""
    cut = [slice(None)] * a.ndim
    for window in windows:
        cut[window.axis] = slice(window.pad, window.pad + shape[window.axis])
    return a[tuple(cut)]


def _max_pooling(node: Node, kept: Kept, c: Array) -> List[Optional[Array]]:
    """Hand each window's cotangent to the first of its largest values."""
    windows = windows_of(node)
    (x,) = kept.inputs
    upper = np.empty_like(kept.output)  # the axes in memory as those of what it is multiplied with
    upper[...] = c
    down = node.buffers.like(x)
    for samples in blocks_of(x):
        down[samples] = _to_the_largest(windows, x[samples], kept.output[samples], upper[samples])
    return [down]


def _to_the_largest(windows: Sequence[Window], x: Array, largest: Array, c: Array) -> Array:
    values = _padded(windows, x, -np.inf)
    down = np.zeros_like(values)
    waiting = np.ones_like(largest, np.bool_)
    for value, into in zip(_places(windows, values), _places(windows, down)):
        hit = value == largest
        hit &= waiting
        into += c * hit
        waiting ^= hit
    return _cut(windows, down, x.shape)


def _summed(node: Node, kept: Kept, c: Array) -> List[Optional[Array]]:
    windows = windows_of(node)
    down = np.zeros_like(_padded(windows, kept.inputs[0], 0.0))
    for into in _places(windows, down):
        into += c
    return [_cut(windows, down, kept.inputs[0].shape)]


def _average_pooling(node: Node, kept: Kept, c: Array) -> List[Optional[Array]]:
    for window in windows_of(node):
        c = c * window.shares(node, c)
    return _summed(node, kept, c)


def _global_average_pooling(node: Node, kept: Kept, c: Array) -> List[Optional[Array]]:
    shape = node.input_shapes[0]
    return [np.broadcast_to(c * (1.0 / math.prod(shape[2:])), shape)]


PULLS: Dict[str, Pull] = {
    "Affine": _affine,
    "MaxPooling": _max_pooling,
    "SumPooling": _summed,
    "AveragePooling": _average_pooling,
    "GlobalAveragePooling": _global_average_pooling,
}
"""By NNabla's type of the function."""
