"""The mean curvature of the training loss as an operator, from a random subset of the data.

Curvature enters influence through a few of its largest directions, which about a thousand samples show well. The subset
is drawn once by a seed, so the operator is a fixed matrix, as Krylov methods need it. Its batches have the training's
size: with batch statistics, a batch is what a sample's loss is defined in.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Callable, List, Optional

import numpy as np

from ..array import Array, IntArray
from ..choices import CURVATURES
from ..dataset.batches import consecutive_batches
from ..dataset.dataset import Dataset
from ..errors import ConfigError, UnsupportedError
from ..linalg import FunctionOperator
from .loss_oracle import LossOracle
from .parameterized_graph import Batch
from .sweep import HERE, Sweep

__all__ = ["MeanCurvature", "drawn_batches"]

LOGGER = logging.getLogger("nnabla_influence")


class MeanCurvature(FunctionOperator):
    """Hessian or Gauss-Newton matrix of the mean loss of some training samples.

    Args:
        oracle: Derivatives of the network's loss.
        theta: Where (P,).
        dataset: The training data.
        batches: Row numbers of each batch.
        kind: ``ggn`` (positive semi-definite, cheaper), ``hessian``, or ``auto``: Gauss-Newton unless the loss or a
            layer has none, which the log says.
        decay: Coupled weight decay, added to the diagonal.
        sweep: Asks about the batches.

    Raises:
        ConfigError: No such kind.

    >>> import numpy as np
    >>> from nnabla_influence import Dataset, LossOracle, Network
    >>> network = Network.builtin("builtin:mlp", (4,), 3)
    >>> data = Dataset.from_arrays({"x": np.eye(4), "y": np.array([0, 1, 2, 0])})
    >>> curvature = MeanCurvature(LossOracle(network), network.theta, data, [np.arange(3), np.array([3])])
    >>> v = np.ones(curvature.size)
    >>> bool(v @ (curvature @ v) > 0)
    True
    """

    def __init__(
        self,
        oracle: LossOracle,
        theta: Array,
        dataset: Dataset,
        batches: List[IntArray],
        kind: str = "ggn",
        decay: float = 0.0,
        sweep: Sweep = HERE,
    ) -> None:
        if kind not in CURVATURES:
            raise ConfigError(f"Curvature should be one of {', '.join(CURVATURES)}, not '{kind}'.")
        super().__init__(oracle.space.size, self._mean)
        self._oracle = oracle
        self._theta = theta
        self._dataset = dataset
        self._batches = batches
        self._kind = kind
        self._decay = decay
        self._sweep = sweep

    def _mean(self, vector: Array) -> Array:
        """Compute the mean of the batches' products, weighted by their sizes (P,)."""
        if self._kind != "auto":
            return self._mean_of(PRODUCTS[self._kind], vector)
        # Decided for all products to come, because Krylov methods need one fixed matrix.
        try:
            mean = self._mean_of(_gauss_newton_product, vector)
            self._kind = "ggn"
        except UnsupportedError as reason:
            LOGGER.info(
                "curvature: the Hessian instead of Gauss-Newton. %s", reason.message, extra={"remedy": reason.remedy}
            )
            self._kind = "hessian"
            mean = self._mean_of(_hessian_product, vector)
        return mean

    def _mean_of(self, product: Callable[..., Array], vector: Array) -> Array:
        question = partial(product, theta=self._theta, direction=vector)
        products = self._sweep.batches(self._oracle, question, self._dataset, self._batches)
        total = np.zeros(self.size)
        for rows, of_batch in zip(self._batches, products):
            total += len(rows) * (of_batch + self._decay * vector)
        return total / sum(map(len, self._batches))


def _gauss_newton_product(oracle: LossOracle, theta: Array, direction: Array, batch: Batch) -> Array:
    return oracle.gauss_newton(theta, batch, direction)


def _hessian_product(oracle: LossOracle, theta: Array, direction: Array, batch: Batch) -> Array:
    return oracle.products(theta, batch, direction)[1]


PRODUCTS = {"ggn": _gauss_newton_product, "hessian": _hessian_product}


def drawn_batches(samples: int, batch_size: int, subset: Optional[int], seed: int) -> List[IntArray]:
    """Draw a random subset of row numbers and cut it into batches.

    Args:
        samples: N.
        batch_size: The largest size of a batch.
        subset: How many rows to draw; None, or more than there are, for all of them in a random order.
        seed: Of the draw.

    Returns:
        Row numbers of each batch.

    >>> [rows.tolist() for rows in drawn_batches(10, batch_size=2, subset=3, seed=0)]
    [[4, 6], [2]]
    """
    order = np.random.default_rng(seed).permutation(samples)
    chosen = order[:subset] if subset else order
    return [chosen[rows] for rows in consecutive_batches(len(chosen), batch_size)]
