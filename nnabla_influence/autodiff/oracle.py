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
from typing import Callable, Dict, Iterable, Iterator, Mapping, Optional, Tuple, TypeVar

import nnabla.random
import numpy as np

from ..choices import BATCH_NORM_POLICIES
from ..device import Device
from ..errors import ConfigError, UnsupportedError
from ..network import MEASURING, SCORING_BATCH, SCORING_FROZEN, TRAINING, Graph, Network, Purpose
from ..network.graph import check_batch
from ..network.nnabla_errors import translated_errors
from .differences import STEP, Place, difference_products
from .gauss_newton import GaussNewtonGraph
from .products import ProductGraph, checked_products

Batch = Mapping[str, np.ndarray]
Computed = TypeVar("Computed")
# Step of central differences, relative to the length of the parameters; measured in `gauss_newton`.
DIFFERENCE = 3e-4


class LossOracle:
    """Derivatives of the loss of a network.

    Args:
        network: The network; its running statistics are the start of policy ``frozen``.
        batch_norm: ``batch`` or ``frozen``, see the module's text.
        device: Where to compute.

    Raises:
        ConfigError: No such batch-norm policy.
        ComputationError: NNabla fails at a batch; any method may raise this.
    """

    def __init__(self, network: Network, batch_norm: str = "batch", device: Device = Device()) -> None:
        if batch_norm not in BATCH_NORM_POLICIES:
            raise ConfigError(f"Batch-norm policy should be batch or frozen, not '{batch_norm}'.")
        self.network, self.space, self.device = network, network.space, device
        self._purpose = SCORING_BATCH if batch_norm == "batch" else SCORING_FROZEN
        self._store = network.store()
        self._graphs: Dict[Tuple[int, Purpose, bool], Graph] = {}
        self._gauss_newton: Dict[int, GaussNewtonGraph] = {}
        self._products: Dict[Tuple[int, Purpose], Optional[ProductGraph]] = {}
        self._exact, self._step = True, STEP

    # -- losses ------------------------------------------------------------------------------------------------

    def sample_losses(self, theta: np.ndarray, batch: Batch, validation: bool = False) -> np.ndarray:
        """The loss of every sample (B,)."""

        def values(graph: Graph) -> np.ndarray:
            graph.sample_losses.forward(clear_buffer=True)
            return graph.sample_losses.d[:, 0].astype(np.float64)

        return self._on_graph(theta, batch, validation, values)

    def predictions(self, theta: np.ndarray, batch: Batch, validation: bool = False) -> np.ndarray:
        """What the first loss compares with the target (B, ...): logits, or predicted values.

        Raises:
            UnsupportedError: The loss is of no known kind.
        """

        def values(graph: Graph) -> np.ndarray:
            prediction = graph.predictions[0][1]
            if prediction is None:
                raise UnsupportedError(f"The loss of '{self.network.path}' has no known prediction.")
            prediction.forward(clear_buffer=True)
            return prediction.d.copy()

        return self._on_graph(theta, batch, validation, values)

    def outcomes(
        self, theta: np.ndarray, batch: Batch, validation: bool = False
    ) -> Tuple[np.ndarray, Optional[np.ndarray]]:
        """The loss (B,) and the prediction (B, ...) of every sample, from one forward pass.

        The prediction is what the first loss compares with the target; None if that loss is of no known kind.
        """

        def values(graph: Graph) -> Tuple[np.ndarray, Optional[np.ndarray]]:
            graph.keep_predictions()
            graph.sample_losses.forward(clear_buffer=True)
            known = graph.predictions[0][1] is not None
            return graph.sample_losses.d[:, 0].astype(np.float64), graph.prediction_values() if known else None

        return self._on_graph(theta, batch, validation, values)

    def loss(self, theta: np.ndarray, batches: Iterable[Batch], validation: bool = False) -> float:
        """The mean loss over all samples of the batches, whatever their sizes."""
        losses = [self.sample_losses(theta, batch, validation) for batch in batches]
        return float(np.concatenate(losses).mean())

    # -- derivatives -------------------------------------------------------------------------------------------

    def mean_gradient(self, theta: np.ndarray, batches: Iterable[Batch], validation: bool = False) -> np.ndarray:
        """The gradient (P,) of the mean loss over all samples of the batches, in double precision."""
        total, count = np.zeros(self.space.size), 0
        for batch in batches:
            size = _size(batch)
            total += size * self._on_graph(theta, batch, validation, self._gradient).astype(np.float64)
            count += size
        return total / count

    def products(
        self, theta: np.ndarray, batch: Batch, direction: np.ndarray, seed: Optional[int] = None
    ) -> Tuple[np.ndarray, np.ndarray]:
        """Scores and Hessian product of a training batch, from one graph.

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
        with self._computing():
            exact = self._product_graph((size, purpose), batch, theta, direction, seed)
            self._store.write(self.space.unflatten(theta))
            if exact is None:
                place = self._place(size, purpose, theta, seed)
                scores, curvature = difference_products(place, batch, direction, self._step)
            else:
                if seed is not None:
                    nnabla.random.set_function_seed(seed)
                scores, curvature = exact.run(batch, direction)
        return scores, curvature.astype(np.float64) / size

    def sample_products(self, theta: np.ndarray, batch: Batch, direction: np.ndarray) -> np.ndarray:
        """``<grad l_i, u>`` (B,) for every sample of a training batch."""
        return self.products(theta, batch, direction)[0]

    def gauss_newton(self, theta: np.ndarray, batch: Batch, direction: np.ndarray) -> np.ndarray:
        """``G v`` (P,), G the Gauss-Newton matrix of a training batch's mean loss.

        Args:
            theta: Parameters (P,).
            batch: Columns of B samples.
            direction: v (P,).

        Raises:
            UnsupportedError: A loss has no known Hessian in its prediction, or the network rounds.
        """
        length, size = float(np.linalg.norm(direction)), _size(batch)
        if length == 0:
            return np.zeros(self.space.size)
        # A relative step, because that is what float32 resolves.
        step = DIFFERENCE * max(float(np.linalg.norm(theta)), 1.0)
        shift = (step / length) * direction
        with self._computing():
            graph = self._gauss_newton_graph(size)
            check_batch(batch, graph.graph)
            graph.graph.feed(batch)
            ends = []
            for end in (theta + shift, theta - shift):
                self._store.write(self.space.unflatten(end.astype(np.float32)))
                ends.append(graph.predictions())
            tangents = [(a - b) * (length / (2 * step)) for a, b in zip(*ends)]
            middle = [(a + b) / 2 for a, b in zip(*ends)]
            self._store.write(self.space.unflatten(theta))
            graph.check_tangents(tangents, direction)
            product = graph.pulled_back(graph.output_curvature(middle, tangents))
        return product.astype(np.float64) / size

    # -- running statistics ------------------------------------------------------------------------------------

    def set_statistics(self, statistics: np.ndarray) -> None:
        """Uses given running statistics and frozen weights (S,), in the order of `Network.statistics`."""
        self._store.write(self.network.statistics.unflatten(statistics))

    def refresh_statistics(self, theta: np.ndarray, batches: Iterable[Batch]) -> None:
        """Recomputes the running mean and variance over the training data at theta, for policy ``frozen``.

        Every layer's batch mean and (unbiased) variance are averaged over the batches, weighted by their sizes.
        """
        names = self.network.running_statistics
        if not names:
            return
        totals: Dict[str, np.ndarray] = dict.fromkeys(names, np.zeros(()))
        count = 0
        for batch in batches:
            size = _size(batch)
            with self._computing():
                self._store.write(self.space.unflatten(theta))
                graph = self._graph(size, MEASURING, False)
                check_batch(batch, graph)
                graph.feed(batch)
                graph.sample_losses.forward(clear_buffer=True)
                seen = self._store.read(names)
            totals = {name: totals[name] + size * seen[name].astype(np.float64) for name in names}
            count += size
        self._store.write({name: (totals[name] / count).astype(np.float32) for name in names})

    # -- inside ------------------------------------------------------------------------------------------------

    @contextmanager
    def _computing(self) -> Iterator[None]:
        """On the device; what NNabla raises is said in the package's own words."""
        with translated_errors(self.network.path, "losses or derivatives"), self.device.scope():
            yield

    def _product_graph(
        self, key: Tuple[int, Purpose], batch: Batch, theta: np.ndarray, direction: np.ndarray, seed: Optional[int]
    ) -> Optional[ProductGraph]:
        """The double-backward graph, checked on its first batch; None where differences must do."""
        if key not in self._products:
            place = self._place(*key, theta, seed)
            check_batch(batch, place.graph)
            exact = None
            if self._exact:
                exact, self._step = checked_products(place, batch, direction, self.device.kind == "cpu")
            self._products[key], self._exact = exact, exact is not None
        return self._products[key]

    def _place(self, size: int, purpose: Purpose, theta: np.ndarray, seed: Optional[int]) -> Place:
        return Place(self._graph(size, purpose, False), self._store, self.space, theta, seed)

    def _gauss_newton_graph(self, size: int) -> GaussNewtonGraph:
        if size not in self._gauss_newton:
            self._gauss_newton[size] = GaussNewtonGraph(self._graph(size, self._purpose, False), self.space)
        return self._gauss_newton[size]

    def _graph(self, size: int, purpose: Purpose, validation: bool) -> Graph:
        key = (size, purpose, validation)
        if key not in self._graphs:
            self._graphs[key] = self.network.build(self._store, size, purpose, validation)
        return self._graphs[key]

    def _on_graph(
        self, theta: np.ndarray, batch: Batch, validation: bool, compute: Callable[[Graph], Computed]
    ) -> Computed:
        with self._computing():
            graph = self._graph(_size(batch), self._purpose, validation)
            check_batch(batch, graph)
            self._store.write(self.space.unflatten(theta))
            graph.feed(batch)
            return compute(graph)

    def _gradient(self, graph: Graph) -> np.ndarray:
        """Gradient of the batch's mean loss (P,)."""
        graph.clear_gradients()
        graph.sample_losses.forward(clear_no_need_grad=True)
        graph.sample_losses.backward(grad=1.0 / graph.batch_size, clear_buffer=True)
        return graph.gradient(self.space)


def _size(batch: Batch) -> int:
    return len(next(iter(batch.values())))
