"""Scores of a batch by forward mode: the tangents of the samples' losses along the direction, in one pass.

Exact, and a third of the price of a training step; see `tangent.TangentPass`. It gives no Hessian product.
"""

from __future__ import annotations

from ..array import Array
from .parameterized_graph import Batch, EvaluationPoint, ParameterizedGraph
from .sample_scores import SampleScores
from .tangent import TangentPass

__all__ = ["ForwardScores"]


class ForwardScores(SampleScores):
    """Scores by the tangents of the losses.

    Args:
        network: The built network with its parameters, without random layers.

    Raises:
        UnsupportedError: A layer has no rule; it is named.
    """

    def __init__(self, network: ParameterizedGraph) -> None:
        super().__init__(network)
        self._losses = TangentPass(network.graph, [network.graph.sample_losses], network.space, network.buffers)

    def scores(self, point: EvaluationPoint, batch: Batch, direction: Array) -> Array:
        """See `SampleScores.scores`."""
        ((_, tangents),) = self._losses.run(point.theta, batch, direction)
        return tangents[:, 0]
