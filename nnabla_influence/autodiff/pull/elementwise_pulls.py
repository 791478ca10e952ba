"""Cotangents through functions of single elements, arithmetic with broadcasting, and layers that move values."""

from __future__ import annotations

import math
from typing import Callable, Dict, List, Optional, Tuple

import numpy as np

from ...array import Array
from ..tangent import activations, functions_of_analysis
from ..tangent.activations import channel_shape
from ..tangent.dual import Dual
from ..tangent.node import Node, Rule
from ..tangent.registry import RULES
from .kept import Kept, Pull

__all__ = ["PULLS"]


def _by_slope(rule: Rule) -> Pull:
    """Return the pull of ``y = f(x)``, element by element: the tangent of a direction of ones is the slope."""

    def pull(node: Node, kept: Kept, c: Array) -> List[Optional[Array]]:
        y = rule(node, Dual(kept.inputs[0], np.ones_like(kept.inputs[0])))
        return [c * y.tangent]  # type: ignore[union-attr]  # one output

    return pull


def _relu(node: Node, kept: Kept, c: Array) -> List[Optional[Array]]:
    """Look at the output: the input may have been overwritten by it."""
    return [c * (kept.output > 0.0)]


def _prelu(node: Node, kept: Kept, c: Array) -> List[Optional[Array]]:
    x, below = kept.inputs
    shape = channel_shape(node, below, x.ndim)
    negative = x < 0.0
    slopes = np.where(negative, below.reshape(shape), x.dtype.type(1.0))
    return [c * slopes, _reduced(c * x * negative, shape).reshape(below.shape)]


def _softmax(node: Node, kept: Kept, c: Array) -> List[Optional[Array]]:
    p = kept.output
    weighted = p * c
    return [weighted - p * weighted.sum(node.arguments["axis"], keepdims=True)]


def _log_softmax(node: Node, kept: Kept, c: Array) -> List[Optional[Array]]:
    return [c - np.exp(kept.output) * c.sum(node.arguments["axis"], keepdims=True)]


def _reduced(c: Array, shape: Tuple[int, ...]) -> Array:
    """Add up what a value of a smaller shape was copied to by broadcasting."""
    added = c.sum(axis=tuple(range(c.ndim - len(shape))))
    copied = tuple(axis for axis, length in enumerate(shape) if length == 1 and added.shape[axis] != 1)
    total: Array = added.sum(axis=copied, keepdims=True)
    return total


def _arithmetic(slopes: Callable[[List[Array]], List[Array]]) -> Pull:
    """Return the pull of a function of several arrays, from its slopes in them."""

    def pull(node: Node, kept: Kept, c: Array) -> List[Optional[Array]]:
        return [_reduced(c * slope, x.shape) for x, slope in zip(kept.inputs, slopes(kept.inputs))]

    return pull


def _ones(inputs: List[Array]) -> List[Array]:
    return [np.ones((), x.dtype) for x in inputs]


def _concatenate(node: Node, kept: Kept, c: Array) -> List[Optional[Array]]:
    axis = node.arguments["axis"]
    return list(np.split(c, np.cumsum([x.shape[axis] for x in kept.inputs])[:-1], axis))


def _reshape(node: Node, kept: Kept, c: Array) -> List[Optional[Array]]:
    return [c.reshape(node.input_shapes[0])]


def _transpose(node: Node, kept: Kept, c: Array) -> List[Optional[Array]]:
    return [c.transpose(np.argsort(node.arguments["axes"]))]


def _slice(node: Node, kept: Kept, c: Array) -> List[Optional[Array]]:
    cuts = [slice(*cut) for cut in zip(*(node.arguments[name] for name in ("start", "stop", "step")))]
    whole = np.zeros(node.input_shapes[0], c.dtype)
    whole[(slice(None),) * (whole.ndim - len(cuts)) + tuple(cuts)] = c
    return [whole]


def _mean(node: Node, kept: Kept, c: Array) -> List[Optional[Array]]:
    shape = node.input_shapes[0]
    axes = {axis % len(shape) for axis in node.arguments["axes"]}
    kept_shape = tuple(1 if axis in axes else length for axis, length in enumerate(shape))
    count = math.prod([shape[axis] for axis in axes])
    return [np.broadcast_to(c.reshape(kept_shape) * (1.0 / count), shape)]


ELEMENTWISE = (
    *(set(activations.RULES) - {"ReLU", "PReLU", "CReLU", "CELU"}),
    *functions_of_analysis.RULES,
    *("AddScalar", "MulScalar", "PowScalar", "RSubScalar", "RDivScalar", "RPowScalar"),
    *(
        "MaximumScalar",
        "MinimumScalar",
    ),
)
"""Functions of one array whose every value depends on one."""

PULLS: Dict[str, Pull] = {
    **{kind: _by_slope(RULES[kind]) for kind in ELEMENTWISE},
    "Identity": lambda node, kept, c: [c],
    "ReLU": _relu,
    "PReLU": _prelu,
    "Softmax": _softmax,
    "LogSoftmax": _log_softmax,
    **dict.fromkeys(("Add2", "BcAdd2", "AddN"), _arithmetic(_ones)),
    "Sub2": _arithmetic(lambda inputs: [np.ones((), inputs[0].dtype), -np.ones((), inputs[0].dtype)]),
    "Mul2": _arithmetic(lambda inputs: inputs[::-1]),
    "Div2": _arithmetic(lambda inputs: [1.0 / inputs[1], -inputs[0] / inputs[1] ** 2]),
    "Concatenate": _concatenate,
    "Reshape": _reshape,
    "Transpose": _transpose,
    "Slice": _slice,
    "Mean": _mean,
}
"""By NNabla's type of the function."""
