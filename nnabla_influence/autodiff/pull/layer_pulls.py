"""Cotangents through affine and pooling layers."""

from __future__ import annotations

import itertools
import math
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np

from ...array import Array
from ..tangent.dual import Dual, product
from ..tangent.matrix_products import bilinear, transposed_product
from ..tangent.node import Node
from ..tangent.pooling import Window, blocks_of, windows_of
from .kept import Kept, Pull

__all__ = ["PULLS"]


def _affine(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    x, weight = kept.inputs[:2]
    inputs = weight.value.shape[0]
    rows = x.linear(lambda a: np.ascontiguousarray(a).reshape(-1, inputs))
    upper = c.linear(lambda a: np.ascontiguousarray(a).reshape(len(rows.value), -1))
    cotangents: List[Optional[Dual]] = [None] * len(kept.inputs)
    if kept.wanted[0]:
        turned = weight.linear(lambda a: np.ascontiguousarray(a.reshape(inputs, -1).T))
        cotangents[0] = bilinear(node.buffers, upper, turned).reshape(*x.value.shape)
    if kept.wanted[1]:
        cotangents[1] = product(transposed_product, rows, upper, kept.ends[1]).reshape(*weight.value.shape)
    if len(kept.inputs) > 2:
        shape = kept.inputs[2].value.shape
        cotangents[2] = upper.linear(lambda a: a.sum(axis=0, dtype=np.float64).reshape(shape))
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


def _max_pooling(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    """Hand each window's cotangent to the first of its largest values."""
    windows = windows_of(node)
    x, y = kept.inputs[0].value, kept.output.value
    upper = c.linear(lambda a: _laid_out(node, a, y))
    down = c.linear(lambda a: node.buffers.like(x))
    for samples in blocks_of(x):
        _to_the_largest(windows, x[samples], y[samples], upper[samples], down[samples])
    return [down]


def _laid_out(node: Node, a: Array, like: Array) -> Array:
    """Return a copy of an array whose axes lie in memory as those of another, which it will be multiplied with."""
    copy = node.buffers.like(like)
    copy[...] = a
    return copy


def _to_the_largest(windows: Sequence[Window], x: Array, largest: Array, c: Dual, into: Dual) -> None:
    values = _padded(windows, x, -np.inf)
    waiting = np.ones_like(largest, np.bool_)
    hits = []
    for value in _places(windows, values):
        hit = value == largest
        hit &= waiting
        waiting ^= hit
        hits.append(hit)
    for upper, down in ((c.value, into.value), (c.tangent, into.tangent)):
        if upper is not None and down is not None:
            padded = np.zeros_like(values)
            for hit, place in zip(hits, _places(windows, padded)):
                place += upper * hit
            down[...] = _cut(windows, padded, x.shape)


def _summed(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    windows = windows_of(node)
    x = kept.inputs[0].value

    def spread(upper: Array) -> Array:
        """Return the cotangent of x."""
        down = np.zeros_like(_padded(windows, x, 0.0))
        for into in _places(windows, down):
            into += upper
        return _cut(windows, down, x.shape)

    return [c.linear(spread)]


def _average_pooling(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    for window in windows_of(node):
        c = c * Dual(window.shares(node, c.value))
    return _summed(node, kept, c)


def _global_average_pooling(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    shape = node.input_shapes[0]
    return [c.linear(lambda a: np.broadcast_to(a * (1.0 / math.prod(shape[2:])), shape))]


PULLS: Dict[str, Pull] = {
    "Affine": _affine,
    "MaxPooling": _max_pooling,
    "SumPooling": _summed,
    "AveragePooling": _average_pooling,
    "GlobalAveragePooling": _global_average_pooling,
}
"""By NNabla's type of the function."""
