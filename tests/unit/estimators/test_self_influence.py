"""Self-influence against one gradient at a time."""

import logging

import numpy as np

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.config import TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.estimators import SelfInfluence
from nnabla_influence.network import Network
from nnabla_influence.training import FinalState


def test_it_is_minus_the_squared_norm_of_each_gradient(run, scores):
    cache, training, validation = run()
    oracle, theta = LossOracle(cache.network, "frozen"), cache.final.theta
    gradients = [oracle.mean_gradient(theta, [training.batch([row])]) for row in range(23)]
    found = scores(SelfInfluence(), cache, training, validation)
    np.testing.assert_allclose(found, [-float(g @ g) for g in gradients], rtol=1e-5)


def test_batch_normalisation_is_mentioned(caplog):
    random = np.random.RandomState(0)
    data = Dataset.from_arrays({"x": random.normal(size=(4, 1, 8, 8)), "y": random.randint(3, size=4)})
    state = FinalState(Network.builtin("builtin:cifarnet", (1, 8, 8), 3), TrainingConfig(epochs=1, batch_size=2), 4)
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        assert (SelfInfluence().estimate(state, data, data).values < 0).all()
    assert "a lone sample has no batch" in caplog.text
