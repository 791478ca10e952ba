"""Cotangents through losses: what the gradient of a batch's losses begins with.

With p the softmax of z and e_t the vector that is 1 at the label t,

    softmax cross-entropy      c (p - e_t)
    categorical cross-entropy  -c e_t / p, for probabilities p

and for losses of one value each, c times their slope.
"""

from __future__ import annotations

from functools import partial
from typing import Callable, Dict, List, Optional, Tuple

import numpy as np

from ...array import Array, IntArray
from ..tangent.activations import sigmoid
from ..tangent.arithmetic import chosen
from ..tangent.dual import Dual
from ..tangent.losses import (
    SHARE,
    SMALLEST,
    absolute_difference,
    label_places,
    logarithm,
    logarithm_of_share,
    softmax,
)
from ..tangent.node import Node
from .kept import Kept, Pull

__all__ = ["PULLS"]

Slopes = Callable[[Node, Dual, Dual], List[Dual]]
"""``slopes(node, x, y)`` -> the slopes of a loss of one value each in x, the prediction, and in y, the target."""


def _of_values(slopes: Slopes) -> Pull:
    """Return the pull of a loss of one value each."""

    def pull(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
        """See `kept.Pull`."""
        computed = slopes(node, *kept.inputs)
        return [c * slope if wanted else None for slope, wanted in zip(computed, kept.wanted)]

    return pull


def _of_squared_error(node: Node, x: Dual, y: Dual) -> List[Dual]:
    slope = (x - y) * 2.0
    return [slope, -slope]


def _sign(x: Dual, y: Dual) -> Dual:
    """Return the slope of ``|x - y|`` in x, which is -1 where they are equal."""
    one = x.value.dtype.type(1.0)
    return Dual(np.where(x.value > y.value, one, -one))


def _of_absolute_error(node: Node, x: Dual, y: Dual) -> List[Dual]:
    slope = _sign(x, y)
    return [slope, -slope]


def _of_huber(node: Node, x: Dual, y: Dual) -> List[Dual]:
    delta = node.arguments["delta"]
    size = absolute_difference(x, y)
    slope = chosen(size.value < delta, size * 2.0, Dual(np.full_like(size.value, 2.0 * delta))) * _sign(x, y)
    return [slope, -slope]


def _of_epsilon_insensitive(node: Node, x: Dual, y: Dual) -> List[Dual]:
    beyond = absolute_difference(x, y).value > node.arguments["epsilon"]
    slope = _sign(x, y).linear(lambda a: a * beyond)
    return [slope, -slope]


def _of_binary_cross_entropy(node: Node, p: Dual, t: Dual) -> List[Dual]:
    """Return the slopes of ``-t log p - (1 - t) log(1 - p)``."""
    rest = -p + 1.0
    of_p = (-t + 1.0) * _reciprocal(rest) - t * _reciprocal(p)
    return [of_p, logarithm(rest) - logarithm(p)]


def _of_sigmoid_cross_entropy(node: Node, z: Dual, t: Dual) -> List[Dual]:
    """Return the slopes of ``(1 - t) z - log s(z)``, s the sigmoid and t a whole number."""
    return [sigmoid(z) - Dual(np.trunc(t.value)), z * 0.0]


def _divergence(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    """Return the cotangents of ``sum p log((p + s) / (q + s))``, s what NNabla adds to a share."""
    p, q = kept.inputs
    one = p.value.shape[: node.arguments["base_axis"]] + (1,) * (p.value.ndim - node.arguments["base_axis"])
    upper = c.reshape(*one)
    of_p = logarithm_of_share(p) - logarithm_of_share(q) + p * (p + SHARE).power(-1.0)
    return [upper * of_p, -(upper * p * (q + SHARE).power(-1.0))]


def _reciprocal(p: Dual) -> Dual:
    """Return ``1 / p``, of the smallest number at least: what NNabla takes for the slope of a logarithm."""
    value = 1.0 / np.maximum(p.value, SMALLEST)
    if p.tangent is None:
        return Dual(value)
    # Not the square of the value, which is too large for float32 where p is below 1e-19.
    return Dual(value, -(p.tangent * (p.value > SMALLEST) * value) * value)


def _softmax_cross_entropy(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    z, labels = kept.inputs
    axis, places, of_labels = _at_labels(node, kept, c)
    at_label = of_labels.linear(partial(_at, places=places, axis=axis, shape=z.value.shape))
    return [softmax(z, axis) * of_labels - at_label, None]


def _categorical_cross_entropy(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    p = kept.inputs[0]
    axis, places, of_labels = _at_labels(node, kept, c)
    at_label = p.linear(lambda a: np.take_along_axis(a, places, axis))
    slope = -(of_labels * _reciprocal(at_label))
    return [slope.linear(partial(_at, places=places, axis=axis, shape=p.value.shape)), None]


def _at_labels(node: Node, kept: Kept, c: Dual) -> Tuple[int, IntArray, Dual]:
    """Return the classes' axis, each label's place on it, and c with that axis, zero where there is no label."""
    x, labels = kept.inputs
    axis, places, known = label_places(node, x.value.shape, labels.value)
    return axis, places, c.linear(lambda a: a.reshape(places.shape) * known)


def _at(values: Array, places: IntArray, axis: int, shape: Tuple[int, ...]) -> Array:
    """Return an array of zeros but for the values at their places."""
    whole = np.zeros(shape, values.dtype)
    np.put_along_axis(whole, places, values, axis)
    return whole


PULLS: Dict[str, Pull] = {
    "SoftmaxCrossEntropy": _softmax_cross_entropy,
    "CategoricalCrossEntropy": _categorical_cross_entropy,
    "AbsoluteError": _of_values(_of_absolute_error),
    "BinaryCrossEntropy": _of_values(_of_binary_cross_entropy),
    "EpsilonInsensitiveLoss": _of_values(_of_epsilon_insensitive),
    "HuberLoss": _of_values(_of_huber),
    "SigmoidCrossEntropy": _of_values(_of_sigmoid_cross_entropy),
    "SquaredError": _of_values(_of_squared_error),
    "KLMultinomial": _divergence,
}
"""By NNabla's type of the function."""
