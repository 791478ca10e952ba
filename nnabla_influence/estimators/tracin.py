"""TracIn (Pruthi et al. 2020): gradient products at checkpoints, no Hessian.

    r_i = (1 / B) sum over checkpoints of eta <grad l_i(theta), g(theta)>

with one checkpoint at the end of each epoch, its learning rate and its own mean validation gradient. It needs a cache
of policy ``epochs`` or finer; ``last`` limits it to the last checkpoints. Multiplying by eta / B makes the magnitudes
comparable with the methods that follow the steps.
"""

from __future__ import annotations

from typing import List, Optional

import numpy as np

from ..autodiff import LossOracle
from ..dataset.dataset import Dataset
from ..device import Device
from ..errors import CheckpointMissingError, ConfigError
from ..scores import InfluenceScores
from ..training import FinishedTraining, TrainingCache, kept_steps
from .base import InfluenceEstimator, Progress, Store, in_batches, sample_products


class TracIn(InfluenceEstimator):
    """Gradient products summed over epoch checkpoints.

    Args:
        last: Checkpoints to use, counted from the end; None for all epochs.
        device: Where to compute.

    Raises:
        ConfigError: `last` is below 1.
    """

    method = "tracin"

    def __init__(self, last: Optional[int] = None, device: Device = Device()) -> None:
        if last is not None and last < 1:
            raise ConfigError(f"TracIn needs at least 1 checkpoint, not {last}.")
        self.last, self.device = last, device

    def estimate(
        self,
        training: FinishedTraining,
        train: Dataset,
        validation: Dataset,
        progress: Optional[Progress] = None,
        store: Optional[Store] = None,
    ) -> InfluenceScores:
        """See `InfluenceEstimator.estimate`.

        Raises:
            CheckpointMissingError: The cache does not hold the end of every epoch asked for.
        """
        cache = kept_steps(training, self.method, "epochs")
        oracle, size = LossOracle(training.network, "batch", self.device), training.config.batch_size
        scores, epochs = np.zeros(len(train)), self._epochs(cache)
        for number, epoch in enumerate(epochs):
            theta = cache.checkpoint((epoch + 1) * training.plan.steps_per_epoch).theta
            direction = oracle.mean_gradient(theta, in_batches(validation, size), validation=True)
            products = sample_products(
                oracle, theta, training, train, direction, _shifted(progress, number, len(epochs))
            )
            rate = np.mean([step.learning_rate for step in training.plan.epoch(epoch)])
            scores += float(rate) / size * products
        return InfluenceScores(scores, self.method)

    def _epochs(self, cache: TrainingCache) -> List[int]:
        wanted = range(cache.config.epochs)[-self.last if self.last else 0 :]
        missing = [e for e in wanted if (e + 1) * cache.plan.steps_per_epoch not in cache.kept]
        if missing:
            raise CheckpointMissingError(
                f"tracin needs the parameters at the end of every epoch; '{cache.path}' "
                f"(policy '{cache.config.policy}') lacks epoch {missing[0] + 1}. Train with --policy epochs."
            )
        return list(wanted)


def _shifted(progress: Optional[Progress], number: int, of: int) -> Optional[Progress]:
    """Progress of one of several passes."""
    if progress is None:
        return None
    report = progress
    return lambda done, total: report(number * total + done, of * total)
