"""Simple baselines every claim is held against.

`LossBaseline`: minus the sample's loss at the final parameters; the worst-fitted samples come first. It measures
oddness, not harm, and is a very strong detector of flipped labels. `MarginBaseline`: the logit margin averaged over
training, another measure of oddness, less dependent on how far the network has fitted its noise. `RandomBaseline`: a
seeded random order.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from ..autodiff import LossOracle
from ..device import Device
from ..scores import InfluenceScores
from .influence_estimator import InfluenceEstimator
from .scoring_task import ScoringTask

__all__ = ["LossBaseline", "MarginBaseline", "RandomBaseline"]


class LossBaseline(InfluenceEstimator):
    """Minus the loss of every sample at the final parameters.

    Args:
        batch_norm: Policy of `LossOracle`.
        device: Where to compute.

    >>> import numpy as np
    >>> from nnabla_influence import Dataset, LossBaseline, Network, TrainingConfig
    >>> from nnabla_influence.training import FinalState
    >>> data = Dataset.from_arrays({"x": np.eye(4), "y": np.array([0, 1, 2, 0])})
    >>> network = Network.builtin("builtin:mlp", (4,), 3)
    >>> training = FinalState(network, TrainingConfig(epochs=1, batch_size=2), samples=4)
    >>> len(LossBaseline().estimate(training, data, data).values)
    4
    """

    method = "loss"

    def __init__(self, batch_norm: str = "batch", device: Device = Device()) -> None:
        self.batch_norm = batch_norm
        self.device = device

    def _scores(self, task: ScoringTask) -> InfluenceScores:
        theta = task.training.final.theta
        oracle = task.oracle(theta, self.batch_norm, self.device)
        question = partial(LossOracle.sample_losses, theta=theta)
        return InfluenceScores(-task.of_every_sample(oracle, question, task.every_row()), self.method)


class MarginBaseline(InfluenceEstimator):
    """The logit margin, averaged over the epochs of training; needs a cache made with margins recorded.

    >>> MarginBaseline().settings()
    {'method': 'margin'}
    """

    method = "margin"

    def _scores(self, task: ScoringTask) -> InfluenceScores:
        return InfluenceScores(task.training.record("margins").astype(np.float64), self.method)


class RandomBaseline(InfluenceEstimator):
    """A random order, drawn from a seed.

    Args:
        seed: The seed.

    >>> import numpy as np
    >>> from nnabla_influence import Dataset, Network, RandomBaseline, TrainingConfig
    >>> from nnabla_influence.training import FinalState
    >>> data = Dataset.from_arrays({"x": np.eye(4), "y": np.array([0, 1, 2, 0])})
    >>> network = Network.builtin("builtin:mlp", (4,), 3)
    >>> training = FinalState(network, TrainingConfig(epochs=1, batch_size=2), samples=4)
    >>> len(RandomBaseline(seed=1).estimate(training, data, data).values)
    4
    """

    method = "random"

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def _scores(self, task: ScoringTask) -> InfluenceScores:
        return InfluenceScores(np.random.default_rng(self.seed).standard_normal(len(task.train)), self.method)
