"""Layers whose every output is a copy of one value of their first input, or zero; which one may depend on the values.

Each is known by its *sources*: the number, in the flat input and counted from 1, of the value that every output is a
copy of; 0 where it is zero. The tangent is copied from the same places, and a cotangent goes back there.
"""

from __future__ import annotations

import math
from typing import Callable, Dict, Tuple

import numpy as np

from ...array import Array, IntArray
from ...errors import UnsupportedError
from .dual import Dual
from .node import Node, Rule
from .reductions import reduced_last
from .shapes import checked_indices

__all__ = ["RULES", "SOURCES"]

Sources = Callable[..., IntArray]
"""``sources(node, *inputs)`` -> the number of each output's source, of the output's shape."""


def _numbers(shape: Tuple[int, ...]) -> IntArray:
    """Return the numbers of the values of an array."""
    return np.arange(1, 1 + math.prod(shape)).reshape(shape)


def _extreme(place: Callable[..., Array]) -> Sources:
    """Return the sources of the largest or smallest value; of equal ones the first counts."""

    def sources(node: Node, x: Array) -> IntArray:
        """See `Sources`."""
        rows, numbers = (reduced_last(node, Dual(array)).value for array in (x, _numbers(x.shape)))
        chosen: IntArray = numbers[np.arange(len(rows)), place(rows, axis=1)].reshape(node.output_shapes[0])
        return chosen

    return sources


def _largest(node: Node, x: Array) -> IntArray:
    """Take the k largest of a sample, one behind the other.

    Raises:
        UnsupportedError: Each stays at its place: NNabla's gradient then goes to the others too.
    """
    arguments = node.arguments
    if not arguments["reduce"]:
        raise UnsupportedError("The forward mode knows TopKData with reduced axes only.")
    samples = math.prod(x.shape[: arguments["base_axis"]])
    size = np.abs(x) if arguments["abs"] else x
    falling = -size if arguments.get("largest", True) else size
    places = np.argsort(falling.reshape(samples, -1), axis=1, kind="stable")[:, : arguments["k"]]
    numbers = np.take_along_axis(_numbers(x.shape).reshape(samples, -1), places, 1)
    return numbers.reshape(node.output_shapes[0])


def _diagonal_matrix(node: Node, x: Array) -> IntArray:
    numbers = np.zeros(node.output_shapes[0], np.int64)
    along = np.arange(x.shape[-1])
    numbers[..., along, along] = _numbers(x.shape)
    return numbers


def _diagonal(node: Node, x: Array) -> IntArray:
    diagonal: IntArray = np.diagonal(_numbers(x.shape), axis1=-2, axis2=-1)
    return diagonal


def _triangle(node: Node, x: Array) -> IntArray:
    cut = np.triu if node.arguments["upper"] else np.tril
    kept: IntArray = cut(_numbers(x.shape), node.arguments["k"])
    return kept


def _shifted(node: Node, x: Array) -> IntArray:
    """Move the values along the last axes; what comes in is a copy of the edge, or of what a mirror there shows."""
    shifts = node.arguments["shifts"]
    numbers = _numbers(x.shape)
    for axis, shift in zip(range(x.ndim - len(shifts), x.ndim), shifts):
        length = x.shape[axis]
        read = np.arange(length) - shift
        if node.arguments["border_mode"] == "reflect":
            read %= 2 * length
            read = np.minimum(read, 2 * length - 1 - read)
        numbers = numbers.take(np.clip(read, 0, length - 1), axis)
    return numbers


def _gathered(node: Node, x: Array, indices: Array) -> IntArray:
    """Take the slices that indices name along an axis, in every batch anew."""
    axis, batch = node.arguments["axis"] % x.ndim, node.arguments["batch_dims"]
    index = checked_indices(node, indices, x.shape[axis])
    if not batch:
        return _numbers(x.shape).take(index, axis)
    samples = math.prod(x.shape[:batch])
    each = zip(_numbers(x.shape).reshape(samples, *x.shape[batch:]), index.reshape(samples, *index.shape[batch:]))
    parts = [numbers.take(places, axis - batch) for numbers, places in each]
    chosen: IntArray = np.stack(parts).reshape(node.output_shapes[0])
    return chosen


SOURCES: Dict[str, Sources] = {
    "Max": _extreme(np.argmax),
    "Min": _extreme(np.argmin),
    "TopKData": _largest,
    "MatrixDiag": _diagonal_matrix,
    "MatrixDiagPart": _diagonal,
    "Trilu": _triangle,
    "Shift": _shifted,
    "Gather": _gathered,
}
"""By NNabla's type of the function."""


def _copied(node: Node, *inputs: Dual) -> Dual:
    numbers = SOURCES[node.kind](node, *(dual.value for dual in inputs))
    return inputs[0].linear(lambda a: np.append(a.dtype.type(0.0), a)[numbers])


RULES: Dict[str, Rule] = dict.fromkeys(SOURCES, _copied)
"""By NNabla's type of the function."""
