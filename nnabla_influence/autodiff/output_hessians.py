"""Hessians of the usual losses in the network's output, in closed form.

A sample's loss is the mean over its values, so each function here is the Hessian-vector product ``L'' v`` of one term,
divided by the number of values. Batches are (B, ...) arrays in double precision; nothing of NNabla is needed.
"""

from __future__ import annotations

from typing import Callable, Dict

import numpy as np

from ..array import Array

__all__ = ["OUTPUT_HESSIANS", "OutputHessian"]

OutputHessian = Callable[..., Array]
"""Hessian-vector product of the *sample* loss in the prediction: (z, target, v) -> L'' v, all of shape (B, ...)."""


def softmax_cross_entropy(z: Array, target: Array, v: Array) -> Array:
    """Return ``(diag(p) - p p') v`` over axis 1, p the softmax of z; the target does not enter."""
    shifted = np.exp(z - z.max(axis=1, keepdims=True))
    p = shifted / shifted.sum(axis=1, keepdims=True)
    positions = z[0, 0].size  # a sample's loss is the mean over its positions, if it has several
    hessian: Array = p * (v - (p * v).sum(axis=1, keepdims=True)) / positions
    return hessian


def squared_error(z: Array, target: Array, v: Array) -> Array:
    """Return ``2 v`` for each value; NNabla's squared error has no factor 1/2."""
    hessian: Array = 2.0 * v / z[0].size
    return hessian


def absolute_error(z: Array, target: Array, v: Array) -> Array:
    """Return zero: the absolute error is piecewise linear."""
    return np.zeros_like(v)


def sigmoid_cross_entropy(z: Array, target: Array, v: Array) -> Array:
    """Return ``p (1 - p) v`` for each value, p the sigmoid of z."""
    p = (1.0 + np.tanh(z / 2)) / 2  # 1 / (1 + exp(-z)) without overflow
    hessian: Array = p * (1.0 - p) * v / z[0].size
    return hessian


def binary_cross_entropy(z: Array, target: Array, v: Array) -> Array:
    """Return ``(t / z^2 + (1 - t) / (1 - z)^2) v`` for each probability z."""
    safe = np.clip(z, 1e-6, 1 - 1e-6)  # a certain and wrong prediction must stay finite
    hessian: Array = (target / safe**2 + (1.0 - target) / (1.0 - safe) ** 2) * v / z[0].size
    return hessian


def categorical_cross_entropy(z: Array, target: Array, v: Array) -> Array:
    """Return ``v_t / z_t^2`` at the target's class t, zero elsewhere; z are probabilities along axis 1."""
    index = target.astype(np.int64)
    chosen = np.maximum(np.take_along_axis(z, index, axis=1), 1e-6)
    hessian: Array = np.zeros_like(v)
    np.put_along_axis(hessian, index, np.take_along_axis(v, index, axis=1) / chosen**2, axis=1)
    hessian /= index[0].size
    return hessian


def huber_loss(z: Array, target: Array, v: Array, delta: float = 1.0) -> Array:
    """Return ``2 v`` for each value within delta of its target, zero beyond, where the loss is linear."""
    hessian: Array = 2.0 * v * (np.abs(z - target) < delta) / z[0].size
    return hessian


OUTPUT_HESSIANS: Dict[str, OutputHessian] = {
    "SoftmaxCrossEntropy": softmax_cross_entropy,
    "SquaredError": squared_error,
    "AbsoluteError": absolute_error,
    "EpsilonInsensitiveLoss": absolute_error,  # piecewise linear too
    "HuberLoss": huber_loss,
    "SigmoidCrossEntropy": sigmoid_cross_entropy,
    "BinaryCrossEntropy": binary_cross_entropy,
    "CategoricalCrossEntropy": categorical_cross_entropy,
}
