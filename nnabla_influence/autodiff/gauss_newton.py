"""Gauss-Newton products ``G v = J' L'' J v``: two forward passes and one backward, no double backward.

J is the Jacobian of what the loss compares with the target (logits, predicted values), L'' the loss's Hessian in it,
known in closed form for the usual losses. G is positive semi-definite, cheaper than the Hessian product, and defined
for networks with layers that NNabla cannot differentiate twice.

``J v`` is a central difference of the predictions along v, whose mean also serves as the prediction. Kinks
(ReLU, max pooling) and float32 make it accurate to about 1e-3 and G slightly asymmetric, so whoever iterates on it
should reorthogonalise. Then one backward pass seeded with ``L'' J v`` gives the product.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, Sequence

import nnabla as nn
import nnabla.functions as F
import numpy as np

from ..errors import UnsupportedError
from ..network import Graph
from ..network.roles import CLASS_LABELS, LossRole
from ..parameters import ParameterSpace

# Hessian-vector product of the *sample* loss (a mean over a sample's values) in the prediction:
# (z, target, v) -> L'' v, all of shape (B, ...).
OutputHessian = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def softmax_cross_entropy(z: np.ndarray, target: np.ndarray, v: np.ndarray) -> np.ndarray:
    """``(diag(p) - p p') v`` over axis 1, p the softmax of z; the target does not enter."""
    shifted = np.exp(z - z.max(axis=1, keepdims=True))
    p = shifted / shifted.sum(axis=1, keepdims=True)
    positions = z[0, 0].size  # a sample's loss is the mean over its positions, if it has several
    hessian: np.ndarray = p * (v - (p * v).sum(axis=1, keepdims=True)) / positions
    return hessian


def squared_error(z: np.ndarray, target: np.ndarray, v: np.ndarray) -> np.ndarray:
    """``2 v`` for each value; NNabla's squared error has no factor 1/2."""
    return 2.0 * v / z[0].size


def absolute_error(z: np.ndarray, target: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Zero: the absolute error is piecewise linear."""
    return np.zeros_like(v)


def sigmoid_cross_entropy(z: np.ndarray, target: np.ndarray, v: np.ndarray) -> np.ndarray:
    """``p (1 - p) v`` for each value, p the sigmoid of z."""
    p = (1.0 + np.tanh(z / 2)) / 2  # 1 / (1 + exp(-z)) without overflow
    return p * (1.0 - p) * v / z[0].size


def binary_cross_entropy(z: np.ndarray, target: np.ndarray, v: np.ndarray) -> np.ndarray:
    """``(t / z^2 + (1 - t) / (1 - z)^2) v`` for each probability z."""
    safe = np.clip(z, 1e-6, 1 - 1e-6)
    return (target / safe**2 + (1.0 - target) / (1.0 - safe) ** 2) * v / z[0].size


def categorical_cross_entropy(z: np.ndarray, target: np.ndarray, v: np.ndarray) -> np.ndarray:
    """``v_t / z_t^2`` at the target's class t, zero elsewhere; z are probabilities along axis 1."""
    index = target.astype(np.int64)
    chosen = np.maximum(np.take_along_axis(z, index, axis=1), 1e-6)
    hessian = np.zeros_like(v)
    np.put_along_axis(hessian, index, np.take_along_axis(v, index, axis=1) / chosen**2, axis=1)
    return hessian / index[0].size


OUTPUT_HESSIANS: Dict[str, OutputHessian] = {
    "SoftmaxCrossEntropy": softmax_cross_entropy,
    "SquaredError": squared_error,
    "AbsoluteError": absolute_error,
    "SigmoidCrossEntropy": sigmoid_cross_entropy,
    "BinaryCrossEntropy": binary_cross_entropy,
    "CategoricalCrossEntropy": categorical_cross_entropy,
}


class GaussNewtonGraph:
    """Predictions and one seeded backward pass of a built network.

    Args:
        graph: A network built for scoring.
        space: The trainable parameters.

    Raises:
        UnsupportedError: A loss is of no kind whose Hessian in the prediction is known, or its target is computed.
    """

    def __init__(self, graph: Graph, space: ParameterSpace) -> None:
        self.graph, self.space = graph, space
        for role, variable in graph.predictions:
            if role.function not in OUTPUT_HESSIANS or variable is None or role.target is None:
                raise UnsupportedError(
                    f"Loss '{role.variable}' ({role.function}) has no known Hessian in its prediction, so there is no "
                    f"Gauss-Newton product; known are {', '.join(OUTPUT_HESSIANS)}. Use --curvature hessian."
                )
        self._outputs = [variable for _, variable in graph.predictions if variable is not None]
        for variable in self._outputs:
            variable.persistent = True
        self._seeds = [nn.Variable(variable.shape) for variable in self._outputs]
        terms = [F.sum(variable * seed) for variable, seed in zip(self._outputs, self._seeds)]
        self._scalar = F.add_n(*terms) if len(terms) > 1 else terms[0]

    def predictions(self) -> List[np.ndarray]:
        """The predictions (B, ...) of every loss at the current parameters, in double precision."""
        self._scalar.forward(clear_buffer=True)
        return [variable.d.astype(np.float64) for variable in self._outputs]

    def pulled_back(self, seeds: Sequence[np.ndarray]) -> np.ndarray:
        """``J' c`` (P,) for seeds c in the shape of the predictions."""
        for variable, seed in zip(self._seeds, seeds):
            variable.data.data = seed.astype(np.float32)
        self.graph.clear_gradients()
        self._scalar.forward(clear_no_need_grad=True)
        self._scalar.backward(clear_buffer=True)
        return self.graph.gradient(self.space)

    def output_curvature(
        self, batch: Mapping[str, np.ndarray], predictions: Sequence[np.ndarray], tangents: Sequence[np.ndarray]
    ) -> List[np.ndarray]:
        """``L'' v`` of every loss."""
        return [
            _curvature(role, variable, batch[str(role.target)], z, v)
            for (role, variable), z, v in zip(self.graph.predictions, predictions, tangents)
        ]


def _curvature(role: LossRole, prediction: Any, target: np.ndarray, z: np.ndarray, v: np.ndarray) -> np.ndarray:
    hessian = OUTPUT_HESSIANS[role.function]
    if role.function not in CLASS_LABELS:
        return hessian(z, target.reshape(z.shape), v)
    # Class numbers have one entry where the prediction has the classes: NNabla's default is the last axis.
    axis = next(f.info.args["axis"] for f in prediction.function_references if f.info.type_name == role.function)
    labels = target.reshape(*z.shape[:axis], 1, *z.shape[axis + 1 :])
    z, labels, v = (np.moveaxis(array, axis, 1) for array in (z, labels, v))
    return np.moveaxis(hessian(z, labels, v), 1, axis)
