"""Exact scores by forward mode, and Hessian products by central differences.

For networks that NNabla cannot differentiate twice: the forward mode needs no second derivative, so only the Hessian
product is rough. See `ForwardScores` and `DifferenceProducts`.
"""

from __future__ import annotations

from typing import Tuple

from ..array import Array
from .difference_products import DifferenceProducts
from .forward_scores import ForwardScores
from .parameterized_graph import Batch, EvaluationPoint
from .sample_products import SampleProducts

__all__ = ["ForwardAndDifferences"]


class ForwardAndDifferences(SampleProducts):
    """Products by two ways.

    Args:
        forward: Computes the scores.
        differences: Of the same network; computes the Hessian products.
    """

    def __init__(self, forward: ForwardScores, differences: DifferenceProducts) -> None:
        super().__init__(differences.network)
        self._forward = forward
        self._differences = differences

    def run(self, point: EvaluationPoint, batch: Batch, direction: Array) -> Tuple[Array, Array]:
        """See `SampleProducts.run`."""
        return self.scores(point, batch, direction), self._differences.run(point, batch, direction)[1]

    def scores(self, point: EvaluationPoint, batch: Batch, direction: Array) -> Array:
        """See `SampleScores.scores`."""
        return self._forward.scores(point, batch, direction)
