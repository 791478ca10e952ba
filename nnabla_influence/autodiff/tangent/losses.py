"""Losses and what leads to them: softmax and its logarithm. One loss for each value, or for each class number.

Logarithms are cut off where NNabla cuts them off, so a certain and wrong prediction has the loss that it has there.
"""

from __future__ import annotations

from typing import Dict, Tuple

import numpy as np

from ...array import Array, IntArray
from .activations import log_sigmoid, logistic
from .arithmetic import chosen
from .dual import Dual
from .node import Node, Rule
from .shapes import checked_indices

__all__ = [
    "RULES",
    "SHARE",
    "SMALLEST",
    "absolute_difference",
    "label_places",
    "logarithm",
    "logarithm_of_share",
    "softmax",
]

# The smallest number that NNabla takes a logarithm of: float32's smallest normal one.
SMALLEST = float(np.finfo(np.float32).tiny)
# What NNabla adds to a share before it takes its logarithm.
SHARE = 1e-8


def _probabilities(z: Array, axis: int) -> Array:
    shifted = np.exp(z - z.max(axis, keepdims=True))
    p: Array = shifted / shifted.sum(axis, keepdims=True)
    return p


def softmax(z: Dual, axis: int) -> Dual:
    """Return the softmax of z along an axis."""
    p = _probabilities(z.value, axis)
    if z.tangent is None:
        return Dual(p)
    weighted = p * z.tangent
    return Dual(p, weighted - p * weighted.sum(axis, keepdims=True))


def _log_softmax(node: Node, z: Dual) -> Dual:
    axis = node.arguments["axis"]
    shifted = z.value - z.value.max(axis, keepdims=True)
    y = shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))
    if z.tangent is None:
        return Dual(y)
    return Dual(y, z.tangent - (np.exp(y) * z.tangent).sum(axis, keepdims=True))


def _at_labels(node: Node, x: Dual, labels: Array) -> Dual:
    """Take the values at the labels' classes, zero where a label is negative: NNabla's word for none."""
    axis, places, known = label_places(node, x.value.shape, labels)
    return x.linear(lambda a: (np.take_along_axis(a, places, axis) * known).reshape(node.output_shapes[0]))


def label_places(node: Node, shape: Tuple[int, ...], labels: Array) -> Tuple[int, IntArray, Array]:
    """Return the axis of the classes, each label's place on it, and whether there is a label, of the same shape.

    Args:
        node: A loss of class numbers.
        shape: Of the values at all classes.
        labels: Class numbers, negative for none.
    """
    axis = node.arguments["axis"] % len(shape)
    one = (*shape[:axis], 1, *shape[axis + 1 :])
    places = checked_indices(node, np.maximum(labels, 0.0), shape[axis]).reshape(one)
    return axis, places, (labels >= 0.0).reshape(one)


def _softmax_cross_entropy(node: Node, z: Dual, labels: Dual) -> Dual:
    return -_at_labels(node, _log_softmax(node, z), labels.value)


def _categorical_cross_entropy(node: Node, p: Dual, labels: Dual) -> Dual:
    return -_at_labels(node, logarithm(p), labels.value)


def logarithm(p: Dual) -> Dual:
    """Take the logarithm, of the smallest number at least."""
    safe = np.maximum(p.value, SMALLEST)
    return p.mapped(np.log(safe), lambda: 1.0 / safe)


def _binary_cross_entropy(node: Node, p: Dual, target: Dual) -> Dual:
    return -(target * logarithm(p) + (-target + 1.0) * logarithm(-p + 1.0))


def _sigmoid_cross_entropy(node: Node, z: Dual, target: Dual) -> Dual:
    """Return ``-t log s(z) - (1 - t) log s(-z)`` as ``(1 - t) z - log s(z)``, s the sigmoid.

    NNabla takes the whole number of the target, which so does not move.
    """
    target = Dual(np.trunc(target.value))
    logarithm = z.mapped(log_sigmoid(z.value), lambda: logistic(-z.value))
    return z * (-target + 1.0) - logarithm


def _squared_error(node: Node, x: Dual, y: Dual) -> Dual:
    difference = x - y
    return difference * difference


def absolute_difference(x: Dual, y: Dual) -> Dual:
    """Return ``|x - y|``; where they are equal, its slope in x is -1."""
    difference = x - y
    return chosen(difference.value > 0.0, difference, -difference)


def _huber(node: Node, x: Dual, y: Dual) -> Dual:
    """Return the square within delta, ``delta (2 |x - y| - delta)`` beyond."""
    delta = node.arguments["delta"]
    size = absolute_difference(x, y)
    return chosen(size.value < delta, size * size, (size * 2.0 - delta) * delta)


def _epsilon_insensitive(node: Node, x: Dual, y: Dual) -> Dual:
    """Return the absolute error beyond epsilon."""
    epsilon = node.arguments["epsilon"]
    size = absolute_difference(x, y)
    return chosen(size.value > epsilon, size - epsilon, size * 0.0)


def logarithm_of_share(p: Dual) -> Dual:
    """Take the logarithm of a share, which may be zero."""
    shifted = p.value + SHARE
    return p.mapped(np.log(shifted), lambda: 1.0 / shifted)


def _divergence(node: Node, p: Dual, q: Dual) -> Dual:
    """Return ``sum p log(p / q)`` over all axes from the base axis on (B, 1)."""
    terms = p * (logarithm_of_share(p) - logarithm_of_share(q))
    axes = range(node.arguments["base_axis"], terms.value.ndim)
    return terms.sum(axes).reshape(*node.output_shapes[0])


RULES: Dict[str, Rule] = {
    "Softmax": lambda node, z: softmax(z, node.arguments["axis"]),
    "LogSoftmax": _log_softmax,
    "SoftmaxCrossEntropy": _softmax_cross_entropy,
    "CategoricalCrossEntropy": _categorical_cross_entropy,
    "BinaryCrossEntropy": _binary_cross_entropy,
    "SigmoidCrossEntropy": _sigmoid_cross_entropy,
    "SquaredError": _squared_error,
    "AbsoluteError": lambda node, x, y: absolute_difference(x, y),
    "HuberLoss": _huber,
    "EpsilonInsensitiveLoss": _epsilon_insensitive,
    "KLMultinomial": _divergence,
}
"""By NNabla's type of the function."""
