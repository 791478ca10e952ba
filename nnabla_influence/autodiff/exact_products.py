"""Scores and Hessian product of a batch from one graph and one backward pass.

Let ``w`` (B, 1) be weights of one, ``l`` (B, 1) the samples' losses, ``g`` the gradient of ``sum(w l)`` as a graph
(NNabla's double backward) and ``s = <g, u>`` for a direction u. Then the backward pass of the scalar s leaves

    ds/dw_i     = <grad l_i, u>       for every sample of the batch, and
    ds/dtheta   = sum_i H_i u         on the parameters,

so no sample is ever treated alone. With batch normalisation in batch mode, grad l_i is the gradient of sample i's loss
term inside its batch.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Dict, List, Set, Tuple

import nnabla as nn
import nnabla.functions as F
import numpy as np

from ..array import Array
from ..errors import UnsupportedError
from ..network.nnabla_errors import NNABLA_ERRORS, one_line
from .batch_normalization import fast_batch_normalization
from .class_losses import class_losses_of_any_size
from .parameterized_graph import Batch, EvaluationPoint, ParameterizedGraph
from .sample_products import SampleProducts

__all__ = ["ExactProducts"]

# Layers whose gradient as a graph NNabla builds by a call of itself that follows the upstream gradient back to the very
# same layer, without end.
ENDLESS = ("RNN", "LSTM", "GRU")


class ExactProducts(SampleProducts):
    """Products by the double-backward graph of a built network.

    Args:
        network: The built network with its parameters.
        fast: Whether to use the NumPy second derivative of batch normalisation (CPU only).

    Raises:
        UnsupportedError: A layer has no second derivative in NNabla; it is named.
    """

    def __init__(self, network: ParameterizedGraph, fast: bool) -> None:
        super().__init__(network)
        graph, space = network.graph, network.space
        self._weights = nn.Variable((graph.batch_size, 1), need_grad=True)  # w
        self._directions: Dict[str, nn.Variable] = {n: nn.Variable(s) for n, s in zip(space.names, space.shapes)}  # u
        # A parameter may be outside this graph, such as one of the training network that scoring takes out.
        names = [name for name in space.names if name in graph.leaves]
        leaves = [graph.leaves[name] for name in names]
        gradients = _gradients(F.sum(self._weights * graph.sample_losses), leaves, fast)  # g
        terms = [F.sum(g * self._directions[name]) for name, g in zip(names, gradients)]
        self._scalar = F.add_n(*terms) if len(terms) > 1 else terms[0]  # s

    def run(self, point: EvaluationPoint, batch: Batch, direction: Array) -> Tuple[Array, Array]:
        """See `SampleProducts.run`."""
        graph, space = self.network.graph, self.network.space
        self.network.move_to(point)
        graph.feed(batch)
        self._weights.data.fill(1)
        for name, array in space.unflatten(direction.astype(np.float32)).items():
            self._directions[name].data.data = array
        # NNabla's backward pass adds to what is there.
        self._weights.grad.zero()
        graph.clear_gradients()
        self._scalar.forward(clear_no_need_grad=True)
        self._scalar.backward(clear_buffer=True)
        return self._weights.g[:, 0].astype(np.float64), graph.gradient(space).astype(np.float64)


def _gradients(loss: nn.Variable, leaves: List[nn.Variable], fast: bool) -> List[nn.Variable]:
    """Return the gradient of the loss in every leaf, as a graph."""
    recurrent = sorted(_layers(loss) & set(ENDLESS))
    if recurrent:
        raise UnsupportedError(
            f"NNabla has no second derivative for a layer of this network (recurrent layer {', '.join(recurrent)})."
        )
    try:
        with class_losses_of_any_size(), fast_batch_normalization() if fast else nullcontext():
            gradients: List[nn.Variable] = nn.grad([loss], leaves)
            return gradients
    except NNABLA_ERRORS as error:
        raise UnsupportedError(
            f"NNabla has no second derivative for a layer of this network ({one_line(error)})."
        ) from error


def _layers(loss: nn.Variable) -> Set[str]:
    """Return NNabla's types of all functions behind a variable."""
    types: Set[str] = set()
    loss.visit(lambda function: types.add(function.info.type_name))
    return types
