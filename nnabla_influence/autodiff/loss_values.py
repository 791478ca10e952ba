"""Losses and predictions of samples: the pass forwards of `tangent.TangentPass` without tangents, or NNabla's.

The first takes a third of the time. It is used where every layer has a rule and the losses of a first batch are
NNabla's; on another device than the CPU it is not.
"""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple

import nnabla as nn
import numpy as np

from ..array import Array
from ..network import Graph, Purpose
from ..network.graph import check_batch
from .first_batch import FirstBatch, first_rows
from .graph_cache import GraphCache
from .parameterized_graph import Batch, batch_size
from .tangent import TangentPass

__all__ = ["LossValues", "Values", "as_values", "outputs_of"]

# Relative difference of losses in float32 by two orders of summation; a rule that is wrong is far off.
SAME = 1e-3

Values = Tuple[Array, Optional[Array]]
"""Losses (B,), float64, and predictions (B, ...), float32, None if the first loss is of no known kind."""


class LossValues:
    """Losses and predictions of a network.

    Args:
        graphs: The network's graphs.
        purpose: What they are built for.
        forward: Whether to try our own pass, which computes on the CPU.
    """

    def __init__(self, graphs: GraphCache, purpose: Purpose, forward: bool = True) -> None:
        self._graphs = graphs
        self._purpose = purpose
        self._forward = forward
        self._passes: FirstBatch[TangentPass] = FirstBatch()

    def run(self, theta: Array, batch: Batch, validation: bool) -> Values:
        """Compute the values of a batch.

        Args:
            theta: Parameters (P,).
            batch: Columns of B samples.
            validation: Whether on the validation network.
        """
        graph, forwards = self._graph_and_pass(theta, batch, validation)
        return self._by_nnabla(graph, theta, batch) if forwards is None else self._by_us(forwards, theta, batch)

    def by_forward(self, theta: Array, batch: Batch) -> bool:
        """Tell whether our own pass computes what NNabla does on the training network, see `run`."""
        return self._graph_and_pass(theta, batch, validation=False)[1] is not None

    def _graph_and_pass(self, theta: Array, batch: Batch, validation: bool) -> Tuple[Graph, Optional[TangentPass]]:
        size = batch_size(batch)
        graph = self._graph(size, validation)
        check_batch(batch, graph)
        if not self._forward:
            return graph, None

        def make(rows: int) -> TangentPass:
            """Make the pass for batches of a size."""
            built = self._graph(rows, validation)
            return TangentPass(built, outputs_of(built), self._graphs.space, self._graphs.buffers)

        def is_right(forwards: TangentPass, rows: int) -> bool:
            """Whether it gives NNabla's losses."""
            part = first_rows(batch, rows)
            losses = self._by_us(forwards, theta, part)[0]
            expected = self._by_nnabla(self._graph(rows, validation), theta, part)[0]
            return np.allclose(losses, expected, rtol=0, atol=SAME * np.abs(expected).max(), equal_nan=True)

        return graph, self._passes.of(size, validation, make, is_right)

    def _graph(self, size: int, validation: bool) -> Graph:
        return self._graphs.graph(size, self._purpose, validation)

    def _by_us(self, forwards: TangentPass, theta: Array, batch: Batch) -> Values:
        self._graphs.start_layers()
        return as_values(forwards.values(theta, batch))

    def _by_nnabla(self, graph: Graph, theta: Array, batch: Batch) -> Values:
        self._graphs.move_to(theta)
        graph.feed(batch)
        graph.keep_predictions()
        graph.sample_losses.forward(clear_buffer=True)
        known = graph.predictions[0][1] is not None
        return graph.sample_losses.d[:, 0].astype(np.float64), graph.prediction_values() if known else None


def outputs_of(graph: Graph) -> List[nn.Variable]:
    """Return what a pass computes: the losses, and the prediction where there is one."""
    prediction = graph.predictions[0][1]
    return [graph.sample_losses] if prediction is None else [graph.sample_losses, prediction]


def as_values(outputs: Sequence[Array]) -> Values:
    """Return the values of `outputs_of` as losses and predictions."""
    losses, *predictions = outputs
    return losses[:, 0], predictions[0].astype(np.float32) if predictions else None
