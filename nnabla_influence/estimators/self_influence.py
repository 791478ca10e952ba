"""Self-influence: minus the squared norm of each sample's own gradient at the final parameters.

``<grad l_i, grad l_i>`` is how much a sample's step changes its own loss: large for odd samples, mislabelled ones among
them (Koh & Liang 2017; Pruthi et al. 2020). It measures oddness, not harm, and does not look at validation data. The
sign follows the house: odd samples get the lowest scores.

Nothing of size N x P is ever held: the norms of a batch come from what went into each layer and what came back
(`autodiff.layer_norms`), in one pass; where a network has layers or shared parameters without such a formula, from one
sample's gradient at a time, and the log says so. With batch normalisation, running statistics (policy ``frozen``) are
used always: a lone sample has no batch.
"""

from __future__ import annotations

import logging
from functools import partial

from ..autodiff import LossOracle
from ..dataset.batches import consecutive_batches
from ..device import Device
from ..scores import InfluenceScores
from .influence_estimator import InfluenceEstimator
from .scoring_task import ScoringTask

__all__ = ["SelfInfluence"]

LOGGER = logging.getLogger("nnabla_influence")


class SelfInfluence(InfluenceEstimator):
    """Minus the squared norm of every sample's gradient.

    Args:
        device: Where to compute.

    >>> import numpy as np
    >>> from nnabla_influence import Dataset, Network, SelfInfluence, TrainingConfig
    >>> from nnabla_influence.training import FinalState
    >>> data = Dataset.from_arrays({"x": np.eye(4), "y": np.array([0, 1, 2, 0])})
    >>> network = Network.builtin("builtin:mlp", (4,), 3)
    >>> training = FinalState(network, TrainingConfig(epochs=1, batch_size=2), samples=4)
    >>> len(SelfInfluence().estimate(training, data, data).values)
    4
    """

    method = "self-influence"

    def __init__(self, device: Device = Device()) -> None:
        self.device = device

    def _scores(self, task: ScoringTask) -> InfluenceScores:
        theta = task.training.final.theta
        if task.training.network.has_batch_norm:
            LOGGER.info(
                "self-influence uses the running statistics of batch normalisation, recomputed over the training "
                "data: a lone sample has no batch"
            )
        oracle = task.oracle(theta, "frozen", self.device)
        question = partial(LossOracle.squared_gradient_norms, theta=theta)
        batches = consecutive_batches(len(task.train), task.training.config.batch_size)
        return InfluenceScores(-task.of_every_sample(oracle, question, batches), self.method)
