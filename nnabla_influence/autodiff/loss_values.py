"""Losses and predictions of samples: the pass forwards of `tangent.TangentPass` without tangents, or NNabla's.

The first takes a third of the time. It is used where every layer has a rule and the losses of a first batch are
NNabla's; on another device than the CPU it is not. The first batch decides for batches of other sizes too: the layers
are the same.
"""

from __future__ import annotations

from typing import Dict, Optional, Tuple

import numpy as np

from ..array import Array
from ..errors import UnsupportedError
from ..network import Graph, Purpose
from ..network.graph import check_batch
from .graph_cache import GraphCache
from .parameterized_graph import Batch
from .tangent import TangentPass

__all__ = ["LossValues"]

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
        self._passes: Dict[Tuple[int, bool], Optional[TangentPass]] = {}

    def run(self, theta: Array, batch: Batch, validation: bool) -> Values:
        """Compute the values of a batch.

        Args:
            theta: Parameters (P,).
            batch: Columns of B samples.
            validation: Whether on the validation network.
        """
        size = len(next(iter(batch.values())))
        graph = self._graphs.graph(size, self._purpose, validation)
        check_batch(batch, graph)
        key = (size, validation)
        if key not in self._passes:
            self._passes[key] = self._new(graph, theta, batch, validation) if self._forward else None
        forwards = self._passes[key]
        return self._by_nnabla(graph, theta, batch) if forwards is None else _values(forwards, theta, batch)

    def _new(self, graph: Graph, theta: Array, batch: Batch, validation: bool) -> Optional[TangentPass]:
        """Return our own pass for a size of batch, None if it is no good; the first size decides for the network."""
        # One sample is like every other: what goes wrong among several does not show.
        decided = [forwards for (size, other), forwards in self._passes.items() if other == validation and size > 1]
        if not decided:
            return self._checked(graph, theta, batch)
        return self._pass(graph) if decided[0] is not None else None

    def _pass(self, graph: Graph) -> TangentPass:
        prediction = graph.predictions[0][1]
        outputs = [graph.sample_losses] if prediction is None else [graph.sample_losses, prediction]
        return TangentPass(graph, outputs, self._graphs.space, self._graphs.buffers)

    def _checked(self, graph: Graph, theta: Array, batch: Batch) -> Optional[TangentPass]:
        """Return our own pass, None if it cannot compute what NNabla computes."""
        expected = self._by_nnabla(graph, theta, batch)[0]
        try:
            forwards = self._pass(graph)
            losses = _values(forwards, theta, batch)[0]
        except UnsupportedError:
            return None
        size = np.abs(expected).max()
        return forwards if np.allclose(losses, expected, rtol=0, atol=SAME * size, equal_nan=True) else None

    def _by_nnabla(self, graph: Graph, theta: Array, batch: Batch) -> Values:
        self._graphs.store.write(self._graphs.space.unflatten(theta))
        graph.feed(batch)
        graph.keep_predictions()
        graph.sample_losses.forward(clear_buffer=True)
        known = graph.predictions[0][1] is not None
        return graph.sample_losses.d[:, 0].astype(np.float64), graph.prediction_values() if known else None


def _values(forwards: TangentPass, theta: Array, batch: Batch) -> Values:
    losses, *predictions = forwards.values(theta, batch)
    return losses[:, 0], predictions[0].astype(np.float32) if predictions else None
