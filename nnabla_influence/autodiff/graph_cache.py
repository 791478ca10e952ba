"""The graphs of one network: dear to build, so each is built once per batch size, and all share their parameters."""

from __future__ import annotations

from typing import Dict, Tuple

from ..network import Graph, Network, Purpose
from .parameterized_graph import ParameterizedGraph
from .tangent.buffers import Buffers

__all__ = ["GraphCache"]


class GraphCache:
    """Built graphs by batch size, purpose, and whether they read validation data.

    Args:
        network: The network.

    Attributes:
        store: The parameters of all graphs, a copy of the network's.
        space: The trainable ones among them.
        buffers: Memory of the passes over these graphs, of which one computes at a time.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self.space = network.space
        self.buffers = Buffers()
        self.store = network.store()
        self._graphs: Dict[Tuple[int, Purpose, bool], Graph] = {}

    def graph(self, size: int, purpose: Purpose, validation: bool = False) -> Graph:
        """Return the graph for batches of a size, built at the first call."""
        key = (size, purpose, validation)
        if key not in self._graphs:
            self._graphs[key] = self._network.build(self.store, size, purpose, validation)
        return self._graphs[key]

    def with_parameters(self, size: int, purpose: Purpose) -> ParameterizedGraph:
        """Return the training data's graph together with its parameters."""
        return ParameterizedGraph(self.graph(size, purpose), self.store, self.space, self.buffers)
