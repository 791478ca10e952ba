"""The mean curvature of the training loss as an operator, from a random subset of the data.

Curvature enters influence through a few of its largest directions, which about a thousand samples show well. The subset
is drawn once by a seed, so the operator is a fixed matrix, as Krylov methods need it. Its batches have the training's
size: with batch statistics, a batch is what a sample's loss is defined in.
"""

from __future__ import annotations

import logging
from typing import Any, Callable, List, Optional

import numpy as np

from ..dataset.batches import consecutive_batches
from ..errors import ConfigError, UnsupportedError
from ..linalg import FunctionOperator
from .oracle import LossOracle

CURVATURES = ("auto", "ggn", "hessian")
LOGGER = logging.getLogger("nnabla_influence")
Progress = Callable[[int, int], None]


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
    """

    def __init__(
        self,
        oracle: LossOracle,
        theta: np.ndarray,
        dataset: Any,
        batches: List[np.ndarray],
        kind: str = "ggn",
        decay: float = 0.0,
    ) -> None:
        if kind not in CURVATURES:
            raise ConfigError(f"Curvature should be one of {', '.join(CURVATURES)}, not '{kind}'.")
        super().__init__(oracle.space.size, self._mean)
        self._oracle, self._theta, self._dataset, self._batches = oracle, theta, dataset, batches
        self._kind, self._decay = kind, decay

    def of_batch(self, number: int, vector: np.ndarray) -> np.ndarray:
        """The product of one batch's curvature alone (P,)."""
        batch = self._dataset.batch(self._batches[number])
        if self._kind == "auto":
            self._settle(batch, vector)
        if self._kind == "ggn":
            product = self._oracle.gauss_newton(self._theta, batch, vector)
        else:
            product = self._oracle.products(self._theta, batch, vector)[1]
        return product + self._decay * vector

    def _settle(self, batch: Any, vector: np.ndarray) -> None:
        """Decides for all products to come, because Krylov methods need one fixed matrix."""
        try:
            self._oracle.gauss_newton(self._theta, batch, vector)
            self._kind = "ggn"
        except UnsupportedError as reason:
            LOGGER.info("curvature: the Hessian instead of Gauss-Newton. %s", reason)
            self._kind = "hessian"

    def _mean(self, vector: np.ndarray) -> np.ndarray:
        total = np.zeros(self.size)
        for number, rows in enumerate(self._batches):
            total += len(rows) * self.of_batch(number, vector)
        return total / sum(map(len, self._batches))


def drawn_batches(samples: int, batch_size: int, subset: Optional[int], seed: int) -> List[np.ndarray]:
    """Row numbers of a random subset in batches; all rows in a random order if the subset is None or larger."""
    order = np.random.default_rng(seed).permutation(samples)
    chosen = order[:subset] if subset else order
    return [chosen[rows] for rows in consecutive_batches(len(chosen), batch_size)]
