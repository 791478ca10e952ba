"""``J v`` by forward mode: exact, from one pass over the network; see `tangent.TangentPass`."""

from __future__ import annotations

from ..array import Array
from .output_tangents import MovingOutputs, OutputTangents
from .parameterized_graph import Batch, EvaluationPoint, ParameterizedGraph
from .tangent import TangentPass

__all__ = ["ForwardTangents"]


class ForwardTangents(OutputTangents):
    """Tangents by the rules of calculus.

    Args:
        network: The built network with its parameters, without random layers.

    Raises:
        UnsupportedError: A layer has no rule; it is named.
    """

    def __init__(self, network: ParameterizedGraph) -> None:
        super().__init__(network)
        self._pass = TangentPass(network.graph, self.outputs, network.space)

    def run(self, point: EvaluationPoint, batch: Batch, direction: Array) -> MovingOutputs:
        """See `OutputTangents.run`."""
        predictions, tangents = zip(*self._pass.run(point.theta, batch, direction))
        return MovingOutputs(list(predictions), list(tangents))
