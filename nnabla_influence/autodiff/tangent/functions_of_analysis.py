"""The functions of analysis, element by element: exponential, logarithm, trigonometric and hyperbolic functions."""

from __future__ import annotations

from typing import Callable, Dict, Tuple

import numpy as np

from ...array import Array
from .dual import Dual
from .node import Node, Rule

__all__ = ["RULES", "exp", "log"]

Function = Callable[[Array], Array]


def exp(x: Dual) -> Dual:
    """Return the exponential."""
    y = np.exp(x.value)
    return x.mapped(y, lambda: y)


def log(x: Dual) -> Dual:
    """Return the natural logarithm."""
    return x.mapped(np.log(x.value), lambda: 1.0 / x.value)


def _rule(function: Function, slope: Function) -> Rule:
    def rule(node: Node, x: Dual) -> Dual:
        """See `node.Rule`."""
        return x.mapped(function(x.value), lambda: slope(x.value))

    return rule


FUNCTIONS: Dict[str, Tuple[Function, Function]] = {
    "Abs": (np.abs, lambda x: np.where(x >= 0.0, x.dtype.type(1.0), x.dtype.type(-1.0))),
    "Sin": (np.sin, np.cos),
    "Cos": (np.cos, lambda x: -np.sin(x)),
    "Tan": (np.tan, lambda x: np.cos(x) ** -2.0),
    "ASin": (np.arcsin, lambda x: (1.0 - x * x) ** -0.5),
    "ACos": (np.arccos, lambda x: -((1.0 - x * x) ** -0.5)),
    "ATan": (np.arctan, lambda x: 1.0 / (1.0 + x * x)),
    "Sinh": (np.sinh, np.cosh),
    "Cosh": (np.cosh, np.sinh),
    "ASinh": (np.arcsinh, lambda x: (x * x + 1.0) ** -0.5),
    "ACosh": (np.arccosh, lambda x: (x * x - 1.0) ** -0.5),
    "ATanh": (np.arctanh, lambda x: 1.0 / (1.0 - x * x)),
}
"""A function and its derivative, by NNabla's name of it."""

RULES: Dict[str, Rule] = {
    "Exp": lambda node, x: exp(x),
    "Log": lambda node, x: log(x),
    **{kind: _rule(*pair) for kind, pair in FUNCTIONS.items()},
}
"""By NNabla's type of the function."""
