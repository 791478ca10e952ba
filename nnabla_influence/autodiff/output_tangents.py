"""The type *output tangents*: how the predictions of a network move along a direction of its parameters.

``J v`` for a direction v (P,), J the Jacobian of what the losses compare with their targets, is one half of a
Gauss-Newton product. `ForwardTangents` is the exact and fast way, `DifferenceTangents` the one for every layer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Callable, List, NamedTuple, Optional, Sequence

from ..array import Array
from .parameterized_graph import Batch, EvaluationPoint, ParameterizedGraph

__all__ = ["MovingOutputs", "OutputTangents"]


class MovingOutputs(NamedTuple):
    """The predictions of every loss, and how they move.

    Args:
        predictions: z (B, ...) of every loss, float64.
        tangents: ``J v`` in the same shapes, float64.
        pull_back: From seeds c in the same shapes to ``J' c`` (P,), float64; None if NNabla should compute it.
    """

    predictions: List[Array]
    tangents: List[Array]
    pull_back: Optional[Callable[[Sequence[Array]], Array]] = None


class OutputTangents(ABC):
    """Tangents of the predictions of a network built for one batch size.

    Args:
        network: The built network with its parameters.
    """

    def __init__(self, network: ParameterizedGraph) -> None:
        self.network = network
        self.outputs = [variable for _, variable in network.graph.predictions if variable is not None]

    @abstractmethod
    def run(self, point: EvaluationPoint, batch: Batch, direction: Array) -> MovingOutputs:
        """Compute predictions and tangents.

        Args:
            point: Parameters and random layers.
            batch: Columns of B samples.
            direction: v (P,), not zero.
        """
