"""Scores of a run whose batches wrap around: samples drawn twice, and samples never drawn."""

import dataclasses

import numpy as np
import pytest
from support.comparison import assert_close

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.config import IteratorConfig, SolverConfig, TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.device import Device
from nnabla_influence.estimators import LastEpochInfluence, LossBaseline, SelfInfluence, SgdInfluence, SpectralInfluence
from nnabla_influence.network import Network
from nnabla_influence.training import StepPlan, Trainer, train

SAMPLES, SHAPE = 9, 4


@pytest.fixture
def values():
    random = np.random.RandomState(3)
    return {"x": random.normal(size=(SAMPLES, SHAPE)), "y": random.normal(size=(SAMPLES, 2))}


@pytest.fixture
def network():
    return Network.builtin("builtin:mlp", (SHAPE,), 2, "regression", seed=1)


@pytest.fixture
def validation():
    random = np.random.RandomState(4)
    return Dataset.from_arrays({"x": random.normal(size=(6, SHAPE)), "y": random.normal(size=(6, 2))})


def wrapped(batch_size, iterations, shuffle=False, epochs=1):
    """The configuration of a run with NNabla's iterator."""
    iterator = IteratorConfig(iterations)
    solver = SolverConfig(learning_rate=0.05)
    return TrainingConfig(solver, epochs, batch_size, shuffle=shuffle, iterator=iterator, policy="every-step")


def test_a_sample_drawn_twice_in_a_batch_earns_both_scores(values, network, validation, tmp_path):
    """N = 3, batches of 4: rows 0 1 2 0. The same as four samples, of which two are equal."""
    three = Dataset.from_arrays({name: array[:3] for name, array in values.items()})
    four = Dataset.from_arrays({name: array[[0, 1, 2, 0]] for name, array in values.items()})
    twice = train(network, three, wrapped(4, 1), tmp_path / "wrapped.h5")
    plain = train(network, four, TrainingConfig(twice.config.solver, 1, 4, shuffle=False), tmp_path / "plain.h5")
    assert_close(twice.final.theta, plain.final.theta, 1e-6, "the same training")
    for method in (LastEpochInfluence(objective="loss"), SgdInfluence(objective="loss")):
        found = method.estimate(twice, three, validation)
        expected = method.estimate(plain, four, validation).values
        assert_close(found.values, [expected[0] + expected[3], *expected[1:3]], 1e-5, "float32 products")
        assert found.columns["epoch_draws"].tolist() == [2, 1, 1]


def test_scores_are_the_derivative_of_the_retrained_validation_loss(values, network, validation, tmp_path):
    """Against weights of the samples nudged up and down, and the whole epoch trained again."""
    data, config = Dataset.from_arrays(values), wrapped(4, 3, shuffle=True, epochs=4)
    cache = train(network, data, config, tmp_path / "cache.h5")
    draws = cache.plan.draws(3)
    assert draws.max() == 2, "a sample is drawn twice"
    start, nudge = cache.checkpoint(cache.plan.steps - cache.plan.steps_per_epoch), 0.03
    truth = np.zeros(SAMPLES)
    for row in np.flatnonzero(draws):
        losses = []
        for sign in (1, -1):
            weights = np.ones(SAMPLES, np.float32)
            weights[row] += sign * nudge
            trainer = Trainer(network, data, cache.config, Device(), weights)
            trainer.restore(start)
            for step in cache.plan.epoch(3):
                trainer.step(step)
            batch = validation.batch(np.arange(len(validation)))
            losses.append(LossOracle(network).loss(trainer.state().theta, [batch], validation=True))
        truth[row] = -(losses[0] - losses[1]) / (2 * nudge)
    found = SgdInfluence(objective="loss").estimate(cache, data, validation).values
    drawn = draws > 0
    assert_close(found[drawn], truth[drawn], 5e-3, "a central difference of float32 losses")


@pytest.mark.parametrize(
    "method",
    [LastEpochInfluence(objective="loss"), SgdInfluence(objective="loss")],
    ids=["last-epoch", "sgd-influence"],
)
def test_a_sample_never_drawn_gets_the_score_of_the_mean_step(values, network, validation, tmp_path, caplog, method):
    """Batches 0 1, 2 3, 4 5; rows 0, 2, 4 are equal to row 6, which is never drawn; so are 7 and 8."""
    same = {name: array[[0, 1, 0, 3, 0, 5, 0, 7, 8]] for name, array in values.items()}
    data, config = Dataset.from_arrays(same), wrapped(2, 3)
    # So small a step that the true parameters of the steps are the final ones.
    config = dataclasses.replace(config, solver=SolverConfig(learning_rate=1e-4))
    cache = train(network, data, config, tmp_path / "cache.h5")
    found = method.estimate(cache, data, validation)
    assert_close(found.values[6], found.values[[0, 2, 4]].mean(), 5e-3, "steps of 1e-4 times curvature; 1.4e-3 seen")
    assert found.columns["epoch_draws"].tolist() == [1] * 6 + [0] * 3
    assert any("3 of 9" in line and line.endswith("Rows: 6, 7, 8") for line in caplog.messages)


@pytest.mark.parametrize(
    "method", [SpectralInfluence(objective="loss"), SelfInfluence(), LossBaseline()], ids=lambda m: m.method
)
def test_methods_at_the_final_parameters_score_every_sample_once(values, network, validation, tmp_path, method):
    """As with batches of our own at the same parameters."""
    data = Dataset.from_arrays(values)
    # So small a step that curvature does not matter for the three steps here and the five steps there.
    config = dataclasses.replace(wrapped(2, 3), solver=SolverConfig(learning_rate=1e-5))
    cache = train(network, data, config, tmp_path / "cache.h5")
    found = method.estimate(cache, data, validation)
    assert np.count_nonzero(found.values) == SAMPLES and not found.columns
    even = dataclasses.replace(cache.config, iterator=None)
    plan, cache.plan = cache.plan, StepPlan(even, SAMPLES)
    expected = method.estimate(cache, data, validation).values
    factor = plan.steps_per_epoch / cache.plan.steps_per_epoch if method.method == "spectral" else 1
    assert_close(found.values, factor * expected, 1e-3 if factor != 1 else 1e-6, "steps of 1e-5 and their curvature")


def test_the_training_loss_of_an_epoch_is_a_mean_over_its_draws(values, network, tmp_path):
    data = Dataset.from_arrays(values)
    config = dataclasses.replace(wrapped(2, 3), solver=SolverConfig(learning_rate=1e-9))
    cache = train(network, data, config, tmp_path / "cache.h5")
    losses = LossOracle(network).sample_losses(network.theta, data.batch(np.arange(6)))
    assert cache.passport["training_loss"] == pytest.approx([losses.mean()], rel=1e-5)
