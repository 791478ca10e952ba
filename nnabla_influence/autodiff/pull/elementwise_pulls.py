"""Cotangents through functions of single elements, arithmetic with broadcasting, and products of matrices."""

from __future__ import annotations

import functools
import operator
from functools import partial
from typing import Callable, Dict, List, Optional, Tuple

import numpy as np

from ...array import Array
from ..tangent import functions_of_analysis
from ..tangent.activations import channel_shape
from ..tangent.arithmetic import COMPARISONS, chosen
from ..tangent.dual import Dual
from ..tangent.node import Node
from ..tangent.registry import RULES
from .kept import Kept, Pull
from .second_derivatives import SECOND_DERIVATIVES, STRAIGHT

__all__ = ["PULLS", "reduced"]


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
    of_below = (c * x).linear(lambda a: reduced(a * negative, shape).reshape(below.value.shape))
    return [c * slopes, of_below]


def _crelu(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    """Send the cotangents of the positive and the negative part back; at zero it is the second's, as in NNabla."""
    x = kept.inputs[0].value
    axis = node.arguments["axis"] % x.ndim
    before = (slice(None),) * axis
    positive, negative = c[before + (slice(x.shape[axis]),)], c[before + (slice(x.shape[axis], None),)]
    return [positive.linear(lambda a: a * (x > 0.0)) - negative.linear(lambda a: a * (x <= 0.0))]


def _softmax(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    p = kept.output
    weighted = p * c
    return [weighted - p * weighted.sum([node.arguments["axis"]])]


def _log_softmax(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    return [c - functions_of_analysis.exp(kept.output) * c.sum([node.arguments["axis"]])]


def reduced(c: Array, shape: Tuple[int, ...]) -> Array:
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
            (c * slope).linear(partial(reduced, shape=x.value.shape))
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


def _of_products(inputs: List[Dual]) -> List[Dual]:
    """Return the slope of a product in every factor: the product of the others, which may hold zeros."""
    others = [inputs[:place] + inputs[place + 1 :] for place in range(len(inputs))]
    one = Dual(np.ones((), inputs[0].value.dtype))
    return [functools.reduce(operator.mul, factors, one) for factors in others]


def _chosen(first: Callable[[Array, Array], Array]) -> Pull:
    """Return the pull of a choice between two arrays: each gets the cotangents of the places where it was chosen."""

    def pull(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
        """See `kept.Pull`."""
        x, y = kept.inputs
        of_x = first(x.value, y.value)
        return [_where_chosen(c, of_x, x), _where_chosen(c, ~of_x, y)]

    return pull


def _where(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    condition, x, y = kept.inputs
    missing = (1,) * (x.value.ndim - condition.value.ndim)
    of_x = (condition.value != 0.0).reshape(condition.value.shape + missing)
    return [None, _where_chosen(c, of_x, x), _where_chosen(c, ~of_x, y)]


def _where_chosen(c: Dual, chosen_here: Array, x: Dual) -> Dual:
    return c.linear(lambda a: reduced(a * chosen_here, x.value.shape))


def _matrices(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    """Send cotangents through ``y = a b`` of the last two axes: ``c b'`` and ``a' c``."""
    transposed = [node.arguments[name] for name in ("transpose_a", "transpose_b")]
    a, b = (_turned(x) if turned else x for x, turned in zip(kept.inputs, transposed))
    pulled = [c @ _turned(b), _turned(a) @ c]
    return [
        (_turned(of_x) if turned else of_x).linear(partial(reduced, shape=x.value.shape))
        for of_x, turned, x in zip(pulled, transposed, kept.inputs)
    ]


def _flat(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    """Return zeros: a comparison jumps, and is flat elsewhere."""
    return [Dual(np.zeros_like(x.value)) for x in kept.inputs]


def _turned(x: Dual) -> Dual:
    return x.linear(lambda a: a.swapaxes(-1, -2))


PULLS: Dict[str, Pull] = {
    **{kind: _by_slope(kind) for kind in (*SECOND_DERIVATIVES, *sorted(STRAIGHT))},
    "ReLU": _relu,
    "PReLU": _prelu,
    "CReLU": _crelu,
    "Softmax": _softmax,
    "LogSoftmax": _log_softmax,
    **dict.fromkeys(("Add2", "BcAdd2", "AddN"), _arithmetic(_ones)),
    "Sub2": _arithmetic(_of_difference),
    "Mul2": _arithmetic(lambda inputs: inputs[::-1]),
    "Div2": _arithmetic(_of_quotient),
    "MulN": _arithmetic(_of_products),
    "ATan2": _arithmetic(lambda inputs: list(functions_of_analysis.slopes_of_angle(*inputs))),
    **dict.fromkeys((*COMPARISONS, *(f"{name}Scalar" for name in COMPARISONS)), _flat),
    "Maximum2": _chosen(np.greater),
    "Minimum2": _chosen(np.less),
    "Where": _where,
    "BatchMatmul": _matrices,
}
"""By NNabla's type of the function."""
