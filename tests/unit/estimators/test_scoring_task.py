"""What several methods compute on their way."""

from dataclasses import replace

import numpy as np
import pytest
from support.comparison import assert_close

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.config import TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.device import Device
from nnabla_influence.estimators import LastEpochInfluence, ScoringTask
from nnabla_influence.network import Network
from nnabla_influence.training import FinalState


def test_every_validation_sample_counts_and_copies_change_nothing(run, scores):
    cache, training, validation = run()
    rows = validation.batch(range(11))
    doubled = Dataset.from_arrays({name: np.concatenate([a, a]) for name, a in rows.items()})
    changed = {name: a.copy() for name, a in rows.items()}
    changed["x"][0] += 1
    plain = scores(LastEpochInfluence(), cache, training, validation)
    np.testing.assert_allclose(scores(LastEpochInfluence(), cache, training, doubled), plain, rtol=1e-4, atol=1e-9)
    assert not np.allclose(scores(LastEpochInfluence(), cache, training, Dataset.from_arrays(changed)), plain)


@pytest.fixture
def task(run):
    return ScoringTask(*run())


def test_every_row_is_there_once_in_batches_of_the_training(task):
    rows = np.concatenate(task.every_row())
    assert sorted(rows) == list(range(23)) and max(map(len, task.every_row())) <= 7


def test_the_validation_gradient_is_that_of_the_mean_over_all_rows(task):
    oracle, theta = LossOracle(task.training.network), task.training.final.theta
    whole = oracle.mean_gradient(theta, [task.validation.batch(range(11))], validation=True)
    assert_close(task.validation_gradient(oracle, theta), whole, 1e-5, "float32 sums in another order")


def test_sample_products_are_those_of_a_sample_at_a_time_and_reported(run):
    calls = []
    task = ScoringTask(*run(), progress=lambda *call: calls.append(call))
    oracle, theta = LossOracle(task.training.network), task.training.final.theta
    direction = np.random.RandomState(0).normal(size=theta.size)
    loop = [oracle.mean_gradient(theta, [task.train.batch([row])]) @ direction for row in range(23)]
    assert_close(task.sample_products(oracle, theta, direction), loop, 1e-5, "float32")
    assert calls == [(6, 23), (12, 23), (18, 23), (23, 23)]


def test_the_mean_curvature_has_the_decay_on_its_diagonal_once_a_step(run):
    plain, decayed = ScoringTask(*run()), ScoringTask(*run())
    solver = decayed.training.config.solver
    decayed.training.config = replace(decayed.training.config, solver=replace(solver, weight_decay=0.5))
    oracle, theta = LossOracle(plain.training.network), plain.training.final.theta
    v = np.random.RandomState(0).normal(size=theta.size)
    operators = [task.mean_curvature(oracle, theta, "hessian", subset=None, seed=0) for task in (plain, decayed)]
    assert_close(operators[1] @ v - operators[0] @ v, 0.5 * v, 1e-5, "the same products")


@pytest.mark.parametrize("policy", ["batch", "frozen"])
def test_the_oracle_has_the_policy_and_the_statistics_of_the_training_data(policy):
    random = np.random.RandomState(0)
    data = Dataset.from_arrays({"x": random.normal(size=(20, 1, 8, 8)), "y": random.randint(3, size=20)})
    network = Network.builtin("builtin:cifarnet", (1, 8, 8), 3)
    task = ScoringTask(FinalState(network, TrainingConfig(epochs=1, batch_size=20), 20), data, data)
    oracle = task.oracle(network.theta, policy, Device())
    expected = LossOracle(network, policy)
    if policy == "frozen":
        expected.refresh_statistics(network.theta, [data.batch(range(20))])
    # One batch holds all the data in another order: the same mean and variance.
    losses = [o.sample_losses(network.theta, data.batch(range(20))) for o in (oracle, expected)]
    assert_close(*losses, 1e-4, "float32 statistics")
