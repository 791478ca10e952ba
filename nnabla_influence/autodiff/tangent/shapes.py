"""Layers that move, copy or leave out values: linear, so the tangent takes the same way as the value."""

from __future__ import annotations

from typing import Dict, List, Sequence

import numpy as np

from ...array import Array, IntArray
from ...errors import ComputationError
from .dual import Dual
from .node import Node, Rule

__all__ = ["RULES", "checked_indices", "joined", "stacked"]


def joined(parts: Sequence[Dual], axis: int) -> Dual:
    """Join arrays along an axis."""
    value = np.concatenate([part.value for part in parts], axis)
    if all(part.tangent is None for part in parts):
        return Dual(value)
    tangents = [np.zeros_like(part.value) if part.tangent is None else part.tangent for part in parts]
    return Dual(value, np.concatenate(tangents, axis))


def stacked(parts: Sequence[Dual], axis: int) -> Dual:
    """Lay arrays of one shape side by side along a new axis."""
    return joined([part.linear(lambda a: np.expand_dims(a, axis)) for part in parts], axis)


def checked_indices(node: Node, values: Array, below: int) -> IntArray:
    """Return class or row numbers as indices.

    Raises:
        ComputationError: One is negative, or too large.
    """
    index = values.astype(np.int64)
    wrong = index[(index < 0) | (index >= below)]
    if len(wrong):
        raise ComputationError(
            f"A {node.kind} layer should read numbers from 0 to {below - 1}, not {wrong[0]}. Look for such a value in "
            "the data."
        )
    return index


def _reshape(node: Node, x: Dual) -> Dual:
    return x.reshape(*node.output_shapes[0])


def _concatenate(node: Node, *parts: Dual) -> Dual:
    return joined(parts, node.arguments["axis"])


def _stack(node: Node, *parts: Dual) -> Dual:
    return stacked(parts, node.arguments["axis"])


def _split(node: Node, x: Dual) -> List[Dual]:
    axis = node.arguments["axis"] % x.value.ndim
    before = (slice(None),) * axis
    return [x[before + (i,)] for i in range(x.value.shape[axis])]


def _slice(node: Node, x: Dual) -> Dual:
    """Cut along the last axes; NNabla's numbers mean what Python's do."""
    cuts = [slice(*cut) for cut in zip(*(node.arguments[name] for name in ("start", "stop", "step")))]
    return x[(slice(None),) * (x.value.ndim - len(cuts)) + tuple(cuts)]


def _pad(node: Node, x: Dual) -> Dual:
    """Widen the last axes, by a number or by a reflection or copy of what is there."""
    widths = node.arguments["pad_width"]
    pairs = list(zip(widths[::2], widths[1::2]))
    pairs = [(0, 0)] * (x.value.ndim - len(pairs)) + pairs
    if node.arguments["mode"] != "constant":
        mode = {"reflect": "reflect", "repeat": "edge"}[node.arguments["mode"]]
        return x.linear(lambda a: np.pad(a, pairs, mode))  # type: ignore[call-overload]  # NumPy wants the literal
    value = np.pad(x.value, pairs, constant_values=node.arguments["constant_value"])
    return Dual(value, None if x.tangent is None else np.pad(x.tangent, pairs))


def _unpooling(node: Node, x: Dual) -> Dual:
    """Repeat every value along the last axes."""
    kernel = node.arguments["kernel"]

    def repeated(a: Array) -> Array:
        """Return one array, repeated."""
        for axis, times in zip(range(a.ndim - len(kernel), a.ndim), kernel):
            a = a.repeat(times, axis)
        return a

    return x.linear(repeated)


def _broadcast(node: Node, x: Dual) -> Dual:
    return x.linear(lambda a: np.broadcast_to(a, node.output_shapes[0]))


def _one_hot(node: Node, labels: Dual) -> Dual:
    """Return ones at the places that the last axis names."""
    shape = tuple(node.arguments["shape"])
    places = labels.value.reshape(-1, len(shape)).T
    hot = np.zeros((places.shape[1], *shape), labels.value.dtype)
    index = [checked_indices(node, place, size) for place, size in zip(places, shape)]
    hot[(np.arange(len(hot)),) + tuple(index)] = 1.0
    return Dual(hot.reshape(node.output_shapes[0]))


def _embed(node: Node, rows: Dual, table: Dual) -> Dual:
    """Look up rows of a table."""
    index = checked_indices(node, rows.value, len(table.value))
    return table.linear(lambda a: a[index])


RULES: Dict[str, Rule] = {
    "Identity": lambda node, x: x,
    "Reshape": _reshape,
    "Transpose": lambda node, x: x.transpose(node.arguments["axes"]),
    "Concatenate": _concatenate,
    "Stack": _stack,
    "Split": _split,
    "Slice": _slice,
    "Pad": _pad,
    "Flip": lambda node, x: x.linear(lambda a: np.flip(a, node.arguments["axes"])),
    "Tile": lambda node, x: x.linear(lambda a: np.tile(a, node.arguments["reps"])),
    "Broadcast": _broadcast,
    "Unpooling": _unpooling,
    "OneHot": _one_hot,
    "Embed": _embed,
}
"""By NNabla's type of the function."""
