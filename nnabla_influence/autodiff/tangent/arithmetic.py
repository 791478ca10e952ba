"""Sums, products, quotients and powers of arrays and numbers, with broadcasting, and products of matrices."""

from __future__ import annotations

import functools
import operator
from typing import Callable, Dict

import numpy as np

from ...array import Array
from .dual import Dual
from .node import Node, Rule

__all__ = ["COMPARISONS", "RULES", "chosen"]


def chosen(condition: Array, x: Dual, y: Dual) -> Dual:
    """Take x where the condition holds, else y."""
    value = np.where(condition, x.value, y.value)
    if x.tangent is None and y.tangent is None:
        return Dual(value)
    zero = value.dtype.type(0.0)
    of_x, of_y = (zero if a.tangent is None else a.tangent for a in (x, y))
    return Dual(value, np.where(condition, of_x, of_y))


def _number(node: Node) -> Dual:
    return Dual(np.asarray(node.arguments["val"], np.float32))


def _power(node: Node, base: Dual, exponent: Dual) -> Dual:
    """Return ``base ** exponent``; a logarithm is needed only where the exponent moves."""
    value = base.value**exponent.value
    by_base = base.mapped(value, lambda: exponent.value * base.value ** (exponent.value - 1.0))
    by_exponent = exponent.mapped(np.zeros_like(value), lambda: value * np.log(base.value))
    return by_base + by_exponent


def _power_of_number(node: Node, x: Dual) -> Dual:
    number = node.arguments["val"]
    y = number**x.value
    return x.mapped(y, lambda: y * np.log(number))


def _larger(node: Node, x: Dual, y: Dual) -> Dual:
    return chosen(x.value > y.value, x, y)


def _smaller(node: Node, x: Dual, y: Dual) -> Dual:
    return chosen(x.value < y.value, x, y)


def _where(node: Node, condition: Dual, x: Dual, y: Dual) -> Dual:
    """Choose by a condition whose axes may be the first ones only."""
    missing = x.value.ndim - condition.value.ndim
    return chosen((condition.value != 0.0).reshape(condition.value.shape + (1,) * missing), x, y)


def _matrices(node: Node, a: Dual, b: Dual) -> Dual:
    """Multiply the matrices of the last two axes."""
    if node.arguments["transpose_a"]:
        a = a.linear(lambda v: v.swapaxes(-1, -2))
    if node.arguments["transpose_b"]:
        b = b.linear(lambda v: v.swapaxes(-1, -2))
    return a @ b


def _comparison(compare: Callable[[Array, Array], Array]) -> Rule:
    """Return the rule of a comparison: it jumps, and is flat elsewhere."""

    def rule(node: Node, x: Dual, *others: Dual) -> Dual:
        """See `node.Rule`."""
        other = others[0].value if others else _number(node).value
        return Dual(compare(x.value, other).astype(x.value.dtype))

    return rule


COMPARISONS: Dict[str, Callable[[Array, Array], Array]] = {
    "Equal": np.equal,
    "NotEqual": np.not_equal,
    "Greater": np.greater,
    "GreaterEqual": np.greater_equal,
    "Less": np.less,
    "LessEqual": np.less_equal,
}
"""By NNabla's name; with a number in place of the second array "Scalar" follows."""

RULES: Dict[str, Rule] = {
    **dict.fromkeys(("Add2", "BcAdd2", "AddN"), lambda node, *terms: functools.reduce(operator.add, terms)),
    "Sub2": lambda node, x, y: x - y,
    **dict.fromkeys(("Mul2", "MulN"), lambda node, *factors: functools.reduce(operator.mul, factors)),
    "Div2": lambda node, x, y: x / y,
    "Pow2": _power,
    "AddScalar": lambda node, x: x + node.arguments["val"],
    "MulScalar": lambda node, x: x * node.arguments["val"],
    "PowScalar": lambda node, x: x.power(node.arguments["val"]),
    "RSubScalar": lambda node, x: -x + node.arguments["val"],
    "RDivScalar": lambda node, x: x.power(-1.0) * node.arguments["val"],
    "RPowScalar": _power_of_number,
    "Maximum2": _larger,
    "Minimum2": _smaller,
    "MaximumScalar": lambda node, x: _larger(node, x, _number(node)),
    "MinimumScalar": lambda node, x: _smaller(node, x, _number(node)),
    "Where": _where,
    "BatchMatmul": _matrices,
    **{name: _comparison(compare) for name, compare in COMPARISONS.items()},
    **{f"{name}Scalar": _comparison(compare) for name, compare in COMPARISONS.items()},
}
"""By NNabla's type of the function."""
