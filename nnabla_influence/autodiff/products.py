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
from typing import Dict, List, Mapping, NamedTuple, Optional, Set, Tuple

import nnabla as nn
import nnabla.functions as F
import nnabla.random
import numpy as np

from ..errors import UnsupportedError
from ..network import Graph
from ..network.nnabla_errors import NNABLA_ERRORS, one_line
from ..parameters import ParameterSpace
from .batch_normalization import fast_batch_normalization
from .class_losses import class_losses_of_any_size
from .differences import STEP, Place, Probe, best_step

LOGGER = logging.getLogger("nnabla_influence")
# Layers whose gradient as a graph NNabla builds by a call of itself that follows the upstream gradient back to the very
# same layer, without end.
ENDLESS = ("RNN", "LSTM", "GRU")
# Relative errors: of float32 with cancellation, where a wrong second derivative is off by tens of per cent; and of
# central differences across kinks, beyond which scores would be noise.
EXACT, USABLE = 0.05, 0.1


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
        recurrent = sorted(_layers(loss) & set(ENDLESS))
        if recurrent:
            raise UnsupportedError(
                f"NNabla has no second derivative for a layer of this network (recurrent layer {', '.join(recurrent)})."
            )
        try:
            with class_losses_of_any_size(), fast_batch_normalization() if fast else nullcontext():
                return nn.grad([loss], leaves)
        except NNABLA_ERRORS as error:
            raise UnsupportedError(
                f"NNabla has no second derivative for a layer of this network ({one_line(error)})."
            ) from error


def _layers(loss: nn.Variable) -> Set[str]:
    """NNabla's types of all functions behind a variable."""
    found: Set[str] = set()
    loss.visit(lambda function: found.add(function.info.type_name))
    return found


class Way(NamedTuple):
    """How products are computed: by the double-backward graph, or by central differences of a step."""

    exact: Optional[ProductGraph]
    step: float


def checked_products(place: Place, batch: Mapping[str, np.ndarray], direction: np.ndarray, fast: bool) -> Way:
    """How products of a network are computed, decided on its first batch.

    By double backward where NNabla can do that and does it right, by central differences otherwise, which is logged
    with their measured error.

    Raises:
        UnsupportedError: Central differences do not give the network's gradients either.
    """
    probe = Probe(place, batch, direction)
    try:
        made = ProductGraph(place.graph, place.space, fast)
        if probe.error(_first_scores(made, place, batch, direction)) <= EXACT:
            return Way(made, STEP)
        reason = "NNabla's second derivatives of this network disagree with its gradients."
    except UnsupportedError as error:
        reason = str(error)
    step, error_size = best_step(place, batch, direction, probe)
    if not error_size <= USABLE:
        raise UnsupportedError(
            f"{reason} Central differences disagree with the network's gradients too, by {100 * error_size:.0f} %: it "
            "probably has layers that round or sort (quantised or binary ones). Use --method loss, or leave them out."
        )
    LOGGER.warning(
        "%s Scores and Hessian products come from central differences: less accurate, the scores of the first batch "
        "by %.2g %%",
        reason,
        100 * error_size,
    )
    return Way(None, step)


def _first_scores(
    made: ProductGraph, place: Place, batch: Mapping[str, np.ndarray], direction: np.ndarray
) -> np.ndarray:
    if place.seed is not None:
        nnabla.random.set_function_seed(place.seed)
    try:
        return made.run(batch, direction)[0]
    except RuntimeError as error:
        raise UnsupportedError(f"NNabla cannot differentiate this network twice ({one_line(error)}).") from error
