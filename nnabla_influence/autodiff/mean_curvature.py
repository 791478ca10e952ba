"""The mean curvature of the training loss as an operator, from a random subset of the data.

Curvature enters influence through a few of its largest directions, which about a thousand samples show well. The subset
is drawn once by a seed, so the operator is a fixed matrix, as Krylov methods need it. Its batches have the training's
size: with batch statistics, a batch is what a sample's loss is defined in.
"""

from __future__ import annotations

import logging
from typing import List, Optional

import numpy as np

from ..array import Array, IntArray
from ..choices import CURVATURES
from ..dataset.batches import consecutive_batches
from ..dataset.dataset import Dataset
from ..errors import ConfigError, UnsupportedError
from ..linalg import FunctionOperator
from .loss_oracle import LossOracle
from .parameterized_graph import Batch

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

    def _mean(self, vector: Array) -> Array:
        """Compute the mean of the batches' products, weighted by their sizes (P,)."""
        if self._kind == "auto":
            self._resolve(vector)
        total = np.zeros(self.size)
        for rows in self._batches:
            total += len(rows) * self._of_batch(self._dataset.batch(rows), vector)
        return total / sum(map(len, self._batches))

    def _of_batch(self, batch: Batch, vector: Array) -> Array:
        if self._kind == "ggn":
            product = self._oracle.gauss_newton(self._theta, batch, vector)
        else:
            product = self._oracle.products(self._theta, batch, vector)[1]
        curvature: Array = product + self._decay * vector
        return curvature

    def _resolve(self, vector: Array) -> None:
        """Decide for all products to come, because Krylov methods need one fixed matrix.

        Each size of batch has a graph of its own, which its first product checks; so one batch of each is tried.
        """
        one_of_each_size = {len(rows): rows for rows in self._batches}.values()
        try:
            for rows in one_of_each_size:
                self._oracle.gauss_newton(self._theta, self._dataset.batch(rows), vector)
            self._kind = "ggn"
        except UnsupportedError as reason:
            LOGGER.info(
                "curvature: the Hessian instead of Gauss-Newton. %s", reason.message, extra={"remedy": reason.remedy}
            )
            self._kind = "hessian"


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
