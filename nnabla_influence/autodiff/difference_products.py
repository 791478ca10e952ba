"""Scores and Hessian product by central differences: the last resort.

Along the unit vector of a direction u, with step e,

    <grad l_i, u> = |u| (l_i(theta + e u/|u|) - l_i(theta - e u/|u|)) / 2e      and
    H u           = |u| (g(theta + e u/|u|)   - g(theta - e u/|u|))   / 2e,

two forward passes for the scores of a whole batch, two gradients for the Hessian product. It needs no second derivative
(NNabla lacks those of recurrent layers, spectral normalisation and others). Kinks (ReLU, max pooling) make the choice
of e delicate: scores come out well, Hessian products of such networks are rough. Layers that round are beyond it: their
gradient is a convention that no difference of outputs knows. `GradientCheck` tells how far the scores are right.
"""

from __future__ import annotations

from typing import List, Tuple

import numpy as np

from ..array import Array
from .gradient_check import GradientCheck
from .parameterized_graph import Batch, EvaluationPoint, ParameterizedGraph
from .sample_products import SampleProducts

__all__ = ["STEPS", "DifferenceProducts"]

STEPS = (1e-3, 2.5e-4, 6e-5, 1.5e-5)
"""Steps to choose from, relative to the length of the parameters; float32 resolves about 1e-7."""


class DifferenceProducts(SampleProducts):
    """Products by central differences along the direction.

    Args:
        network: The built network with its parameters.
        step: The step e, relative to the length of the parameters.
    """

    def __init__(self, network: ParameterizedGraph, step: float = STEPS[0]) -> None:
        super().__init__(network)
        self.step = step

    @classmethod
    def most_accurate(
        cls, network: ParameterizedGraph, point: EvaluationPoint, batch: Batch, direction: Array, check: GradientCheck
    ) -> Tuple[DifferenceProducts, float]:
        """Choose the step by the accuracy of a first batch's scores.

        Args:
            network: The built network with its parameters.
            point: Where the check was made.
            batch: Columns of B samples.
            direction: u (P,).
            check: Of the same batch and direction.

        Returns:
            Products of the best step, and the relative error of their scores.
        """
        candidates = [cls(network, step) for step in STEPS]
        errors = [check.error(products.scores(point, batch, direction)) for products in candidates]
        best = min(range(len(STEPS)), key=errors.__getitem__)
        return candidates[best], errors[best]

    def run(self, point: EvaluationPoint, batch: Batch, direction: Array) -> Tuple[Array, Array]:
        """See `SampleProducts.run`."""
        self.network.graph.feed(batch)
        losses: List[Array] = []
        gradients: List[Array] = []
        for end in self._ends(point, direction):
            self.network.move_to(end)
            losses.append(self.network.losses())
            gradients.append(self.network.gradient(np.ones(len(losses[-1]))))
        return self._quotient(losses, point, direction), self._quotient(gradients, point, direction)

    def scores(self, point: EvaluationPoint, batch: Batch, direction: Array) -> Array:
        """Compute ``<grad l_i, u>`` (B,) alone, at half the price."""
        self.network.graph.feed(batch)
        losses: List[Array] = []
        for end in self._ends(point, direction):
            self.network.move_to(end)
            losses.append(self.network.losses())
        return self._quotient(losses, point, direction)

    def _ends(self, point: EvaluationPoint, direction: Array) -> Tuple[EvaluationPoint, EvaluationPoint]:
        """Return the points ``theta + e u/|u|`` and ``theta - e u/|u|``; the random layers draw the same at both."""
        length = float(np.linalg.norm(direction))  # |u|
        shift = direction * (self._length(point) / length) if length else np.zeros_like(direction)
        return point.shifted(shift), point.shifted(-shift)

    def _quotient(self, ends: List[Array], point: EvaluationPoint, direction: Array) -> Array:
        length = float(np.linalg.norm(direction))  # |u|
        quotient: Array = (ends[0] - ends[1]) * (length / (2 * self._length(point)))
        return quotient

    def _length(self, point: EvaluationPoint) -> float:
        """Return e: the step times the length of the parameters."""
        return self.step * max(float(np.linalg.norm(point.theta)), 1.0)
