"""The type *sample scores*: what a batch's gradients do to a direction, however it is computed.

``<grad l_i, u>`` of every sample i for a direction u (P,) is what influence scores are made of where no Hessian is
asked for: at fixed parameters, with one direction for all batches. `ForwardScores` is the fast way; every way to
compute `SampleProducts` gives scores too. `checked_derivatives` chooses.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from ..array import Array
from .parameterized_graph import Batch, EvaluationPoint, ParameterizedGraph

__all__ = ["SampleScores"]


class SampleScores(ABC):
    """Scores of a network built for one batch size.

    Args:
        network: The built network with its parameters.
    """

    def __init__(self, network: ParameterizedGraph) -> None:
        self.network = network

    @abstractmethod
    def scores(self, point: EvaluationPoint, batch: Batch, direction: Array) -> Array:
        """Compute the scores.

        Args:
            point: Parameters and random layers.
            batch: Columns of B samples.
            direction: u (P,).

        Returns:
            ``<grad l_i, u>`` (B,), float64.
        """
