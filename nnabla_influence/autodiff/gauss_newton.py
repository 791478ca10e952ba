"""Gauss-Newton products ``G v = J' L'' J v``: two forward passes and one backward, no double backward.

J is the Jacobian of what the loss compares with the target (logits, predicted values), L'' the loss's Hessian in it,
known in closed form for the usual losses. G is positive semi-definite, cheaper than the Hessian product, and defined
for networks with layers that NNabla cannot differentiate twice.

``J v`` is a central difference of the predictions along v, whose mean also serves as the prediction; one backward pass
seeded with ``L'' J v`` then gives the product. Kinks (ReLU, max pooling) and float32 make G slightly asymmetric, so
whoever iterates on it should reorthogonalise. A large step crosses kinks and sees curvature, a small one drowns in
float32. Relative error of ``G v`` against double backward, by the step's length relative to that of the parameters:

=====================================================  =====  =====  =====  =====  =====
network, direction v                                   1e-2   1e-3   3e-4   1e-4   1e-5
=====================================================  =====  =====  =====  =====  =====
15 small networks of the tests, random v, the worst    .021   .0076  .0004  .0019  .033
builtin:mlp on digits (ReLU), loss gradient            .0060  .0017  .0012  .0001  .0002
builtin:cnn on digits (ReLU, max pooling), random v    .0067  .0005  .0003  .0012  .0044
builtin:cifarnet (batch norm), loss gradient           .081   .0057  .0029  .0019  .0013
builtin:cifarnet, random v                             .044   .016   .025   .055   .091
=====================================================  =====  =====  =====  =====  =====

3e-4 is the one that stays within 1e-2 for smooth networks, 3e-2 with batch normalisation, and 3e-3 in all directions
that matter here: gradients, and products of G with them.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Sequence

import nnabla as nn
import nnabla.functions as F
import numpy as np

from ..errors import UnsupportedError
from ..network import Graph
from ..network.loss_role import CLASS_LABELS, LossRole
from ..parameters import ParameterSpace

# Random sign vectors a first ``J v`` is checked with, and the relative error beyond which it is no use.
PROBES, USABLE = 4, 0.2

# Hessian-vector product of the *sample* loss (a mean over a sample's values) in the prediction:
# (z, target, v) -> L'' v, all of shape (B, ...).
OutputHessian = Callable[..., np.ndarray]


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


def huber_loss(z: np.ndarray, target: np.ndarray, v: np.ndarray, delta: float = 1.0) -> np.ndarray:
    """``2 v`` for each value within delta of its target, zero beyond, where the loss is linear."""
    hessian: np.ndarray = 2.0 * v * (np.abs(z - target) < delta) / z[0].size
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


class GaussNewtonGraph:
    """Predictions and one seeded backward pass of a built network.

    Args:
        graph: A network built for scoring.
        space: The trainable parameters.

    Raises:
        UnsupportedError: A loss is of no kind whose Hessian in the prediction is known, or its target is learned too.
    """

    def __init__(self, graph: Graph, space: ParameterSpace) -> None:
        self.graph, self.space = graph, space
        for (role, variable), target in zip(graph.predictions, graph.targets):
            if role.function not in OUTPUT_HESSIANS or variable is None:
                raise UnsupportedError(
                    f"Loss '{role.variable}' ({role.function}) has no known Hessian in its prediction, so there is no "
                    f"Gauss-Newton product; known are {', '.join(OUTPUT_HESSIANS)}. Use --curvature hessian."
                )
            if target is None:
                raise UnsupportedError(
                    f"Loss '{role.variable}' ({role.function}) compares two variables that both depend on parameters, "
                    "so there is no Gauss-Newton product. Use --curvature hessian."
                )
        self._outputs = [variable for _, variable in graph.predictions if variable is not None]
        for variable in self._outputs:
            variable.persistent = True
        self._checked = False
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

    def check_tangents(self, tangents: Sequence[np.ndarray], direction: np.ndarray) -> None:
        """Holds ``J v`` of a first direction v (P,) against ``<c, J v> = <J' c, v>`` for random signs c.

        Raises:
            UnsupportedError: They disagree: a difference of outputs says nothing about this network's gradients.
        """
        if self._checked:
            return
        random = np.random.RandomState(0)
        found, expected = [], []
        for _ in range(PROBES):
            signs = [random.choice([-1.0, 1.0], size=tangent.shape) for tangent in tangents]
            found.append(sum(float((c * t).sum()) for c, t in zip(signs, tangents)))
            expected.append(float(self.pulled_back(signs) @ direction))
        error = float(np.linalg.norm(np.subtract(found, expected))) / (float(np.linalg.norm(expected)) or 1.0)
        if error > USABLE:
            raise UnsupportedError(
                "Gauss-Newton products need differences of the network's output, and these disagree with its gradients "
                f"by {100 * error:.0f} %: it probably has layers that round or sort (quantised or binary ones). "
                "Use --curvature hessian."
            )
        self._checked = True

    def output_curvature(self, predictions: Sequence[np.ndarray], tangents: Sequence[np.ndarray]) -> List[np.ndarray]:
        """``L'' v`` of every loss, for the batch in the graph."""
        return [
            role.weight * _curvature(role, variable, _value(target), z, v)
            for (role, variable), target, z, v in zip(self.graph.predictions, self.graph.targets, predictions, tangents)
        ]


def _value(target: Any) -> np.ndarray:
    """A target may be computed from a column, as one-hot labels are."""
    if target.parent is not None:
        target.forward()
    value: np.ndarray = target.d.copy()
    return value


def _curvature(role: LossRole, prediction: Any, target: np.ndarray, z: np.ndarray, v: np.ndarray) -> np.ndarray:
    hessian = OUTPUT_HESSIANS[role.function]
    used = next(f.info.args for f in prediction.function_references if f.info.type_name == role.function)
    if role.function not in CLASS_LABELS:
        known = {"delta": used["delta"]} if "delta" in used else {}
        return hessian(z, np.broadcast_to(target, z.shape), v, **known)
    # Class numbers have one entry where the prediction has the classes: NNabla's default is the last axis.
    axis = used["axis"]
    labels = target.reshape(*z.shape[:axis], 1, *z.shape[axis + 1 :])
    z, labels, v = (np.moveaxis(array, axis, 1) for array in (z, labels, v))
    return np.moveaxis(hessian(z, labels, v), 1, axis)
