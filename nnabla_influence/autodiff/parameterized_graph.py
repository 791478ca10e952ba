"""A built network together with its parameters, and the point at which it is looked at.

A graph of NNabla reads its parameters from a store that other graphs share, and its dropout masks from a global seed.
One that is built as for training changes running statistics and other states of its layers whenever it runs. Every
computation here therefore moves the graph to its point first and relies on nothing that was left behind.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Mapping, NamedTuple, Optional

import nnabla.random
import numpy as np

from ..array import Array
from ..network import Graph, ParameterStore
from ..parameters import ParameterSpace
from .tangent.buffers import Buffers

__all__ = ["Batch", "EvaluationPoint", "ParameterizedGraph", "batch_size"]

Batch = Mapping[str, Array]
"""Columns of B samples: from data-set column to float32 array (B, ...)."""


def batch_size(batch: Batch) -> int:
    """Return the number of samples, B."""
    return len(next(iter(batch.values())))


class EvaluationPoint(NamedTuple):
    """Where derivatives are taken.

    Args:
        theta: Parameters (P,).
        seed: Draws the random layers; None if they are out.
    """

    theta: Array
    seed: Optional[int] = None

    def shifted(self, shift: Array) -> EvaluationPoint:
        """Return the point at ``theta + shift`` with the same random layers."""
        return self._replace(theta=self.theta + shift)


class ParameterizedGraph(NamedTuple):
    """A network built for the size of a batch.

    Args:
        graph: The graph.
        store: Its parameters.
        space: The trainable ones.
        buffers: Memory that is used again, shared by the graphs of one network; None if it stands alone.
        states: Values by name of what the layers themselves change when it runs as in training.
    """

    graph: Graph
    store: ParameterStore
    space: ParameterSpace
    buffers: Optional[Buffers] = None
    states: Mapping[str, Array] = MappingProxyType({})

    def move_to(self, point: EvaluationPoint) -> None:
        """Write the point's parameters, and start its layers anew."""
        self.store.write(self.space.unflatten(point.theta.astype(np.float32)))
        self.start_layers(point)

    def start_layers(self, point: EvaluationPoint) -> None:
        """Let the random layers draw by the point's seed, each where the one before ends, and reset the states."""
        if point.seed is not None:
            nnabla.random.set_function_seed(point.seed)
        self.store.write(self.states)

    def losses(self) -> Array:
        """Return the loss of every sample (B,) of the batch that was fed, ready for `gradient`."""
        self.graph.clear_gradients()
        self.graph.sample_losses.persistent = True
        self.graph.sample_losses.forward(clear_no_need_grad=True)
        losses: Array = self.graph.sample_losses.d[:, 0].astype(np.float64)
        return losses

    def gradient(self, weights: Array) -> Array:
        """Return the gradient (P,) of ``sum_i weights_i l_i``, for weights (B,), after `losses`."""
        self.graph.sample_losses.backward(grad=weights.astype(np.float32)[:, None], clear_buffer=True)
        return self.graph.gradient(self.space).astype(np.float64)
