"""Scores and Hessian product of a batch from one graph and one backward pass.

Let ``w`` (B, 1) be weights of one, ``l`` (B, 1) the samples' losses, ``g`` the gradient of ``sum(w l)`` as a graph
(NNabla's double backward) and ``s = <g, u>`` for a direction u. Then the backward pass of the scalar s leaves

    ds/dw_i     = <grad l_i, u>       for every sample of the batch, and
    ds/dtheta   = sum_i H_i u         on the parameters,

so no sample is ever treated alone. With batch normalisation in batch mode, grad l_i is the gradient of sample i's loss
term inside its batch.
"""

from __future__ import annotations

import logging
from contextlib import nullcontext
from typing import Dict, List, Mapping, Optional, Tuple

import nnabla as nn
import nnabla.functions as F
import nnabla.random
import numpy as np

from ..errors import UnsupportedError
from ..network import Graph
from ..parameters import ParameterSpace
from .batch_normalization import fast_batch_normalization
from .class_losses import class_losses_of_any_size
from .differences import Place, trustworthy

LOGGER = logging.getLogger("nnabla_influence")


class ProductGraph:
    """The double-backward graph of a built network.

    Args:
        graph: A network built for scoring.
        space: The trainable parameters.
        fast: Whether to use the NumPy second derivative of batch normalisation (CPU only).

    Raises:
        UnsupportedError: A layer has no second derivative in NNabla; it is named.
    """

    def __init__(self, graph: Graph, space: ParameterSpace, fast: bool) -> None:
        self.graph, self.space = graph, space
        self.weights = nn.Variable((graph.batch_size, 1), need_grad=True)
        self.directions: Dict[str, nn.Variable] = {n: nn.Variable(s) for n, s in zip(space.names, space.shapes)}
        names = [name for name in space.names if name in graph.leaves]
        leaves = [graph.leaves[name] for name in names]
        gradients = self._gradients(F.sum(self.weights * graph.sample_losses), leaves, fast)
        terms = [F.sum(g * self.directions[name]) for name, g in zip(names, gradients)]
        self.scalar = F.add_n(*terms) if len(terms) > 1 else terms[0]

    def run(self, batch: Mapping[str, np.ndarray], direction: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Evaluates both products.

        Args:
            batch: Columns of B samples.
            direction: u (P,).

        Returns:
            ``<grad l_i, u>`` (B,) and ``sum_i H_i u`` (P,).
        """
        self.graph.feed(batch)
        self.weights.data.fill(1)
        for name, array in self.space.unflatten(direction.astype(np.float32)).items():
            self.directions[name].data.data = array
        self.weights.grad.zero()
        self.graph.clear_gradients()
        self.scalar.forward(clear_no_need_grad=True)
        self.scalar.backward(clear_buffer=True)
        return self.weights.g[:, 0].astype(np.float64), self.graph.gradient(self.space)

    @staticmethod
    def _gradients(loss: nn.Variable, leaves: List[nn.Variable], fast: bool) -> List[nn.Variable]:
        try:
            with class_losses_of_any_size(), fast_batch_normalization() if fast else nullcontext():
                return nn.grad([loss], leaves)
        except (ValueError, NotImplementedError, RuntimeError) as error:
            raise UnsupportedError(f"NNabla has no second derivative for a layer of this network ({error}).") from error


def checked_products(
    place: Place, batch: Mapping[str, np.ndarray], direction: np.ndarray, fast: bool
) -> Optional[ProductGraph]:
    """The double-backward graph at a place, if it can be had and is right on a first batch; None otherwise.

    Which of the two it is, is logged once.
    """
    try:
        made = ProductGraph(place.graph, place.space, fast)
    except UnsupportedError as error:
        LOGGER.warning("%s Scores and Hessian products come from central differences: less accurate", error)
        return None
    place.store.write(place.space.unflatten(place.theta))
    if place.seed is not None:
        nnabla.random.set_function_seed(place.seed)
    scores, _ = made.run(batch, direction)
    if trustworthy(scores, place, batch, direction):
        return made
    LOGGER.warning(
        "NNabla's second derivatives of this network disagree with central differences; scores and Hessian products "
        "come from central differences: less accurate"
    )
    return None
