"""A tiny training problem."""

import numpy as np
import pytest

from nnabla_influence.config import SolverConfig, TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.network import Network


@pytest.fixture
def data():
    random = np.random.RandomState(0)
    return Dataset.from_arrays({"x": random.normal(size=(23, 5)), "y": random.randint(3, size=(23, 1))})


@pytest.fixture
def network():
    return Network.builtin("builtin:mlp", (5,), 3)


@pytest.fixture
def config():
    """``config(...)``: five-sample batches, three epochs."""

    def make(**changes):
        return TrainingConfig(**{"solver": SolverConfig(learning_rate=0.1), "epochs": 3, "batch_size": 5, **changes})

    return make
