"""The type *sample products*: what a batch's gradients and Hessians do to a direction, however they are computed.

For a direction u (P,), ``<grad l_i, u>`` of every sample of a batch is what influence scores are made of, and
``sum_i H_i u`` is what carries u back across the batch's step. `ForwardOverReverse` is our own pass there and back,
`ExactProducts` lets NNabla differentiate the network twice, `DifferenceProducts` takes central differences where NNabla
cannot, `ForwardAndDifferences` does that for the Hessian product alone; `checked_products` chooses.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Tuple

from ..array import Array
from .parameterized_graph import Batch, EvaluationPoint
from .sample_scores import SampleScores

__all__ = ["SampleProducts"]


class SampleProducts(SampleScores):
    """Products of a network built for one batch size.

    Args:
        network: The built network with its parameters.
    """

    def scores(self, point: EvaluationPoint, batch: Batch, direction: Array) -> Array:
        """See `SampleScores.scores`."""
        return self.run(point, batch, direction)[0]

    @abstractmethod
    def run(self, point: EvaluationPoint, batch: Batch, direction: Array) -> Tuple[Array, Array]:
        """Compute both products.

        Args:
            point: Parameters and random layers.
            batch: Columns of B samples.
            direction: u (P,).

        Returns:
            ``<grad l_i, u>`` (B,) and ``sum_i H_i u`` (P,), both float64.
        """
