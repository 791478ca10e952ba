"""Self-influence: minus the squared norm of each sample's own gradient at the final parameters.

``<grad l_i, grad l_i>`` is how much a sample's step changes its own loss: large for odd samples, mislabelled ones among
them (Koh & Liang 2017; Pruthi et al. 2020). It measures oddness, not harm, and does not look at validation data. The
sign follows the house: odd samples get the lowest scores.

One sample's gradient at a time, so nothing of size N x P is ever held. With batch normalisation, running statistics
(policy ``frozen``) are used always: a lone sample has no batch.
"""

from __future__ import annotations

import logging
from typing import Optional

import numpy as np

from ..dataset.dataset import Dataset
from ..device import Device
from ..scores import InfluenceScores
from ..training import FinishedTraining
from .base import InfluenceEstimator, OracleSettings, Progress, Store, prepared_oracle

LOGGER = logging.getLogger("nnabla_influence")


class SelfInfluence(InfluenceEstimator):
    """Minus the squared norm of every sample's gradient.

    Args:
        device: Where to compute.
    """

    method = "self-influence"

    def __init__(self, device: Device = Device()) -> None:
        self.device = device

    def estimate(
        self,
        training: FinishedTraining,
        train: Dataset,
        validation: Dataset,
        progress: Optional[Progress] = None,
        store: Optional[Store] = None,
    ) -> InfluenceScores:
        """See `InfluenceEstimator.estimate`."""
        theta = training.final.theta
        if training.network.has_batch_norm:
            LOGGER.info(
                "self-influence uses the running statistics of batch normalisation, recomputed over the training "
                "data: a lone sample has no batch"
            )
        oracle = prepared_oracle(training, train, theta, OracleSettings("frozen", self.device))
        scores = np.empty(len(train))
        for row in range(len(train)):
            gradient = oracle.mean_gradient(theta, [train.batch([row])])
            scores[row] = -float(gradient @ gradient)
            if progress:
                progress(row + 1, len(train))
        return InfluenceScores(scores, self.method)
