"""The loss oracle: derivatives of a network's loss as NumPy arrays, and nothing of NNabla outside.

Every method takes the parameters ``theta`` (P,) explicitly; graphs are built once per batch size and live in a private
scope, so neither the network nor its running statistics change. A *batch* is a dictionary from data-set column to
float32 array (B, ...).

Batch normalisation couples the samples of a batch, so the gradient of a sample needs a definition. Policy ``batch``
(default): the batch's statistics, as in training. Policy ``frozen``: running statistics, recomputed over the training
data at the parameters in use by `LossOracle.refresh_statistics`; samples decouple. Training and validation losses
always use the same policy.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterable, Iterator, Optional, Tuple

import numpy as np

from ..array import Array
from ..choices import BATCH_NORM_POLICIES
from ..device import Device
from ..errors import ConfigError, UnsupportedError
from ..execution import one_thread
from ..network import MEASURING, SCORING_BATCH, SCORING_FROZEN, Network
from ..network.graph import check_batch
from ..network.nnabla_errors import translated_errors
from .batch_gradients import BatchGradients, Weigh
from .batch_means import mean_gradient, mean_statistics
from .checked_derivatives import CheckedDerivatives
from .forward_scores import ForwardScores
from .gradient_norms import GradientNorms
from .graph_cache import GraphCache
from .loss_values import LossValues, Values
from .parameterized_graph import Batch, EvaluationPoint, batch_size

__all__ = ["LossOracle"]


class LossOracle:
    """Derivatives of the loss of a network.

    Args:
        network: The network; its running statistics are the start of policy ``frozen``.
        batch_norm: ``batch`` or ``frozen``, see the module's text.
        device: Where to compute.

    Raises:
        ConfigError: No such batch-norm policy.
        ComputationError: NNabla fails at a batch; any method may raise this.

    >>> import numpy as np
    >>> from nnabla_influence import LossOracle, Network
    >>> network = Network.builtin("builtin:mlp", (4,), 3)
    >>> batch = {"x": np.eye(4, dtype=np.float32), "y": np.array([[0], [1], [2], [0]], np.float32)}
    >>> oracle = LossOracle(network)
    >>> gradient = oracle.mean_gradient(network.theta, [batch])
    >>> products = oracle.sample_products(network.theta, batch, gradient)
    >>> bool(np.isclose(products.mean(), gradient @ gradient))
    True
    """

    def __init__(self, network: Network, batch_norm: str = "batch", device: Device = Device()) -> None:
        if batch_norm not in BATCH_NORM_POLICIES:
            raise ConfigError(f"Batch-norm policy should be batch or frozen, not '{batch_norm}'.")
        self.network = network
        self.space = network.space
        self.device = device
        self._batch_norm = batch_norm
        self._purpose = SCORING_BATCH if batch_norm == "batch" else SCORING_FROZEN
        self._cache = GraphCache(network)
        self._derivatives = CheckedDerivatives(self._cache, self._purpose, device.kind == "cpu")
        self._gradients = BatchGradients(self._cache, self._purpose, device.kind == "cpu")
        self._gradient_norms = GradientNorms(self._cache, device.kind == "cpu")
        self._values = LossValues(self._cache, self._purpose, device.kind == "cpu")

    # -- losses ------------------------------------------------------------------------------------------------

    def sample_losses(self, theta: Array, batch: Batch, validation: bool = False) -> Array:
        """Compute the loss of every sample (B,)."""
        return self.losses_and_predictions(theta, batch, validation)[0]

    def predictions(self, theta: Array, batch: Batch, validation: bool = False) -> Array:
        """Compute what the first loss compares with the target (B, ...): logits, or predicted values.

        Raises:
            UnsupportedError: The loss is of no known kind.
        """
        predicted = self.losses_and_predictions(theta, batch, validation)[1]
        if predicted is None:
            raise UnsupportedError(f"The loss of '{self.network.path}' has no known prediction.")
        return predicted

    def losses_and_predictions(
        self, theta: Array, batch: Batch, validation: bool = False
    ) -> Tuple[Array, Optional[Array]]:
        """Compute the loss (B,) and the prediction (B, ...) of every sample, in one forward pass.

        The prediction is what the first loss compares with the target; None if that loss is of no known kind.
        """
        with self._computing():
            return self._values.run(theta, batch, validation)

    def loss(self, theta: Array, batches: Iterable[Batch], validation: bool = False) -> float:
        """Compute the mean loss over all samples of the batches, whatever their sizes."""
        losses = [self.sample_losses(theta, batch, validation) for batch in batches]
        return float(np.concatenate(losses).mean())

    # -- derivatives -------------------------------------------------------------------------------------------

    def mean_gradient(
        self,
        theta: Array,
        batches: Iterable[Batch],
        validation: bool = False,
        weigh: Weigh = None,
    ) -> Array:
        """Compute the gradient (P,) of the mean loss over all samples of the batches, in double precision.

        Args:
            theta: Parameters (P,).
            batches: Columns of B samples each.
            validation: Whether on the validation network.
            weigh: From the losses (B,) of a batch to the factors (B,) on its samples' gradients; None: all are 1. The
                sum is divided by the number of samples, whatever their factors.

        Raises:
            DivergenceError: The gradient of a batch is not finite.
        """
        gradients = ((batch_size(batch), self.batch_gradient(theta, batch, validation, weigh)) for batch in batches)
        return mean_gradient(self.network, gradients, validation)

    def batch_gradient(
        self,
        theta: Array,
        batch: Batch,
        validation: bool = False,
        weigh: Weigh = None,
    ) -> Array:
        """Compute the gradient (P,), float32, of the mean loss of one batch, see `mean_gradient`; finite or not."""
        with self._computing():
            return self._gradients.run(theta, batch, validation, weigh)

    def products(self, theta: Array, batch: Batch, direction: Array, seed: Optional[int] = None) -> Tuple[Array, Array]:
        """Compute scores and Hessian product of a training batch together.

        Args:
            theta: Parameters (P,).
            batch: Columns of B samples.
            direction: u (P,).
            seed: Draws the random layers as training did with this seed; None takes them out.

        Returns:
            ``<grad l_i, u>`` (B,) and ``H u`` (P,) with H the Hessian of the batch's mean loss. By our own pass on the
            CPU, where it knows every layer; else NNabla differentiates the network twice; where it cannot, or does it
            wrongly, the Hessian product is a central difference. The log says which but for the first.
        """
        point = EvaluationPoint(theta, seed)
        with self._computing():
            scores, curvature = self._derivatives.products(point, batch, direction).run(point, batch, direction)
        return scores, curvature / batch_size(batch)

    def sample_products(self, theta: Array, batch: Batch, direction: Array) -> Array:
        """Compute ``<grad l_i, u>`` (B,) for every sample of a training batch, the random layers taken out.

        By forward mode on the CPU, where every layer has a rule for it; else as `products`, which the log says.
        """
        point = EvaluationPoint(theta)
        with self._computing():
            return self._derivatives.scores(point, batch, direction).scores(point, batch, direction)

    def sample_products_and_values(
        self, theta: Array, batch: Batch, direction: Array
    ) -> Tuple[Array, Optional[Values]]:
        """Compute `sample_products`, and `losses_and_predictions` where the same pass gives them.

        They are None where they would take a pass of their own: where the forward mode is not used, or where it does
        not give NNabla's losses.
        """
        point = EvaluationPoint(theta)
        with self._computing():
            scores = self._derivatives.scores(point, batch, direction)
            if isinstance(scores, ForwardScores) and self._values.by_forward(theta, batch):
                return scores.with_values(point, batch, direction)
            return scores.scores(point, batch, direction), None

    def squared_gradient_norms(self, theta: Array, batch: Batch) -> Array:
        """Compute ``<grad l_i, grad l_i>`` (B,) for every sample of a training batch, each alone.

        Batch normalisation uses running statistics whatever the policy: a lone sample has no batch.
        """
        with self._computing():
            return self._gradient_norms.of(theta, batch)

    def gauss_newton(self, theta: Array, batch: Batch, direction: Array) -> Array:
        """Compute ``G v`` (P,), G the Gauss-Newton matrix of a training batch's mean loss.

        Args:
            theta: Parameters (P,).
            batch: Columns of B samples.
            direction: v (P,).

        Raises:
            UnsupportedError: A loss has no known Hessian in its prediction, or the network rounds.
        """
        if not np.linalg.norm(direction):
            return np.zeros(self.space.size)
        with self._computing():
            product = self._derivatives.gauss_newton_product(EvaluationPoint(theta), batch, direction)
        return product / batch_size(batch)

    # -- running statistics ------------------------------------------------------------------------------------

    def set_statistics(self, statistics: Array) -> None:
        """Use given running statistics and frozen weights (S,), in the order of `Network.statistics`."""
        self._cache.use_states(self.network.statistics.unflatten(statistics))

    def refresh_statistics(self, theta: Array, batches: Iterable[Batch]) -> None:
        """Recompute the running mean and variance over the training data at theta, for policy ``frozen``.

        Every layer's batch mean and (unbiased) variance are averaged over the batches, weighted by their sizes.
        """
        if self.network.running_statistics:
            self.use_statistics((batch_size(batch), self.batch_statistics(theta, batch)) for batch in batches)

    def batch_statistics(self, theta: Array, batch: Batch) -> Dict[str, Array]:
        """Compute the mean and variance of one batch in every layer that has running ones, by their names."""
        with self._computing():
            self._cache.move_to(theta)
            graph = self._cache.graph(batch_size(batch), MEASURING)
            check_batch(batch, graph)
            graph.feed(batch)
            graph.sample_losses.forward(clear_buffer=True)
            return self._cache.store.read(self.network.running_statistics)

    def use_statistics(self, statistics: Iterable[Tuple[int, Dict[str, Array]]]) -> None:
        """Use the mean of the statistics of some batches, given with the batches' sizes."""
        self._cache.use_states(mean_statistics(statistics))

    def __reduce__(self) -> Tuple[Callable[..., LossOracle], Tuple[Any, ...]]:
        """Send network and running statistics; graphs are built anew there."""
        statistics = self.network.statistics.flatten(self._cache.states)
        return _opened, (self.network, self._batch_norm, self.device, statistics)

    # -- inside ------------------------------------------------------------------------------------------------

    @contextmanager
    def _computing(self) -> Iterator[None]:
        """Compute on the device, and say what NNabla raises in the package's own words."""
        with translated_errors(self.network.path, "losses or derivatives"), self.device.scope(), one_thread():
            yield


def _opened(network: Network, batch_norm: str, device: Device, statistics: Array) -> LossOracle:
    oracle = LossOracle(network, batch_norm, device)
    oracle.set_statistics(statistics)
    return oracle
