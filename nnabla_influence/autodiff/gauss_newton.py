"""Gauss-Newton products ``G v = J' L'' J v``: one pass forwards along v and one backwards, no double backward.

J is the Jacobian of what the loss compares with the target (logits, predicted values), L'' the loss's Hessian in it,
known in closed form for the usual losses (`output_hessians`). G is positive semi-definite, cheaper than the Hessian
product, and defined for networks with layers that NNabla cannot differentiate twice.

``J v`` comes from the forward mode, and where a layer has no rule for it from a difference of outputs; one backward
pass seeded with ``L'' J v`` then gives the product, from the values that the forward mode has kept or else by NNabla.
Differences make G slightly asymmetric, and rounding does, so whoever iterates on it should reorthogonalise.
"""

from __future__ import annotations

from typing import List, Optional, Sequence

import nnabla as nn
import nnabla.functions as F
import numpy as np

from ..array import Array
from ..errors import UnsupportedError
from ..network.loss_role import CLASS_LABELS, LossRole
from ..remedies import remedy
from .checked_products import EXACT
from .difference_tangents import DIFFERENCE, DifferenceTangents
from .disagreement import disagreement, relative_error
from .forward_tangents import ForwardTangents
from .output_hessians import OUTPUT_HESSIANS
from .output_tangents import OutputTangents
from .parameterized_graph import Batch, EvaluationPoint, ParameterizedGraph

__all__ = ["GaussNewton", "tangents_are_right"]

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
        tangents: Computes ``J v`` by forward mode, known to be right; None: differences do, if the first batch shows
            that they can.
        reason: Why there is no forward mode: a sentence, for the notice.

    Raises:
        UnsupportedError: A loss is of no kind whose Hessian in the prediction is known, or its target is learned too.

    Attributes:
        notice: What the log should say after the first product; empty for the forward mode.
    """

    def __init__(
        self, network: ParameterizedGraph, tangents: Optional[ForwardTangents] = None, reason: str = ""
    ) -> None:
        self.network = network
        less = "Gauss-Newton products take differences of the network's outputs: less accurate"
        self.notice = f"{reason} {less}" if reason else ""
        _check_losses(network)
        self._outputs = [variable for _, variable in network.graph.predictions if variable is not None]
        self._tangents: Optional[OutputTangents] = tangents
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
        self._feed(point, batch)
        if self._tangents is None:
            self._tangents = self._checked_differences(point, batch, direction)
        moving = self._tangents.run(point, batch, direction)
        curvature = self.output_curvature(moving.predictions, moving.tangents)
        return (moving.pull_back or self.pulled_back)(curvature)

    def error(self, tangents: OutputTangents, point: EvaluationPoint, batch: Batch, direction: Array) -> float:
        """Return the error of ``J v`` and of ``J' c``, by NNabla's ``J' c`` for random signs c.

        The first is held against it by ``<c, J v> = <J' c, v>``. The error is relative to their size, and 0 where the
        network itself is not finite.

        Args:
            tangents: What computes both.
            point: Parameters and random layers.
            batch: Columns of B samples.
            direction: v (P,), not zero.
        """
        self._feed(point, batch)
        moving = tangents.run(point, batch, direction)
        random = np.random.RandomState(0)
        products: List[float] = []  # <c, J v>
        expected: List[float] = []  # <J' c, v>
        for _ in range(SIGN_VECTORS):
            signs = [random.choice([-1.0, 1.0], size=tangent.shape) for tangent in moving.tangents]
            gradient = self.pulled_back(signs)
            products.append(sum(float((c * t).sum()) for c, t in zip(signs, moving.tangents)))
            expected.append(float(gradient @ direction))
        error = relative_error(np.array(products), np.array(expected))
        if moving.pull_back is None:
            return error
        return float(np.max([error, relative_error(moving.pull_back(signs), gradient)]))

    def _feed(self, point: EvaluationPoint, batch: Batch) -> None:
        self.network.graph.feed(batch)
        self.network.move_to(point)

    def _checked_differences(self, point: EvaluationPoint, batch: Batch, direction: Array) -> DifferenceTangents:
        differences = DifferenceTangents(self.network)
        error_size = self.error(differences, point, batch, direction)
        if not error_size <= USABLE:  # NaN is not usable either
            shorter = {
                step: self.error(DifferenceTangents(self.network, step), point, batch, direction) for step in SHORTER
            }
            raise UnsupportedError(
                "Gauss-Newton products need differences of the network's output, and these disagree with its gradients "
                f"{disagreement({DIFFERENCE: error_size, **shorter}, USABLE)}.",
                remedy("use-hessian"),
            )
        return differences

    def pulled_back(self, seeds: Sequence[Array]) -> Array:
        """Compute ``J' c`` (P,), float64, for seeds c in the shape of the predictions, by NNabla."""
        for variable, seed in zip(self._seeds, seeds):
            variable.data.data = seed.astype(np.float32)
        self.network.graph.clear_gradients()
        self._scalar.forward(clear_no_need_grad=True)
        self._scalar.backward(clear_buffer=True)
        return self.network.graph.gradient(self.network.space).astype(np.float64)

    def output_curvature(self, predictions: Sequence[Array], tangents: Sequence[Array]) -> List[Array]:
        """Compute ``L'' v`` of every loss, for the batch in the graph."""
        graph = self.network.graph
        return [
            role.weight * _curvature(role, variable, _value(target), z, v)
            for (role, variable), target, z, v in zip(graph.predictions, graph.targets, predictions, tangents)
        ]


def tangents_are_right(tangents: ForwardTangents, point: EvaluationPoint, batch: Batch, direction: Array) -> bool:
    """Whether ``J v`` of a batch by forward mode, and the way back, are what NNabla's gradients give.

    Args:
        tangents: The forward mode.
        point: Parameters, without random layers.
        batch: Columns of B samples.
        direction: v (P,), not zero.
    """
    return GaussNewton(tangents.network).error(tangents, point, batch, direction) <= EXACT


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
