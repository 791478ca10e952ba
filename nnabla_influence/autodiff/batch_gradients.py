"""The gradient of a batch's mean loss, or of a mean in which every sample has its own weight.

Forwards and back again over our own pass (`pull.PullBack`), which takes less than half of NNabla's time, and whose sums
are in double precision where NNabla's lose digits: through convolutions and batch normalisation NNabla's gradient is
off by up to a hundredth. It is used where every layer has a way back and the gradient of a first batch is NNabla's but
for that; on another device than the CPU it is not.
"""

from __future__ import annotations

from functools import partial
from typing import Callable, Optional

import numpy as np

from ..array import Array
from ..network import Graph, Purpose
from ..network.graph import check_batch
from .checked_products import EXACT
from .first_batch import FirstBatch, first_rows
from .graph_cache import GraphCache
from .parameterized_graph import Batch, batch_size
from .pull import PullBack
from .tangent import TangentPass, Tape

__all__ = ["BatchGradients", "Weigh"]

Weigh = Optional[Callable[[Array], Array]]
"""From the losses (B,) of a batch to the factors (B,) on its samples' gradients; None: all are 1."""


class BatchGradients:
    """Gradients of a network's loss.

    Args:
        graphs: The network's graphs.
        purpose: What they are built for.
        fast: Whether to try our own pass, which computes on the CPU.
    """

    def __init__(self, graphs: GraphCache, purpose: Purpose, fast: bool) -> None:
        self._graphs = graphs
        self._purpose = purpose
        self._fast = fast
        self._ways: FirstBatch[_ThereAndBack] = FirstBatch()

    def run(self, theta: Array, batch: Batch, validation: bool, weigh: Weigh) -> Array:
        """Compute the gradient (P,), float32, finite or not.

        Args:
            theta: Parameters (P,).
            batch: Columns of B samples.
            validation: Whether on the validation network.
            weigh: The samples' weights. The sum is divided by B, whatever they are.
        """
        size = batch_size(batch)
        check_batch(batch, self._graph(size, validation))
        nnablas = partial(self._by_nnabla, validation=validation, theta=theta)
        if not self._fast:
            return nnablas(batch=batch, weigh=weigh)

        def make(rows: int) -> _ThereAndBack:
            """Make the way for batches of a size."""
            return _ThereAndBack(self._graph(rows, validation), self._graphs)

        def is_right(way: _ThereAndBack, rows: int) -> bool:
            """Whether it gives NNabla's gradient; without weights, which may be zero."""
            part = first_rows(batch, rows)
            return _alike(way.run(theta, part, None), nnablas(batch=part, weigh=None))

        way = self._ways.of(size, validation, make, is_right)
        return nnablas(batch=batch, weigh=weigh) if way is None else way.run(theta, batch, weigh)

    def _graph(self, size: int, validation: bool) -> Graph:
        return self._graphs.graph(size, self._purpose, validation)

    def _by_nnabla(self, validation: bool, theta: Array, batch: Batch, weigh: Weigh) -> Array:
        graph = self._graph(batch_size(batch), validation)
        self._graphs.move_to(theta)
        graph.feed(batch)
        graph.clear_gradients()
        graph.sample_losses.persistent = True  # its values are read after a pass that clears
        graph.sample_losses.forward(clear_no_need_grad=True)
        seed = _factors(graph.sample_losses.d[:, 0].astype(np.float64), weigh) / graph.batch_size
        graph.sample_losses.backward(grad=seed.astype(np.float32)[:, None], clear_buffer=True)
        return graph.gradient(self._graphs.space)


class _ThereAndBack:
    """A pass forwards to the losses of a batch, and back."""

    def __init__(self, graph: Graph, graphs: GraphCache) -> None:
        self._graphs = graphs
        self._forwards = TangentPass(graph, [graph.sample_losses], graphs.space, graphs.buffers)
        self._back = PullBack(self._forwards)

    def run(self, theta: Array, batch: Batch, weigh: Weigh) -> Array:
        """Compute the gradient (P,), float32: workers send it."""
        self._graphs.start_layers()
        tape = Tape()
        (losses,) = self._forwards.values(theta, batch, tape)
        seed = _factors(losses[:, 0], weigh)[:, None] / len(losses)
        return self._back.run(tape, [seed]).astype(np.float32)


def _factors(losses: Array, weigh: Weigh) -> Array:
    return np.ones(len(losses)) if weigh is None else weigh(losses)


def _alike(ours: Array, nnablas: Array) -> bool:
    """Whether two gradients differ by rounding alone; what is not finite must be so in both."""
    finite = np.isfinite(nnablas)
    if not np.array_equal(np.isfinite(ours), finite):
        return False
    difference = np.linalg.norm((ours - nnablas)[finite])
    return bool(difference <= EXACT * np.linalg.norm(nnablas[finite].astype(np.float64)))
