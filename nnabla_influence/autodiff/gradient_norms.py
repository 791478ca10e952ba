"""The squared norm ``<grad l_i, grad l_i>`` of every sample's own gradient, in one pass where the layers allow it.

Where every parameter is read once, by a layer that knows the way back to it (`layer_norms`), one pass forwards and one
back give the norms of all samples of a batch: our own pass on the CPU, where it knows all layers, else NNabla's. Other
networks (parameters that several layers share, recurrent layers, normalised weights) are differentiated one sample at
a time. The first batch decides (`FirstBatch`), whose norms are held against single samples: rows of a layer that belong
to no one sample, after a transposition for example, would show there.

The samples must not depend on each other: batch normalisation with frozen statistics.
"""

from __future__ import annotations

import logging
from typing import Dict, List, NamedTuple, Optional, Union

import nnabla as nn
import numpy as np

from ..array import Array
from ..errors import UnsupportedError
from ..network import SCORING_FROZEN, Graph
from ..network.graph import check_batch
from .first_batch import FirstBatch, first_rows
from .graph_cache import GraphCache
from .layer_norms import Layer, squared_length, squared_norms
from .parameterized_graph import Batch, batch_size
from .pull import PullBack
from .tangent import TangentPass, Tape
from .tangent.buffers import Buffers
from .tangent.node import Node

__all__ = ["GradientNorms"]

LOGGER = logging.getLogger("nnabla_influence")
# Why samples are computed one at a time: the network ...
UNKNOWN = "reads a parameter several times, or in a layer that does not know the way back to it"
MIXES = "mixes the samples of a batch, or does something else that the formulas do not know"
TOLERANCE = 1e-3  # of the largest; float32 gives about 1e-6, a wrong formula is far off


class GradientNorms:
    """Squared gradient norms of samples.

    Args:
        graphs: The network's graphs.
        fast: Whether to try our own pass, which computes on the CPU.
    """

    def __init__(self, graphs: GraphCache, fast: bool) -> None:
        self._graphs = graphs
        self._fast = fast
        self._ours: FirstBatch[_OurPass] = FirstBatch()
        self._nnablas: FirstBatch[_NNablasPass] = FirstBatch()
        self._noticed = False

    def of(self, theta: Array, batch: Batch) -> Array:
        """Compute the squared norms (B,) of a batch.

        Args:
            theta: Parameters (P,).
            batch: Columns of B samples.
        """
        size = batch_size(batch)
        check_batch(batch, self._graph(size))
        self._graphs.move_to(theta)
        one_pass = self._one_pass(size, theta, batch)
        return self._looped(batch, size) if one_pass is None else one_pass.run(theta, batch)

    def _graph(self, size: int) -> Graph:
        return self._graphs.graph(size, SCORING_FROZEN)

    def _one_pass(self, size: int, theta: Array, batch: Batch) -> Optional[_OnePass]:
        """Return what computes a batch of a size in one pass, None if nothing does."""
        alone: Dict[int, Array] = {}  # by the number of samples; both ways are held against the same

        def is_right(one_pass: _OnePass, rows: int) -> bool:
            """Whether it gives the norms of single samples."""
            part = first_rows(batch, rows)
            if rows not in alone:
                alone[rows] = self._looped(part, rows)
            if _alike(one_pass.run(theta, part), alone[rows]):
                return True
            raise UnsupportedError(MIXES)

        ours = self._ours.of(size, SCORING_FROZEN, self._our_pass, is_right) if self._fast else None
        one_pass = ours or self._nnablas.of(size, SCORING_FROZEN, self._nnablas_pass, is_right)
        if one_pass is None and not self._noticed:
            LOGGER.info("one sample at a time, because the network %s", self._nnablas.why_not(SCORING_FROZEN))
            self._noticed = True
        return one_pass

    def _our_pass(self, size: int) -> _OurPass:
        return _OurPass(_known(self._graph(size)), self._graphs)

    def _nnablas_pass(self, size: int) -> _NNablasPass:
        return _NNablasPass(_known(self._graph(size)), self._graphs)

    def _looped(self, batch: Batch, count: int) -> Array:
        """Compute the first so many samples, each as a batch of one."""
        graph = self._graph(1)
        norms = np.empty(count)
        for row in range(count):
            self._graphs.start_layers()
            graph.feed({column: values[row : row + 1] for column, values in batch.items()})
            graph.clear_gradients()
            graph.sample_losses.forward(clear_no_need_grad=True)
            graph.sample_losses.backward(clear_buffer=True)
            norms[row] = sum(squared_length(leaf.g) for leaf in graph.leaves.values() if leaf.need_grad)
        return norms


