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

import logging
from contextlib import contextmanager, suppress
from typing import Any, Callable, Dict, Iterable, Iterator, Optional, Set, Tuple, Union

import numpy as np

from ..array import Array
from ..choices import BATCH_NORM_POLICIES
from ..device import Device
from ..errors import ConfigError, UnsupportedError
from ..execution import one_thread
from ..network import MEASURING, SCORING_BATCH, SCORING_FROZEN, TRAINING, Graph, Network, Purpose
from ..network.graph import check_batch
from ..network.nnabla_errors import translated_errors
from .batch_means import mean_gradient, mean_statistics
from .checked_products import checked_forward_scores, checked_products
from .checked_scores import checked_scores
from .forward_scores import ForwardScores
from .gauss_newton import GaussNewton
from .gradient_norms import GradientNorms
from .graph_cache import GraphCache
from .loss_values import LossValues
from .parameterized_graph import Batch, EvaluationPoint, ParameterizedGraph
from .sample_products import SampleProducts
from .sample_scores import SampleScores

__all__ = ["LossOracle"]

LOGGER = logging.getLogger("nnabla_influence")

PROBE_ROWS = 8
"""Rows of the first batch on which the forward mode is checked: a rule that is wrong is wrong for any row."""


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
        self._gauss_newton: Dict[int, GaussNewton] = {}
        self._products: Dict[Tuple[int, Purpose], SampleProducts] = {}
        self._gradient_norms = GradientNorms(self._cache)
        self._values = LossValues(self._cache, self._purpose, device.kind == "cpu")
        self._scores: Dict[int, SampleScores] = {}
        self._said: Set[str] = set()  # what falls back is said once, not for every batch size

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
        weigh: Optional[Callable[[Array], Array]] = None,
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
        gradients = ((_size(batch), self.batch_gradient(theta, batch, validation, weigh)) for batch in batches)
        return mean_gradient(self.network, gradients, validation)

    def batch_gradient(
        self,
        theta: Array,
        batch: Batch,
        validation: bool = False,
        weigh: Optional[Callable[[Array], Array]] = None,
    ) -> Array:
        """Compute the gradient (P,), float32, of the mean loss of one batch, see `mean_gradient`; finite or not."""
        with self._computing():
            graph = self._cache.graph(_size(batch), self._purpose, validation)
            check_batch(batch, graph)
            self._cache.store.write(self.space.unflatten(theta))
            graph.feed(batch)
            return self._gradient(graph, weigh)

    def products(self, theta: Array, batch: Batch, direction: Array, seed: Optional[int] = None) -> Tuple[Array, Array]:
        """Compute scores and Hessian product of a training batch, from one graph.

        Args:
            theta: Parameters (P,).
            batch: Columns of B samples.
            direction: u (P,).
            seed: Draws the random layers as training did with this seed; None takes them out.

        Returns:
            ``<grad l_i, u>`` (B,) and ``H u`` (P,) with H the Hessian of the batch's mean loss. Where NNabla cannot
            differentiate the network twice, or does it wrongly, both are central differences, and the log says so.
        """
        size = _size(batch)
        purpose = self._purpose if seed is None else TRAINING
        point = EvaluationPoint(theta, seed)
        with self._computing():
            products = self._products_of((size, purpose), point, batch, direction)
            scores, curvature = products.run(point, batch, direction)
        return scores, curvature / size

    def sample_products(self, theta: Array, batch: Batch, direction: Array) -> Array:
        """Compute ``<grad l_i, u>`` (B,) for every sample of a training batch, the random layers taken out.

        By forward mode on the CPU, where every layer has a rule for it; else by `products`, which the log says.
        """
        point = EvaluationPoint(theta)
        with self._computing():
            return self._scores_of(_size(batch), point, batch, direction).scores(point, batch, direction)

    def squared_gradient_norms(self, theta: Array, batch: Batch) -> Array:
        """Compute ``<grad l_i, grad l_i>`` (B,) for every sample of a training batch, each alone.

        Batch normalisation uses running statistics whatever the policy: a lone sample has no batch.
        """
        with self._computing():
            self._cache.store.write(self.space.unflatten(theta.astype(np.float32)))
            return self._gradient_norms.of(batch)

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
        size = _size(batch)
        point = EvaluationPoint(theta)
        with self._computing():
            gauss_newton = self._gauss_newton_of(size, point, batch, direction)
            check_batch(batch, gauss_newton.network.graph)
            product = gauss_newton.run(point, batch, direction)
        self._say_once("Gauss-Newton products", gauss_newton.notice, logging.INFO)
        return product / size

    # -- running statistics ------------------------------------------------------------------------------------

    def set_statistics(self, statistics: Array) -> None:
        """Use given running statistics and frozen weights (S,), in the order of `Network.statistics`."""
        self._cache.store.write(self.network.statistics.unflatten(statistics))

    def refresh_statistics(self, theta: Array, batches: Iterable[Batch]) -> None:
        """Recompute the running mean and variance over the training data at theta, for policy ``frozen``.

        Every layer's batch mean and (unbiased) variance are averaged over the batches, weighted by their sizes.
        """
        if self.network.running_statistics:
            self.use_statistics((_size(batch), self.batch_statistics(theta, batch)) for batch in batches)

    def batch_statistics(self, theta: Array, batch: Batch) -> Dict[str, Array]:
        """Compute the mean and variance of one batch in every layer that has running ones, by their names."""
        with self._computing():
            self._cache.store.write(self.space.unflatten(theta))
            graph = self._cache.graph(_size(batch), MEASURING)
            check_batch(batch, graph)
            graph.feed(batch)
            graph.sample_losses.forward(clear_buffer=True)
            return self._cache.store.read(self.network.running_statistics)

    def use_statistics(self, statistics: Iterable[Tuple[int, Dict[str, Array]]]) -> None:
        """Use the mean of the statistics of some batches, given with the batches' sizes."""
        self._cache.store.write(mean_statistics(statistics))

    def __reduce__(self) -> Tuple[Callable[..., LossOracle], Tuple[Any, ...]]:
        """Send network and running statistics; graphs are built anew there."""
        statistics = self.network.statistics.flatten(self._cache.store.read(self.network.statistics.names))
        return _opened, (self.network, self._batch_norm, self.device, statistics)

    # -- inside ------------------------------------------------------------------------------------------------

    @contextmanager
    def _computing(self) -> Iterator[None]:
        """Compute on the device, and say what NNabla raises in the package's own words."""
        with translated_errors(self.network.path, "losses or derivatives"), self.device.scope(), one_thread():
            yield

    def _products_of(
        self, key: Tuple[int, Purpose], point: EvaluationPoint, batch: Batch, direction: Array
    ) -> SampleProducts:
        """Return the products of a batch size and purpose, checked on its first batch."""
        if key not in self._products:
            network = self._cache.with_parameters(*key)
            check_batch(batch, network.graph)
            fast = self.device.kind == "cpu"
            self._products[key], notice = checked_products(network, point, batch, direction, fast)
            self._say_once("products", notice, logging.WARNING)
        return self._products[key]

    def _scores_of(self, size: int, point: EvaluationPoint, batch: Batch, direction: Array) -> SampleScores:
        """Return the scores of a batch size; the forward mode's are checked on the very first batch."""
        if self.device.kind != "cpu":
            return self._products_of((size, self._purpose), point, batch, direction)
        if size not in self._scores:
            network = self._cache.with_parameters(size, self._purpose)
            check_batch(batch, network.graph)
            if self._forward_is_right(point, batch, direction):
                self._scores[size] = ForwardScores(network)
            else:
                self._scores[size] = self._first_scores(network, point, batch, direction)
        return self._scores[size]

    def _forward_is_right(self, point: EvaluationPoint, batch: Batch, direction: Array) -> bool:
        """Whether the forward mode is known to be right, from another batch size or a few rows of this batch."""
        if any(isinstance(scores, ForwardScores) for scores in self._scores.values()):
            return True  # the rules are the same for every size
        if _size(batch) > PROBE_ROWS:
            with suppress(UnsupportedError):  # the whole batch then tells why
                checked_forward_scores(self._probe(), point, _few(batch), direction)
                return True
        return False

    def _probe(self) -> ParameterizedGraph:
        """Build the network for so few samples that a check costs little."""
        return self._cache.with_parameters(PROBE_ROWS, self._purpose)

    def _first_scores(
        self, network: ParameterizedGraph, point: EvaluationPoint, batch: Batch, direction: Array
    ) -> SampleScores:
        key = (_size(batch), self._purpose)
        scores, notice = checked_scores(
            network, point, batch, direction, lambda: self._products_of(key, point, batch, direction)
        )
        self._say_once("scores", notice, logging.INFO)
        return scores

    def _gauss_newton_of(self, size: int, point: EvaluationPoint, batch: Batch, direction: Array) -> GaussNewton:
        """Return the Gauss-Newton products of a batch size."""
        if size not in self._gauss_newton:
            network = self._cache.with_parameters(size, self._purpose)
            check_batch(batch, network.graph)
            forward = self.device.kind == "cpu"
            checked = forward and self._forward_products_are_right(point, batch, direction)
            self._gauss_newton[size] = GaussNewton(network, forward, checked)
        return self._gauss_newton[size]

    def _forward_products_are_right(self, point: EvaluationPoint, batch: Batch, direction: Array) -> bool:
        """See `_forward_is_right`."""
        if any(other.by_forward for other in self._gauss_newton.values()):
            return True
        if _size(batch) > PROBE_ROWS:
            with suppress(UnsupportedError):
                probe = GaussNewton(self._probe())
                probe.run(point, _few(batch), direction)
                return probe.by_forward
        return False

    def _say_once(self, subject: str, notice: str, level: int) -> None:
        if notice and subject not in self._said:
            LOGGER.log(level, "%s", notice)
            self._said.add(subject)

    def _gradient(self, graph: Graph, weigh: Optional[Callable[[Array], Array]]) -> Array:
        """Compute the gradient (P,) of the batch's mean loss, its samples weighted by what their losses are."""
        graph.clear_gradients()
        graph.sample_losses.persistent = True  # its values are read after a pass that clears
        graph.sample_losses.forward(clear_no_need_grad=True)
        seed: Union[float, Array] = 1.0 / graph.batch_size
        if weigh is not None:
            factors = weigh(graph.sample_losses.d[:, 0].astype(np.float64))  # (B,)
            seed = (factors / graph.batch_size).astype(np.float32)[:, None]
        graph.sample_losses.backward(grad=seed, clear_buffer=True)
        return graph.gradient(self.space)


def _opened(network: Network, batch_norm: str, device: Device, statistics: Array) -> LossOracle:
    oracle = LossOracle(network, batch_norm, device)
    oracle.set_statistics(statistics)
    return oracle


def _few(batch: Batch) -> Batch:
    return {name: column[:PROBE_ROWS] for name, column in batch.items()}


def _size(batch: Batch) -> int:
    return len(next(iter(batch.values())))
