"""Simple baselines every claim is held against.

`LossBaseline`: minus the sample's loss at the final parameters; the worst-fitted samples come first. It measures
oddness, not harm, and is a very strong detector of flipped labels. `MarginBaseline`: the logit margin averaged over
training, another measure of oddness, less dependent on how far the network has fitted its noise. `RandomBaseline`: a
seeded random order.
"""

from __future__ import annotations

from typing import Optional

import numpy as np

from ..dataset.dataset import Dataset
from ..device import Device
from ..scores import InfluenceScores
from ..training import FinishedTraining
from .base import InfluenceEstimator, OracleSettings, Progress, Store, all_rows, prepared_oracle


class LossBaseline(InfluenceEstimator):
    """Minus the loss of every sample at the final parameters.

    Args:
        batch_norm: Policy of `LossOracle`.
        device: Where to compute.
    """

    method = "loss"

    def __init__(self, batch_norm: str = "batch", device: Device = Device()) -> None:
        self.batch_norm, self.device = batch_norm, device

    def estimate(
        self,
        training: FinishedTraining,
        train: Dataset,
        validation: Dataset,
        progress: Optional[Progress] = None,
        store: Optional[Store] = None,
    ) -> InfluenceScores:
        """See `InfluenceEstimator.estimate`; the batches are those of the last epoch."""
        theta = training.final.theta
        oracle = prepared_oracle(training, train, theta, OracleSettings(self.batch_norm, self.device))
        batches = all_rows(training.plan, training.config.epochs - 1)
        scores, done = np.zeros(len(train)), 0
        for rows in batches:
            scores[rows] = -oracle.sample_losses(theta, train.batch(rows))
            done += len(rows)
            if progress:
                progress(done, len(train))
        return InfluenceScores(scores, self.method)


class MarginBaseline(InfluenceEstimator):
    """The logit margin, averaged over the epochs of training; needs a cache made with margins recorded."""

    method = "margin"

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
            CheckpointMissingError: The margins were not recorded.
        """
        return InfluenceScores(training.record("margins").astype(np.float64), self.method)


class RandomBaseline(InfluenceEstimator):
    """A random order, drawn from a seed.

    Args:
        seed: The seed.
    """

    method = "random"

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def estimate(
        self,
        training: FinishedTraining,
        train: Dataset,
        validation: Dataset,
        progress: Optional[Progress] = None,
        store: Optional[Store] = None,
    ) -> InfluenceScores:
        """See `InfluenceEstimator.estimate`."""
        return InfluenceScores(np.random.default_rng(self.seed).standard_normal(len(train)), self.method)
