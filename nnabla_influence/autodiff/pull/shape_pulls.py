"""Cotangents through layers that move, copy, join or add up values: each goes back to where its value came from."""

from __future__ import annotations

import math
from typing import Dict, List, Optional, Sequence

import numpy as np

from ...array import Array
from ..tangent.copies import SOURCES
from ..tangent.dual import Dual
from ..tangent.interpolation import along_axes
from ..tangent.node import Node
from ..tangent.registry import RULES
from ..tangent.running import running_sum
from ..tangent.shapes import stacked
from .kept import Kept, Pull

__all__ = ["PULLS", "added_up", "joined_outputs"]

COPYING = ("Broadcast", "Flip", "Pad", "Tile", "Unpooling")
"""Layers whose every value is one of their input's, or comes from outside."""


def added_up(upper: Array, numbers: Array, node: Node) -> Array:
    """Add up the cotangents of the values that came from the same place.

    Args:
        upper: The cotangent of the output.
        numbers: Where each of its values came from in the flat input, counted from 1; 0: from outside.
        node: The function.

    Returns:
        The cotangent of the input.
    """
    shape = node.input_shapes[0]
    total = np.bincount(numbers.ravel().astype(np.int64), upper.ravel(), 1 + math.prod(shape))[1:]
    return total.reshape(shape).astype(upper.dtype)


def _copied(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    """Let the rule itself say where every value came from."""
    shape = node.input_shapes[0]
    numbers = np.arange(1.0, 1.0 + math.prod(shape)).reshape(shape)
    outside_is_zero = node._replace(arguments={**node.arguments, "constant_value": 0.0})
    sources: Dual = RULES[node.kind](outside_is_zero, Dual(numbers))  # type: ignore[assignment]  # one output
    return [c.linear(lambda a: added_up(a, sources.value, node))]


def _from_sources(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    """Send every cotangent to the value that its output is a copy of."""
    numbers = SOURCES[node.kind](node, *(x.value for x in kept.inputs))
    others: List[Optional[Dual]] = [None] * (len(kept.inputs) - 1)
    return [c.linear(lambda a: added_up(a, numbers, node)), *others]


def _concatenate(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    axis = node.arguments["axis"]
    before = (slice(None),) * (axis % c.value.ndim)
    ends = np.cumsum([0, *(x.value.shape[axis] for x in kept.inputs)])
    return [c[before + (slice(first, last),)] for first, last in zip(ends, ends[1:])]


def _stack(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    before = (slice(None),) * (node.arguments["axis"] % c.value.ndim)
    return [c[before + (place,)] for place in range(len(kept.inputs))]


def joined_outputs(node: Node, cotangents: Sequence[Optional[Dual]]) -> Optional[Dual]:
    """Return the cotangents of all outputs of a function as one array, as its pull takes them; None: nobody reads any.

    Args:
        node: The function: a split, or one whose first output alone counts.
        cotangents: Of its outputs, None where nobody reads one.
    """
    if node.kind != "Split" or all(c is None for c in cotangents):
        return cotangents[0]
    known = next(c for c in cotangents if c is not None)
    nothing = Dual(np.zeros_like(known.value))
    return stacked([nothing if c is None else c for c in cotangents], node.arguments["axis"] % (known.value.ndim + 1))


def _slice(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    cuts = [slice(*cut) for cut in zip(*(node.arguments[name] for name in ("start", "stop", "step")))]

    def spread(upper: Array) -> Array:
        """Return the cotangent of the whole."""
        whole = np.zeros(node.input_shapes[0], upper.dtype)
        whole[(slice(None),) * (whole.ndim - len(cuts)) + tuple(cuts)] = upper
        return whole

    return [c.linear(spread)]


def _embed(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    """Add up the cotangents of all places that read a row."""
    index = kept.inputs[0].value.astype(np.int64).reshape(-1, 1)
    rows, width = len(kept.inputs[1].value), math.prod(kept.inputs[1].value.shape[1:])
    places = (index * width + np.arange(width)).ravel()

    def spread(upper: Array) -> Array:
        """Return the cotangent of the table, float64."""
        return np.bincount(places, upper.ravel(), rows * width).reshape(kept.inputs[1].value.shape)

    return [None, c.linear(spread)]


def _over_axes(share: bool) -> Pull:
    """Return the pull of a sum, or of a mean, over axes."""

    def pull(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
        """See `kept.Pull`."""
        shape = node.input_shapes[0]
        axes = {axis % len(shape) for axis in node.arguments["axes"]}
        one = tuple(1 if axis in axes else length for axis, length in enumerate(shape))
        scale = 1.0 / math.prod([shape[axis] for axis in axes]) if share else 1.0
        return [c.linear(lambda a: np.broadcast_to(a.reshape(one) * scale, shape))]

    return pull


def _running_sum(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    """Add up from the other end: what a value went into are the sums behind it."""
    axis, exclusive, backwards = (node.arguments[name] for name in ("axis", "exclusive", "reverse"))
    return [c.linear(lambda a: running_sum(a, axis, not backwards, exclusive))]


PULLS: Dict[str, Pull] = {
    **dict.fromkeys(COPYING, _copied),
    **dict.fromkeys(SOURCES, _from_sources),
    "CumSum": _running_sum,
    "Interpolate": lambda node, kept, c: [c.linear(lambda a: along_axes(node, a, back=True))],
    "Identity": lambda node, kept, c: [c],
    "Reshape": lambda node, kept, c: [c.reshape(*node.input_shapes[0])],
    "Transpose": lambda node, kept, c: [c.transpose(np.argsort(node.arguments["axes"]).tolist())],
    "Concatenate": _concatenate,
    "Stack": _stack,
    "Split": lambda node, kept, c: [c],
    "Slice": _slice,
    "Embed": _embed,
    "Sum": _over_axes(share=False),
    "Mean": _over_axes(share=True),
}
"""By NNabla's type of the function."""
