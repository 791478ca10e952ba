"""What the last hidden layer of a network makes of samples: the features that its last affine layer separates.

Taken as the network is used: without dropout and augmentation, batch normalisation with its stored running statistics.
"""

from __future__ import annotations

from ..array import Array
from ..device import Device
from ..errors import UnsupportedError
from ..network import SCORING_FROZEN, Network
from ..network.graph import check_batch
from ..network.nnabla_errors import translated_errors
from .graph_cache import GraphCache
from .parameterized_graph import Batch

__all__ = ["HiddenActivations"]


class HiddenActivations:
    """The activations of a network's last hidden layer, at the network's own parameters.

    Args:
        network: The network.
        device: Where to compute.

    Raises:
        UnsupportedError: No affine layer leads to its prediction.

    >>> import numpy as np
    >>> network = Network.builtin("builtin:mlp", (4,), 3)
    >>> HiddenActivations(network).values({"x": np.eye(4)[:2], "y": np.zeros((2, 1))}).shape
    (2, 64)
    """

    def __init__(self, network: Network, device: Device = Device()) -> None:
        self._network = network
        self._device = device
        self._graphs = GraphCache(network)
        self._name = network.last_hidden or ""
        if not self._name:
            raise UnsupportedError(
                f"'{network.path}' has no affine layer that its loss compares with the label, so it has no last hidden "
                "layer to take features from. Use the inputs as features."
            )

    def values(self, batch: Batch) -> Array:
        """Compute the activations (B, D) of a batch, whatever their shape, flattened."""
        size = len(next(iter(batch.values())))
        with translated_errors(self._network.path, "activations"), self._device.scope():
            graph = self._graphs.graph(size, SCORING_FROZEN)
            check_batch(batch, graph)
            self._graphs.start_layers()
            graph.feed(batch)
            hidden = graph.variables[self._name]
            hidden.forward(clear_buffer=True)
            activations: Array = hidden.d.reshape(size, -1).copy()
        return activations
