"""The graphs of one network: dear to build, so each is built once per batch size, and all share their parameters.

But for those that run as in training: they change running statistics and other states of the layers, which the graphs
that score must not see, so they have parameters of their own.
"""

from __future__ import annotations

from typing import Dict, Mapping, Tuple

import numpy as np

from ..array import Array
from ..network import TRAINING, Graph, Network, ParameterStore, Purpose
from .parameterized_graph import ParameterizedGraph
from .tangent.buffers import Buffers

__all__ = ["GraphCache"]


class GraphCache:
    """Built graphs by batch size, purpose, and whether they read validation data.

    Args:
        network: The network.

    Attributes:
        store: The parameters of all graphs that score, a copy of the network's.
        space: The trainable ones among them.
        buffers: Memory of the passes over these graphs, of which one computes at a time.
        states: Running statistics and other states of the layers, by name, as every pass should find them.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self.space = network.space
        self.buffers = Buffers()
        self.store = network.store()
        self._training_store = network.store()
        self.states = dict(network.statistics.unflatten(network.statistics_values))
        self._graphs: Dict[Tuple[int, Purpose, bool], Graph] = {}

    def graph(self, size: int, purpose: Purpose, validation: bool = False) -> Graph:
        """Return the graph for batches of a size, built at the first call."""
        key = (size, purpose, validation)
        if key not in self._graphs:
            self._graphs[key] = self._network.build(self._store(purpose), size, purpose, validation)
        return self._graphs[key]

    def with_parameters(self, size: int, purpose: Purpose) -> ParameterizedGraph:
        """Return the training data's graph together with its parameters."""
        graph = self.graph(size, purpose)
        return ParameterizedGraph(graph, self._store(purpose), self.space, self.buffers, self.states)

    def move_to(self, theta: Array) -> None:
        """Write parameters (P,) for the next pass, and start the layers anew."""
        self.store.write(self.space.unflatten(theta.astype(np.float32)))
        self.start_layers()

    def start_layers(self) -> None:
        """Let the layers of the next pass find their states; some move them in every pass of NNabla's."""
        self.store.write(self.states)

    def use_states(self, values: Mapping[str, Array]) -> None:
        """Let all graphs find other states, by name."""
        self.states.update(values)
        self.store.write(values)

    def _store(self, purpose: Purpose) -> ParameterStore:
        return self._training_store if purpose == TRAINING else self.store
