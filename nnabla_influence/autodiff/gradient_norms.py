"""The squared norm ``<grad l_i, grad l_i>`` of every sample's own gradient, in one pass where the layers allow it.

Where every parameter is read once, by a layer whose gradients have a formula (`layer_norms`), one forward and one
backward pass give the norms of all samples of a batch. Other networks (parameters that several layers share, recurrent
layers, normalised weights) are differentiated one sample at a time. Which it is, is decided once, and the formulas are
held against single samples of the first batch: rows of a layer that belong to no one sample, after a transposition for
example, would show there.

The samples must not depend on each other: batch normalisation with frozen statistics.
"""

from __future__ import annotations

import logging
from typing import Dict, List, Optional

import nnabla as nn
import nnabla.functions as F
import numpy as np

from ..array import Array
from ..network import SCORING_FROZEN, Graph
from ..network.graph import check_batch
from .graph_cache import GraphCache
from .layer_norms import Layer, squared_norms
from .parameterized_graph import Batch

__all__ = ["GradientNorms"]

LOGGER = logging.getLogger("nnabla_influence")
CHECKED = 3  # samples of the first batch that are computed both ways
TOLERANCE = 1e-3  # of the largest; float32 gives about 1e-6, a wrong formula is far off


class GradientNorms:
    """Squared gradient norms of samples, at the parameters that the graphs' store holds.

    Args:
        graphs: The network's graphs.
    """

    def __init__(self, graphs: GraphCache) -> None:
        self._graphs = graphs
        self._passes: Dict[int, Optional[_OnePass]] = {}
        self._noticed = False

    def of(self, batch: Batch) -> Array:
        """Compute the squared norms (B,) of a batch."""
        size = len(next(iter(batch.values())))
        check_batch(batch, self._graphs.graph(size, SCORING_FROZEN))
        if size not in self._passes:
            decided = [one_pass for known, one_pass in self._passes.items() if known > 1]  # one sample mixes with none
            self._passes[size] = self._another(size, decided[0]) if decided else self._checked(size, batch)
        one_pass = self._passes[size]
        return self._looped(batch, size) if one_pass is None else one_pass.run(batch)

    def _another(self, size: int, decided: Optional[_OnePass]) -> Optional[_OnePass]:
        """Return the same for another size as for the first, whose batch decided for the network."""
        graph = self._graphs.graph(size, SCORING_FROZEN)
        layers = _layers(graph)
        return None if decided is None or layers is None else _OnePass(graph, layers)

    def _checked(self, size: int, batch: Batch) -> Optional[_OnePass]:
        """Return what computes a batch of a size in one pass, None if nothing does."""
        graph = self._graphs.graph(size, SCORING_FROZEN)
        layers = _layers(graph)
        if layers is None:
            self._notice("reads a parameter several times, or in a layer without a formula for it")
            return None
        one_pass = _OnePass(graph, layers)
        few = min(CHECKED, size)
        expected = self._looped(batch, few)
        if not np.allclose(one_pass.run(batch)[:few], expected, rtol=0, atol=TOLERANCE * expected.max()):
            self._notice("mixes the samples of a batch, or does something else that the formulas do not know")
            return None
        return one_pass

    def _notice(self, reason: str) -> None:
        if not self._noticed:
            LOGGER.info("one sample at a time, because the network %s", reason)
            self._noticed = True

    def _looped(self, batch: Batch, count: int) -> Array:
        """Compute the first so many samples, each as a batch of one."""
        graph = self._graphs.graph(1, SCORING_FROZEN)
        norms = np.empty(count)
        for row in range(count):
            graph.feed({column: values[row : row + 1] for column, values in batch.items()})
            graph.clear_gradients()
            graph.sample_losses.forward(clear_no_need_grad=True)
            graph.sample_losses.backward(clear_buffer=True)
            norms[row] = sum(_square(leaf.g) for leaf in graph.leaves.values() if leaf.need_grad)
        return norms


class _OnePass:
    """The formulas of all layers on one graph."""

    def __init__(self, graph: Graph, layers: List[Layer]) -> None:
        self._graph = graph
        norms = [squared_norms(layer) for layer in layers]
        self._norms = norms[0] if len(norms) == 1 else F.add_n(*norms)

    def run(self, batch: Batch) -> Array:
        """Compute the squared norms (B,)."""
        graph = self._graph
        graph.feed(batch)
        graph.clear_gradients()
        graph.sample_losses.forward()
        graph.sample_losses.backward()  # what went in and came back of every layer stays
        self._norms.forward(clear_buffer=True)
        norms: Array = self._norms.d.astype(np.float64)
        return norms


def _layers(graph: Graph) -> Optional[List[Layer]]:
    """Return the layers that read the trained parameters; None if not every parameter has its own known place."""
    trained = [leaf for leaf in graph.leaves.values() if leaf.need_grad]
    trained_layers: List[Layer] = []
    uses: List[int] = []

    def look(function: nn.function.Function) -> None:
        trains = [any(read == leaf for leaf in trained) for read in function.inputs]
        if any(trains):
            trained_layers.append(_layer(function, trains))
            uses.extend(trained.index(read) for read, trains_ in zip(function.inputs, trains) if trains_)

    graph.sample_losses.visit(look)
    alone = len(uses) == len(set(uses))
    return trained_layers if alone and all(layer.known for layer in trained_layers) else None


def _layer(function: nn.function.Function, trains: List[bool]) -> Layer:
    """Return a layer whose input and output gradient share memory with the graph."""
    x, d = nn.Variable(function.inputs[0].shape), nn.Variable(function.outputs[0].shape)
    x.data = function.inputs[0].data
    d.data = function.outputs[0].grad
    kind = "" if trains[0] else function.info.type_name
    return Layer(kind, dict(function.info.args), x, d, list(function.inputs[1:]), trains[1:])


def _square(gradient: Array) -> float:
    flat = gradient.astype(np.float64).ravel()
    return float(flat @ flat)
