"""Second derivatives ``f''(x)`` of functions of single elements.

The slope of ``y = f(x)`` moves by ``f''(x) dx``, so on a way back that moves, the cotangent ``f'(x) c`` moves by
``f'(x) dc + f''(x) dx c``. At a kink the slope jumps; beside it, what is made of straight lines has none of this.
"""

from __future__ import annotations

import math
from typing import Any, Callable, Dict, Mapping

import numpy as np

from ...array import Array
from ..tangent.activations import GELU_CUBIC, GELU_SCALE, log_sigmoid, logistic
from ..tangent.functions_of_analysis import TWO_OVER_ROOT_PI

__all__ = ["SECOND_DERIVATIVES", "STRAIGHT"]

Arguments = Mapping[str, Any]

# Below it, sinc's second derivative is a difference of nearly equal numbers: a series is exact to float32.
SINC_SERIES = 0.5


def _tanh(arguments: Arguments, x: Array) -> Array:
    y = np.tanh(x)
    second: Array = -2.0 * y * (1.0 - y * y)
    return second


def _sigmoid(arguments: Arguments, x: Array) -> Array:
    s = logistic(x)
    second: Array = s * (1.0 - s) * (1.0 - 2.0 * s)
    return second


def _sigmoid_slope(x: Array) -> Array:
    s = logistic(x)
    slope: Array = s * (1.0 - s)
    return slope


def _softplus(arguments: Arguments, x: Array) -> Array:
    beta = arguments["beta"]
    second: Array = beta * _sigmoid_slope(beta * x)
    return second


def _exponential_below(x: Array, scale: float) -> Array:
    """Return ``scale exp(x)`` below zero, the rest of an ELU being straight."""
    return np.where(x < 0.0, scale * np.exp(np.minimum(x, 0.0)), x.dtype.type(0.0))


def _gelu(arguments: Arguments, x: Array) -> Array:
    """With t = tanh(s (x + a x^3)) and q the slope of what is in the brackets times s: ``y = x/2 (1 + t)``."""
    t = np.tanh(GELU_SCALE * (x + GELU_CUBIC * x**3))
    q = GELU_SCALE * (1.0 + 3.0 * GELU_CUBIC * x * x)
    slope_of_q = 6.0 * GELU_SCALE * GELU_CUBIC * x
    second: Array = (1.0 - t * t) * (q + 0.5 * x * (slope_of_q - 2.0 * t * q * q))
    return second


def _swish(arguments: Arguments, x: Array) -> Array:
    s = logistic(x)
    second: Array = s * (1.0 - s) * (2.0 + x * (1.0 - 2.0 * s))
    return second


def _mish(arguments: Arguments, x: Array) -> Array:
    """With w = tanh(softplus(x)): ``y = x w``, so ``y'' = 2 w' + x w''``."""
    s = logistic(x)
    w = np.tanh(-log_sigmoid(-x))
    first = (1.0 - w * w) * s
    second_of_w = (1.0 - w * w) * s * (1.0 - s) - 2.0 * w * first * s
    second: Array = 2.0 * first + x * second_of_w
    return second


def _softsign(arguments: Arguments, x: Array) -> Array:
    second: Array = -2.0 * np.sign(x) * (1.0 + np.abs(x)) ** -3.0
    return second


def _sinc(arguments: Arguments, x: Array) -> Array:
    """By ``x y = sin x``, differentiated twice: ``y'' = -y - 2 y' / x``."""
    near = np.abs(x) < SINC_SERIES
    safe = np.where(near, x.dtype.type(1.0), x)
    y = np.sin(safe) / safe
    slope = (np.cos(safe) - y) / safe
    squares = x * x
    series = -1.0 / 3.0 + squares / 10.0 - squares**2 / 168.0 + squares**3 / 6480.0
    return np.where(near, series, -y - 2.0 * slope / safe)


def _tan(arguments: Arguments, x: Array) -> Array:
    y = np.tan(x)
    second: Array = 2.0 * y * (1.0 + y * y)
    return second


def _power(arguments: Arguments, x: Array) -> Array:
    """Return that of ``x^n``; at zero it may be without limit, where a rectifier before it lets nothing move."""
    n = arguments["val"]
    second = n * (n - 1.0) * x ** (n - 2.0)
    return np.where((x == 0.0) & ~np.isfinite(second), x.dtype.type(0.0), second)


SECOND_DERIVATIVES: Dict[str, Callable[[Arguments, Array], Array]] = {
    "Tanh": _tanh,
    "TanhShrink": lambda arguments, x: -_tanh(arguments, x),
    "Sigmoid": _sigmoid,
    "LogSigmoid": lambda arguments, x: -_sigmoid_slope(x),
    "SoftPlus": _softplus,
    "SoftSign": _softsign,
    "ELU": lambda arguments, x: _exponential_below(x, arguments["alpha"]),
    "SELU": lambda arguments, x: _exponential_below(x, arguments["scale"] * arguments["alpha"]),
    "GELU": _gelu,
    "Swish": _swish,
    "Mish": _mish,
    "Sinc": _sinc,
    "Exp": lambda arguments, x: np.exp(x),
    "Log": lambda arguments, x: -(x**-2.0),
    "Sin": lambda arguments, x: -np.sin(x),
    "Cos": lambda arguments, x: -np.cos(x),
    "Tan": _tan,
    "ASin": lambda arguments, x: x * (1.0 - x * x) ** -1.5,
    "ACos": lambda arguments, x: -x * (1.0 - x * x) ** -1.5,
    "ATan": lambda arguments, x: -2.0 * x * (1.0 + x * x) ** -2.0,
    "Erf": lambda arguments, x: -2.0 * x * TWO_OVER_ROOT_PI * np.exp(-x * x),
    "Sinh": lambda arguments, x: np.sinh(x),
    "Cosh": lambda arguments, x: np.cosh(x),
    "ASinh": lambda arguments, x: -x * (x * x + 1.0) ** -1.5,
    "ACosh": lambda arguments, x: -x * (x * x - 1.0) ** -1.5,
    "ATanh": lambda arguments, x: 2.0 * x * (1.0 - x * x) ** -2.0,
    "PowScalar": _power,
    "RDivScalar": lambda arguments, x: 2.0 * arguments["val"] * x**-3.0,
    "RPowScalar": lambda arguments, x: math.log(arguments["val"]) ** 2 * arguments["val"] ** x,
}
"""By NNabla's type of the function, from its arguments and x."""

STRAIGHT = frozenset(
    (
        *("LeakyReLU", "ReLU6", "HardTanh", "HardSigmoid", "Abs"),
        *("AddScalar", "MulScalar", "RSubScalar", "MaximumScalar", "MinimumScalar"),
    )
)
"""Functions of straight lines, by NNabla's type."""