class _OurPass:
    """The layers' norms on our own way back."""

    def __init__(self, graph: Graph, graphs: GraphCache) -> None:
        self._graphs = graphs
        self._forwards = TangentPass(graph, [graph.sample_losses], graphs.space, graphs.buffers)
        self._back = PullBack(self._forwards)

    def run(self, theta: Array, batch: Batch) -> Array:
        """Compute the squared norms (B,)."""
        self._graphs.start_layers()
        tape = Tape()
        (losses,) = self._forwards.values(theta, batch, tape)
        norms = np.zeros(len(losses))
        with np.errstate(all="ignore"):  # what is not finite is handed on
            for step, kept, c in self._back.layers(tape, [np.ones_like(losses)]):
                trains = [variable in self._forwards.names for variable in step.inputs]
                if any(trains):
                    inputs = [x.value for x in kept.inputs]
                    norms += squared_norms(Layer(step.node, inputs, kept.output.value, c.value, trains))
        return norms


class _NNablasPass:
    """The layers' norms on NNabla's way back."""

    def __init__(self, graph: Graph, graphs: GraphCache) -> None:
        self._graph = graph
        self._graphs = graphs
        self._layers = _trained_layers(graph)

    def run(self, theta: Array, batch: Batch) -> Array:
        """Compute the squared norms (B,), at the parameters that the store holds."""
        graph = self._graph
        self._graphs.start_layers()
        graph.feed(batch)
        graph.clear_gradients()
        graph.sample_losses.forward()
        graph.sample_losses.backward()  # what went in and came back of every layer stays
        norms = np.zeros(graph.batch_size)
        with np.errstate(all="ignore"):  # what is not finite is handed on
            for layer in self._layers:
                norms += squared_norms(layer.values())
        return norms


_OnePass = Union[_OurPass, _NNablasPass]


class _TrainedLayer(NamedTuple):
    """A function of NNabla's graph that reads parameters."""

    node: Node
    function: nn.function.Function
    trains: List[bool]

    def values(self) -> Layer:
        """Return what a forward and a backward pass have left there."""
        inputs = [variable.d for variable in self.function.inputs]
        output = self.function.outputs[0]
        return Layer(self.node, inputs, output.d, output.g, self.trains)


def _alike(norms: Array, expected: Array) -> bool:
    """Whether norms differ by rounding alone; what is not finite must be so in both."""
    finite = np.isfinite(expected)
    if not np.array_equal(np.isfinite(norms), finite):
        return False
    largest = expected[finite].max(initial=0.0)
    return bool(np.abs(norms - expected)[finite].max(initial=0.0) <= TOLERANCE * largest)


def _known(graph: Graph) -> Graph:
    """Return a graph in which every parameter is read once, by a layer that knows the way back, beside one input."""
    layers = _trained_layers(graph)
    read = [v for layer in layers for v, trains in zip(layer.function.inputs, layer.trains) if trains]
    alone = all(sum(v == other for other in read) == 1 for v in read)
    beside_one_input = all(v.parent is None for layer in layers for v in layer.function.inputs[1:])
    known = all(Layer.is_known(layer.node, layer.trains, graph.batch_size) for layer in layers)
    if not (alone and beside_one_input and known):
        raise UnsupportedError(UNKNOWN)
    return graph


def _trained_layers(graph: Graph) -> List[_TrainedLayer]:
    trained = [leaf for leaf in graph.leaves.values() if leaf.need_grad]
    layers: List[_TrainedLayer] = []

    def look(function: nn.function.Function) -> None:
        """Collect a function that reads parameters."""
        trains = [any(read == leaf for leaf in trained) for read in function.inputs]
        if any(trains):
            inputs, outputs = ([variable.shape for variable in side] for side in (function.inputs, function.outputs))
            node = Node(function.info.type_name, function.info.args, inputs, outputs, Buffers())
            layers.append(_TrainedLayer(node, function, trains))

    graph.sample_losses.visit(look)
    return layers
