"""Cotangents through functions of single elements, arithmetic with broadcasting, and layers that move values."""

from __future__ import annotations

import math
from functools import partial
from typing import Callable, Dict, List, Optional, Tuple

import numpy as np

from ...array import Array
from ..tangent import functions_of_analysis
from ..tangent.activations import channel_shape
from ..tangent.arithmetic import chosen
from ..tangent.dual import Dual
from ..tangent.node import Node
from ..tangent.registry import RULES
from .kept import Kept, Pull
from .second_derivatives import SECOND_DERIVATIVES, STRAIGHT

__all__ = ["PULLS"]


def _by_slope(kind: str) -> Pull:
    """Return the pull of ``y = f(x)``, element by element: the tangent of a direction of ones is the slope."""

    def pull(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
        """See `kept.Pull`."""
        x = kept.inputs[0]
        y = RULES[kind](node, Dual(x.value, np.ones_like(x.value)))
        slope = Dual(y.tangent)  # type: ignore[union-attr, arg-type]  # one output, and it moves
        if x.tangent is not None and kind not in STRAIGHT:
            slope.tangent = x.tangent * SECOND_DERIVATIVES[kind](node.arguments, x.value)
        return [c * slope]

    return pull


def _relu(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    """Look at the output: the input may have been overwritten by it."""
    positive = kept.output.value > 0.0
    return [c.linear(lambda a: a * positive)]


def _prelu(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    x, below = kept.inputs
    shape = channel_shape(node, below.value, x.value.ndim)
    negative = x.value < 0.0
    slopes = chosen(negative, below.reshape(*shape), Dual(x.value.dtype.type(1.0)))
    of_below = (c * x).linear(lambda a: _reduced(a * negative, shape).reshape(below.value.shape))
    return [c * slopes, of_below]


def _softmax(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    p = kept.output
    weighted = p * c
    return [weighted - p * weighted.sum([node.arguments["axis"]])]


def _log_softmax(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    return [c - functions_of_analysis.exp(kept.output) * c.sum([node.arguments["axis"]])]


def _reduced(c: Array, shape: Tuple[int, ...]) -> Array:
    """Add up what a value of a smaller shape was copied to by broadcasting."""
    added = c.sum(axis=tuple(range(c.ndim - len(shape))))
    copied = tuple(axis for axis, length in enumerate(shape) if length == 1 and added.shape[axis] != 1)
    total: Array = added.sum(axis=copied, keepdims=True)
    return total


def _arithmetic(slopes: Callable[[List[Dual]], List[Dual]]) -> Pull:
    """Return the pull of a function of several arrays, from its slopes in them."""

    def pull(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
        """See `kept.Pull`."""
        return [
            (c * slope).linear(partial(_reduced, shape=x.value.shape))
            for x, slope in zip(kept.inputs, slopes(kept.inputs))
        ]

    return pull


def _ones(inputs: List[Dual]) -> List[Dual]:
    return [Dual(np.ones((), x.value.dtype)) for x in inputs]


def _of_difference(inputs: List[Dual]) -> List[Dual]:
    plus, minus = _ones(inputs)
    return [plus, -minus]


def _of_quotient(inputs: List[Dual]) -> List[Dual]:
    x, y = inputs
    return [y.power(-1.0), -x * y.power(-2.0)]


def _concatenate(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    axis = node.arguments["axis"]
    before = (slice(None),) * (axis % c.value.ndim)
    ends = np.cumsum([0, *(x.value.shape[axis] for x in kept.inputs)])
    return [c[before + (slice(first, last),)] for first, last in zip(ends, ends[1:])]


def _reshape(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    return [c.reshape(*node.input_shapes[0])]


def _transpose(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    return [c.transpose(np.argsort(node.arguments["axes"]).tolist())]


def _slice(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    cuts = [slice(*cut) for cut in zip(*(node.arguments[name] for name in ("start", "stop", "step")))]

    def spread(upper: Array) -> Array:
        """Return the cotangent of the whole."""
        whole = np.zeros(node.input_shapes[0], upper.dtype)
        whole[(slice(None),) * (whole.ndim - len(cuts)) + tuple(cuts)] = upper
        return whole

    return [c.linear(spread)]


def _mean(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    shape = node.input_shapes[0]
    axes = {axis % len(shape) for axis in node.arguments["axes"]}
    kept_shape = tuple(1 if axis in axes else length for axis, length in enumerate(shape))
    count = math.prod([shape[axis] for axis in axes])
    return [c.linear(lambda a: np.broadcast_to(a.reshape(kept_shape) * (1.0 / count), shape))]


PULLS: Dict[str, Pull] = {
    **{kind: _by_slope(kind) for kind in (*SECOND_DERIVATIVES, *sorted(STRAIGHT))},
    "Identity": lambda node, kept, c: [c],
    "ReLU": _relu,
    "PReLU": _prelu,
    "Softmax": _softmax,
    "LogSoftmax": _log_softmax,
    **dict.fromkeys(("Add2", "BcAdd2", "AddN"), _arithmetic(_ones)),
    "Sub2": _arithmetic(_of_difference),
    "Mul2": _arithmetic(lambda inputs: inputs[::-1]),
    "Div2": _arithmetic(_of_quotient),
    "Concatenate": _concatenate,
    "Reshape": _reshape,
    "Transpose": _transpose,
    "Slice": _slice,
    "Mean": _mean,
}
"""By NNabla's type of the function."""
