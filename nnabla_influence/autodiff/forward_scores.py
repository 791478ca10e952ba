"""Scores of a batch by forward mode: the tangents of the samples' losses along the direction, in one pass.

Exact, and a third of the price of a training step; see `tangent.TangentPass`. It gives no Hessian product.
"""

from __future__ import annotations

from typing import Tuple

from ..array import Array
from .loss_values import Values, as_values, outputs_of
from .parameterized_graph import Batch, EvaluationPoint, ParameterizedGraph
from .sample_scores import SampleScores
from .tangent import TangentPass

__all__ = ["ForwardScores"]


class ForwardScores(SampleScores):
    """Scores by the tangents of the losses.

    Args:
        network: The built network with its parameters.

    Raises:
        UnsupportedError: A layer has no rule; it is named.
    """

    def __init__(self, network: ParameterizedGraph) -> None:
        super().__init__(network)
        self._pass = TangentPass(network.graph, outputs_of(network.graph), network.space, network.buffers)

    def scores(self, point: EvaluationPoint, batch: Batch, direction: Array) -> Array:
        """See `SampleScores.scores`."""
        return self.with_values(point, batch, direction)[0]

    def with_values(self, point: EvaluationPoint, batch: Batch, direction: Array) -> Tuple[Array, Values]:
        """Compute the scores, and what the pass comes by: losses and predictions."""
        self.network.start_layers(point)
        values, tangents = zip(*self._pass.run(point.theta, batch, direction))
        return tangents[0][:, 0], as_values(values)
