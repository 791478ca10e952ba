"""Scores and Hessian product by our own pass: forwards with tangents, and back with the cotangents' tangents.

The pass forwards gives the tangents ``<grad l_i, u>`` of the losses (`tangent.TangentPass`). The way back computes the
gradient of ``sum_i l_i``; carried along with the tangents it gives that gradient's tangent, ``sum_i H_i u``
(`pull.PullBack.moved`; Pearlmutter, *Fast exact multiplication by the Hessian*, 1994). Random layers draw what training
drew with the same seed.
"""

from __future__ import annotations

from typing import Tuple

import numpy as np
from numpy.typing import DTypeLike

from ..array import Array
from .parameterized_graph import Batch, EvaluationPoint, ParameterizedGraph
from .pull import PullBack
from .sample_products import SampleProducts
from .tangent import TangentPass, Tape

__all__ = ["ForwardOverReverse"]


class ForwardOverReverse(SampleProducts):
    """Products by our own pass.

    Args:
        network: The built network with its parameters.
        precision: Of the arithmetic.

    Raises:
        UnsupportedError: A layer has no rule or no way back; it is named.
    """

    def __init__(self, network: ParameterizedGraph, precision: DTypeLike = np.float32) -> None:
        super().__init__(network)
        graph = network.graph
        self._pass = TangentPass(graph, [graph.sample_losses], network.space, network.buffers, precision)
        self._back = PullBack(self._pass)

    def run(self, point: EvaluationPoint, batch: Batch, direction: Array) -> Tuple[Array, Array]:
        """See `SampleProducts.run`."""
        # As the pass forwards does, so that float32 can say how long the direction is.
        length = float(np.linalg.norm(direction)) or 1.0
        self.network.start_layers(point)
        tape = Tape(moving=True)
        ((losses, tangents),) = self._pass.run(point.theta, batch, direction / length, tape)
        return length * tangents[:, 0], length * self._back.moved(tape, [np.ones_like(losses)])

    def gradient(self, point: EvaluationPoint, batch: Batch, weights: Array) -> Array:
        """Compute the gradient (P,), float64, of ``sum_i weights_i l_i`` for weights (B,)."""
        self.network.start_layers(point)
        tape = Tape()
        self._pass.values(point.theta, batch, tape)
        return self._back.run(tape, [weights[:, None]])
