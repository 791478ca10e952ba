"""Gauss-Newton products ``G v = J' L'' J v``: two forward passes and one backward, no double backward.

J is the Jacobian of what the loss compares with the target (logits, predicted values), L'' the loss's Hessian in it,
known in closed form for the usual losses (`output_hessians`). G is positive semi-definite, cheaper than the Hessian
product, and defined for networks with layers that NNabla cannot differentiate twice.

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

from typing import List, Sequence, Tuple

import nnabla as nn
import nnabla.functions as F
import numpy as np

from ..array import Array
from ..errors import UnsupportedError
from ..network.loss_role import CLASS_LABELS, LossRole
from ..remedies import remedy
from .disagreement import disagreement
from .output_hessians import OUTPUT_HESSIANS
from .parameterized_graph import Batch, EvaluationPoint, ParameterizedGraph

__all__ = ["GaussNewton"]

# Step of central differences, relative to the length of the parameters; see the table above.
DIFFERENCE = 3e-4
# Steps that tell why a difference is no use.
SHORTER = (1e-5, 1e-6)
# Random sign vectors a first ``J v`` is checked with.
SIGN_VECTORS = 4
# Relative error beyond which ``J v`` is no use.
USABLE = 0.2


class GaussNewton:
    """Gauss-Newton products of a network built for one batch size.

    Args:
        network: The built network with its parameters.

    Raises:
        UnsupportedError: A loss is of no kind whose Hessian in the prediction is known, or its target is learned too.
    """

    def __init__(self, network: ParameterizedGraph) -> None:
        self.network = network
        _check_losses(network)
        self._outputs = [variable for _, variable in network.graph.predictions if variable is not None]
        for variable in self._outputs:
            variable.persistent = True  # else a forward pass clears them
        self._checked = False
        # The scalar ``<c, output>`` for seeds c: its gradient is J' c.
        self._seeds = [nn.Variable(variable.shape) for variable in self._outputs]
        terms = [F.sum(variable * seed) for variable, seed in zip(self._outputs, self._seeds)]
        self._scalar = F.add_n(*terms) if len(terms) > 1 else terms[0]

    def run(self, point: EvaluationPoint, batch: Batch, direction: Array) -> Array:
        """Compute ``sum_i G_i v`` (P,), float64.

        Args:
            point: Parameters and random layers.
            batch: Columns of B samples.
            direction: v (P,), not zero.

        Raises:
            UnsupportedError: Differences of the network's outputs say nothing about its gradients.
        """
        self.network.graph.feed(batch)
        tangents, middle = self._moved(point, direction, DIFFERENCE)
        self.check_tangents(tangents, point, direction)
        return self.pulled_back(self.output_curvature(middle, tangents)).astype(np.float64)

    def _moved(self, point: EvaluationPoint, direction: Array, relative: float) -> Tuple[List[Array], List[Array]]:
        """Return ``J v`` by a difference, and the predictions; the network is left at its point.

        Args:
            point: Parameters and random layers.
            direction: v (P,).
            relative: The step relative to the length of the parameters, because that is what float32 resolves.
        """
        length = float(np.linalg.norm(direction))  # |v|
        step = relative * max(float(np.linalg.norm(point.theta)), 1.0)
        shift = (step / length) * direction
        ends = []
        for end in (point.shifted(shift), point.shifted(-shift)):
            self.network.move_to(end)
            ends.append(self.predictions())
        self.network.move_to(point)
        tangents = [(a - b) * (length / (2 * step)) for a, b in zip(*ends)]  # J v
        return tangents, [(a + b) / 2 for a, b in zip(*ends)]  # z

    def predictions(self) -> List[Array]:
        """Compute the predictions (B, ...) of every loss at the current parameters, in double precision."""
        self._scalar.forward(clear_buffer=True)
        return [variable.d.astype(np.float64) for variable in self._outputs]

    def pulled_back(self, seeds: Sequence[Array]) -> Array:
        """Compute ``J' c`` (P,) for seeds c in the shape of the predictions."""
        for variable, seed in zip(self._seeds, seeds):
            variable.data.data = seed.astype(np.float32)
        self.network.graph.clear_gradients()
        self._scalar.forward(clear_no_need_grad=True)
        self._scalar.backward(clear_buffer=True)
        return self.network.graph.gradient(self.network.space)

    def check_tangents(self, tangents: Sequence[Array], point: EvaluationPoint, direction: Array) -> None:
        """Hold ``J v`` of a first direction v (P,) against the gradients, see `_error`.

        Raises:
            UnsupportedError: They disagree: a difference of outputs says nothing about this network's gradients.
        """
        if self._checked:
            return
        error = self._error(tangents, direction)
        if error > USABLE:
            shorter = {step: self._error(self._moved(point, direction, step)[0], direction) for step in SHORTER}
            raise UnsupportedError(
                "Gauss-Newton products need differences of the network's output, and these disagree with its gradients "
                f"{disagreement({DIFFERENCE: error, **shorter}, USABLE)}.",
                remedy("use-hessian"),
            )
        self._checked = True

    def _error(self, tangents: Sequence[Array], direction: Array) -> float:
        """Return the relative error of ``J v`` by ``<c, J v> = <J' c, v>`` for random signs c."""
        random = np.random.RandomState(0)
        products: List[float] = []  # <c, J v>
        expected: List[float] = []  # <J' c, v>
        for _ in range(SIGN_VECTORS):
            signs = [random.choice([-1.0, 1.0], size=tangent.shape) for tangent in tangents]
            products.append(sum(float((c * t).sum()) for c, t in zip(signs, tangents)))
            expected.append(float(self.pulled_back(signs) @ direction))
        return float(np.linalg.norm(np.subtract(products, expected))) / (float(np.linalg.norm(expected)) or 1.0)

    def output_curvature(self, predictions: Sequence[Array], tangents: Sequence[Array]) -> List[Array]:
        """Compute ``L'' v`` of every loss, for the batch in the graph."""
        graph = self.network.graph
        return [
            role.weight * _curvature(role, variable, _value(target), z, v)
            for (role, variable), target, z, v in zip(graph.predictions, graph.targets, predictions, tangents)
        ]


def _check_losses(network: ParameterizedGraph) -> None:
    """Refuse a loss whose Hessian in its prediction is not known, by name."""
    for (role, variable), target in zip(network.graph.predictions, network.graph.targets):
        if role.function not in OUTPUT_HESSIANS or variable is None:
            raise UnsupportedError(
                f"Loss '{role.variable}' ({role.function}) has no known Hessian in its prediction, so there is no "
                f"Gauss-Newton product; known are {', '.join(OUTPUT_HESSIANS)}.",
                remedy("use-hessian"),
            )
        if target is None:
            raise UnsupportedError(
                f"Loss '{role.variable}' ({role.function}) compares two variables that both depend on parameters, "
                "so there is no Gauss-Newton product.",
                remedy("use-hessian"),
            )


def _value(target: nn.Variable) -> Array:
    """Return the target's values; a target may be computed from a column, as one-hot labels are."""
    if target.parent is not None:
        target.forward()
    value: Array = target.d.copy()
    return value


def _curvature(role: LossRole, prediction: nn.Variable, target: Array, z: Array, v: Array) -> Array:
    """Compute ``L'' v`` (B, ...) of one loss, without its weight."""
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
