"""Activations, element by element: ``y = f(x)`` and ``dy = f'(x) dx``. At a kink the slope is NNabla's choice."""

from __future__ import annotations

import math
from typing import Dict, Tuple

import numpy as np

from ...array import Array
from .dual import Dual
from .node import Node, Rule
from .shapes import joined

__all__ = [
    "GELU_CUBIC",
    "GELU_SCALE",
    "RULES",
    "channel_shape",
    "log_sigmoid",
    "logistic",
    "rectified",
    "sigmoid",
    "tanh",
]

# Of NNabla's approximation of the GELU.
GELU_CUBIC = 0.044715
GELU_SCALE = math.sqrt(2.0 / math.pi)


def tanh(x: Dual) -> Dual:
    """Return the hyperbolic tangent."""
    y = np.tanh(x.value)
    return x.mapped(y, lambda: 1.0 - y * y)


def sigmoid(x: Dual) -> Dual:
    """Return ``1 / (1 + exp(-x))``."""
    y = logistic(x.value)
    return x.mapped(y, lambda: y * (1.0 - y))


def logistic(x: Array) -> Array:
    """Compute ``1 / (1 + exp(-x))`` without overflow."""
    y: Array = 0.5 * np.tanh(0.5 * x) + 0.5
    return y


def log_sigmoid(x: Array) -> Array:
    """Compute ``log(1 / (1 + exp(-x)))`` without overflow."""
    y: Array = np.minimum(x, 0.0) - np.log1p(np.exp(-np.abs(x)))
    return y


def rectified(x: Dual) -> Dual:
    """Return ``max(x, 0)``."""
    return _clipped(x, 0.0, math.inf)


def _clipped(x: Dual, low: float, high: float) -> Dual:
    """Cut off below and above, where the slope is zero."""
    return x.mapped(np.clip(x.value, low, high), lambda: (x.value > low) & (x.value < high))


def _hard(x: Dual) -> Dual:
    """Cut off below -1 and above 1; the slope at the kinks is one."""
    return x.mapped(np.clip(x.value, -1.0, 1.0), lambda: (x.value >= -1.0) & (x.value <= 1.0))


def _relu(node: Node, x: Dual) -> Dual:
    # The most frequent layer of large networks, so nothing is allocated.
    tangent = x.tangent
    if tangent is not None:
        slope = np.greater(x.value, 0.0, out=node.buffers.like(x.value, np.bool_))
        tangent = np.multiply(tangent, slope, out=tangent if x.spare else node.buffers.like(tangent))
    return Dual(np.maximum(x.value, 0.0, out=x.value if x.spare else node.buffers.like(x.value)), tangent)


def _bent(x: Dual, scale: float, below: float) -> Dual:
    """Multiply by one number above zero, by another below."""
    slope = np.where(x.value > 0.0, x.value.dtype.type(scale), x.value.dtype.type(below))
    return x.mapped(x.value * slope, lambda: slope)


def channel_shape(node: Node, parameter: Array, ndim: int) -> Tuple[int, ...]:
    """Return the shape in which a PReLU's parameter meets an input of so many axes."""
    channels = node.arguments["base_axis"] % ndim
    return tuple(parameter.size if axis == channels else 1 for axis in range(ndim))


def _prelu(node: Node, x: Dual, below: Dual) -> Dual:
    """Multiply by a parameter below zero: one for all channels, or one for each."""
    below = below.reshape(*channel_shape(node, below.value, x.value.ndim))
    negative = Dual(np.minimum(x.value, 0.0), None if x.tangent is None else x.tangent * (x.value < 0.0))
    return (x - negative) + negative * below


def _exponential(x: Dual, scale: float, alpha: float, positive: Array) -> Dual:
    """Return ``scale x`` where x is positive, ``scale alpha (exp(x) - 1)`` elsewhere."""
    below = (scale * alpha) * np.expm1(np.minimum(x.value, 0.0))
    y = np.where(positive, scale * x.value, below)
    return x.mapped(y, lambda: np.where(positive, x.value.dtype.type(scale), below + scale * alpha))


def _elu(node: Node, x: Dual) -> Dual:
    return _exponential(x, 1.0, node.arguments["alpha"], x.value >= 0.0)


def _selu(node: Node, x: Dual) -> Dual:
    return _exponential(x, node.arguments["scale"], node.arguments["alpha"], x.value > 0.0)


def _celu(node: Node, x: Dual) -> Dual:
    """Join the ELU of x and of -x along an axis."""
    return joined([_elu(node, x), _elu(node, -x)], node.arguments["axis"])


def _crelu(node: Node, x: Dual) -> Dual:
    """Join the positive and the negative part of x along an axis; at zero the slope is that of the second."""
    negative = -x
    second = negative.mapped(np.maximum(negative.value, 0.0), lambda: negative.value >= 0.0)
    return joined([rectified(x), second], node.arguments["axis"])


def _gelu(node: Node, x: Dual) -> Dual:
    """Return ``x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))``, NNabla's approximation of ``x Phi(x)``."""
    inner = (x + x * x * x * GELU_CUBIC) * GELU_SCALE
    return x * (tanh(inner) + 1.0) * 0.5


def _swish(node: Node, x: Dual) -> Dual:
    share = logistic(x.value)
    y = x.value * share
    return x.mapped(y, lambda: share + y * (1.0 - share))


def _mish(node: Node, x: Dual) -> Dual:
    softplus = x.mapped(-log_sigmoid(-x.value), lambda: logistic(x.value))
    return x * tanh(softplus)


def _softplus(node: Node, x: Dual) -> Dual:
    beta = node.arguments["beta"]
    return x.mapped(-log_sigmoid(-beta * x.value) / beta, lambda: logistic(beta * x.value))


def _softsign(node: Node, x: Dual) -> Dual:
    size = 1.0 + np.abs(x.value)
    return x.mapped(x.value / size, lambda: 1.0 / size**2)


def _sinc(node: Node, x: Dual) -> Dual:
    zero = x.value == 0.0
    safe = np.where(zero, x.value.dtype.type(1.0), x.value)
    y = np.where(zero, x.value.dtype.type(1.0), np.sin(safe) / safe)
    return x.mapped(y, lambda: np.where(zero, x.value.dtype.type(0.0), (np.cos(safe) - y) / safe))


RULES: Dict[str, Rule] = {
    "ReLU": _relu,
    "ReLU6": lambda node, x: _clipped(x, 0.0, 6.0),
    "LeakyReLU": lambda node, x: _bent(x, 1.0, node.arguments["alpha"]),
    "PReLU": _prelu,
    "CReLU": _crelu,
    "ELU": _elu,
    "SELU": _selu,
    "CELU": _celu,
    "GELU": _gelu,
    "Swish": _swish,
    "Mish": _mish,
    "Tanh": lambda node, x: tanh(x),
    "HardTanh": lambda node, x: _hard(x),
    "TanhShrink": lambda node, x: x - tanh(x),
    "Sigmoid": lambda node, x: sigmoid(x),
    "HardSigmoid": lambda node, x: (_hard(x * 0.4) + 1.0) * 0.5,
    "LogSigmoid": lambda node, x: x.mapped(log_sigmoid(x.value), lambda: logistic(-x.value)),
    "SoftPlus": _softplus,
    "SoftSign": _softsign,
    "Sinc": _sinc,
}
"""By NNabla's type of the function."""
