"""A small training that every estimator can score."""

import numpy as np
import pytest

from nnabla_influence.config import SolverConfig, TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.network import Network
from nnabla_influence.training import train


def _data(samples, seed):
    random = np.random.RandomState(seed)
    return Dataset.from_arrays({"x": random.normal(size=(samples, 5)), "y": random.randint(3, size=(samples, 1))})


@pytest.fixture
def run(tmp_path):
    """``run(...)`` -> (cache, training data, validation data) of a small training."""

    def make(**changes):
        settings = {"solver": SolverConfig(learning_rate=0.1), "epochs": 2, "batch_size": 7, **changes}
        training = _data(23, 0)
        network = Network.builtin("builtin:mlp", (5,), 3)
        return train(network, training, TrainingConfig(**settings), tmp_path / "c.h5"), training, _data(11, 1)

    return make


@pytest.fixture
def scores():
    """``scores(estimator, cache, training, validation)`` -> (N,)."""

    def make(estimator, cache, training, validation):
        return estimator.estimate(cache, training, validation).values

    return make
