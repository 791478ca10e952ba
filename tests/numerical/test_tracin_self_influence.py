"""TracIn and self-influence against loops over checkpoints and over samples, one at a time."""

from dataclasses import replace

import numpy as np
import pytest
from reference import layers
from reference.perceptron import Perceptron
from support.cases import batch_one_gradients, case_named, draw_parameters, network_of
from support.comparison import assert_close, relative_error
from support.problems import as_float64, dataset, overlapping_classes, trained

from nnabla_influence.config import ScheduleConfig
from nnabla_influence.errors import CheckpointMissingError, ConfigError
from nnabla_influence.estimators import SelfInfluence, TracIn
from nnabla_influence.training import train

SAMPLES, BATCH, EPOCHS = 23, 5, 4
FLOAT32 = "float32 (6e-8 per operation), a few dozen accumulations; gradients are squared"
PERCEPTRON, PROBLEM = case_named("affine + ReLU"), Perceptron(5, 6, 3)


@pytest.fixture
def run(tmp_path):
    """``run(policy)``: the same training of a perceptron with a falling learning rate."""

    def make(policy="epochs"):
        data, validation = dataset(*overlapping_classes(SAMPLES, 0)), dataset(*overlapping_classes(17, 1))
        solver = {"learning_rate": 0.3, "schedule": ScheduleConfig("Exponential", {"gamma": 0.95})}
        network = network_of(PERCEPTRON, draw_parameters(PERCEPTRON, seed=4))
        options = {"epochs": EPOCHS, "batch_size": BATCH, "seed": 7, "solver": solver}
        t = trained(tmp_path, network, data, validation, **options)
        cache = train(network, data, replace(t.cache.config, policy=policy), tmp_path / f"{policy}.h5")
        return t._replace(cache=cache)

    return make


def scores(t, estimator):
    return estimator.estimate(t.cache, t.training, t.validation).values


def loop_over_checkpoints(t, epochs):
    """``eta / B <grad l_i, g>`` (N,) at the end of each epoch, eta the mean over its steps."""
    found, per_epoch = np.zeros(SAMPLES), t.cache.plan.steps_per_epoch
    for epoch in epochs:
        theta = t.cache.checkpoint((epoch + 1) * per_epoch).theta
        gradient = PROBLEM.sample_gradients(theta, *t.validation_data).mean(0)
        rate = np.mean([0.3 * 0.95**step for step in range(epoch * per_epoch, (epoch + 1) * per_epoch)])
        found += rate / BATCH * PROBLEM.sample_gradients(theta, *t.data) @ gradient
    return found


@pytest.mark.parametrize("policy", ["epochs", "every-step"])
@pytest.mark.parametrize("last", [None, 1, 3])
def test_tracin_equals_a_loop_over_checkpoints(run, policy, last):
    t = run(policy)
    expected = loop_over_checkpoints(t, range(EPOCHS)[-(last or EPOCHS) :])
    assert_close(scores(t, TracIn(last, objective="loss")), expected, 1e-5, FLOAT32)


def test_every_checkpoint_counts(run):
    t = run()
    found = [scores(t, TracIn(last, objective="loss")) for last in (1, 2, 3, None)]
    assert all(relative_error(a, b) > 1e-2 for a, b in zip(found, found[1:]))
    assert_close(scores(t, TracIn(EPOCHS, objective="loss")), found[-1], 1e-7, "the same sum")


def test_tracin_reports_progress_over_all_checkpoints(run):
    t, calls = run(), []
    TracIn(objective="loss").estimate(t.cache, t.training, t.validation, lambda *call: calls.append(call))
    assert calls[-1] == (EPOCHS * SAMPLES, EPOCHS * SAMPLES)
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)


@pytest.mark.parametrize("policy", ["final", "last-epoch"])
def test_a_missing_checkpoint_is_refused_with_the_policy_that_keeps_it(run, policy):
    t = run(policy)
    message = rf"(?s)policy '{policy}'.*lacks epoch 1\b.*policy=.epochs."
    with pytest.raises(CheckpointMissingError, match=message):
        scores(t, TracIn(objective="loss"))
    assert np.isfinite(scores(t, TracIn(checkpoints=1, objective="loss"))).all(), (
        "the end of the last epoch is always there"
    )


def test_impossible_settings_are_refused():
    with pytest.raises(ConfigError, match="at least 1"):
        TracIn(checkpoints=0, objective="loss")


# --- self-influence ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["affine + ReLU", "convolution + pooling", "regression", "sigmoid cross entropy"])
def test_self_influence_equals_a_loop_with_batch_size_one(tmp_path, name):
    case = case_named(name)
    t, values = finished(tmp_path, case)
    gradients = batch_one_gradients(case, values, t.training.batch(np.arange(len(t.training))))
    assert_close(scores(t, SelfInfluence()), -(gradients**2).sum(1), 1e-5, FLOAT32)


def test_with_batch_normalisation_the_statistics_are_those_of_the_training_data(tmp_path):
    """A lone sample has no batch: recomputed at the final parameters, then frozen; the network's own are older."""
    case = case_named("batch norm, frozen")
    t, values = finished(tmp_path, case, batch_size=11)
    x, _ = as_float64(t.training)
    h = layers.convolution(x, values["conv/conv/W"], values["conv/conv/b"])
    axes = {"axis": (0, 2, 3), "keepdims": True}
    fresh = dict(values, **{"norm/bn/mean": h.mean(**axes), "norm/bn/var": h.var(**axes, ddof=1)})
    batch = t.training.batch(np.arange(11))
    found = scores(t, SelfInfluence())
    assert_close(found, -(batch_one_gradients(case, fresh, batch) ** 2).sum(1), 1e-5, FLOAT32)
    stored = -(batch_one_gradients(case, values, batch) ** 2).sum(1)
    assert relative_error(found, stored) > 1e-2, "the stored statistics would be another answer"


def test_odd_samples_come_first(run):
    """The sign of the house: a flipped label has a large gradient, hence a low score."""
    t = run()
    x, y = overlapping_classes(SAMPLES, 0, flipped=0.0)
    clean = scores(t._replace(training=dataset(x, y)), SelfInfluence())
    y[3] = (y[3] + 1) % 3
    flipped = scores(t._replace(training=dataset(x, y)), SelfInfluence())
    assert (clean <= 0).all() and flipped[3] < clean[3]
    assert np.array_equal(np.delete(flipped, 3), np.delete(clean, 3)), "each sample alone"


def finished(folder, case, batch_size=4):
    """A short training of a case on 11 samples, and its final parameters and statistics by name."""
    data, validation = (dataset(**case.draw_batch(n, seed)) for n, seed in ((11, 1), (5, 2)))
    network = network_of(case, draw_parameters(case))
    options = {"epochs": 2, "batch_size": batch_size, "solver": {"learning_rate": 0.05}}
    t = trained(folder, network, data, validation, **options)
    end = t.cache.network
    values = dict(end.space.unflatten(end.theta), **end.statistics.unflatten(end.statistics_values))
    return t, values
