"""The functions of analysis, element by element: exponential, logarithm, trigonometric and hyperbolic functions."""

from __future__ import annotations

import math
from typing import Callable, Dict, Tuple

import numpy as np
from scipy.special import erf

from ...array import Array
from .dual import Dual
from .node import Node, Rule

__all__ = ["RULES", "TWO_OVER_ROOT_PI", "exp", "log", "slopes_of_angle"]

TWO_OVER_ROOT_PI = 2.0 / math.sqrt(math.pi)

Function = Callable[[Array], Array]


def exp(x: Dual) -> Dual:
    """Return the exponential."""
    y = np.exp(x.value)
    return x.mapped(y, lambda: y)


def log(x: Dual) -> Dual:
    """Return the natural logarithm."""
    return x.mapped(np.log(x.value), lambda: 1.0 / x.value)


def _angle(node: Node, y: Dual, x: Dual) -> Dual:
    """Return the angle of the point (x, y)."""
    value = np.arctan2(y.value, x.value)
    by_y, by_x = slopes_of_angle(y, x)
    return y.mapped(value, lambda: by_y.value) + x.mapped(np.zeros_like(value), lambda: by_x.value)


def slopes_of_angle(y: Dual, x: Dual) -> Tuple[Dual, Dual]:
    """Return the slopes of the angle of (x, y) in y and in x: ``x / r^2`` and ``-y / r^2``."""
    reciprocal = (x * x + y * y).power(-1.0)
    return x * reciprocal, -(y * reciprocal)


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
    "Erf": (erf, lambda x: TWO_OVER_ROOT_PI * np.exp(-x * x)),
    "ATanh": (np.arctanh, lambda x: 1.0 / (1.0 - x * x)),
}
"""A function and its derivative, by NNabla's name of it."""

RULES: Dict[str, Rule] = {
    "ATan2": _angle,
    "Exp": lambda node, x: exp(x),
    "Log": lambda node, x: log(x),
    **{kind: _rule(*pair) for kind, pair in FUNCTIONS.items()},
}
"""By NNabla's type of the function."""
