"""The spectral method: its facts, and what it says about itself."""

import logging

import numpy as np
import pytest

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.config import SolverConfig
from nnabla_influence.errors import ConfigError
from nnabla_influence.estimators import LastEpochInfluence, ScoringTask, SpectralInfluence
from nnabla_influence.estimators.spectral_influence import estimated_state
from nnabla_influence.nnc.host.remedies import IN_FIELDS
from nnabla_influence.training import FinalState


def test_a_horizon_of_one_step_is_the_last_epoch_of_one_step(run, scores):
    """There is one order of a single batch, and nothing is forgotten after one step."""
    finished = run(epochs=1, batch_size=23)
    spectral, last = (scores(method, *finished) for method in (SpectralInfluence(at="final"), LastEpochInfluence()))
    np.testing.assert_allclose(spectral, last, rtol=1e-4, atol=1e-9)


def test_too_few_steps_are_said_with_what_sharpens_them(run, caplog):
    cache, training, validation = run(solver=SolverConfig(learning_rate=1.0))
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        scores = SpectralInfluence(lanczos_steps=1).estimate(cache, training, validation)
    assert scores.facts["change by the last Lanczos step"] == 1.0
    record = next(record for record in caplog.records if "last Lanczos step" in record.message)
    assert record.message.endswith("changed the result by 100 %")
    assert record.remedy.said(IN_COMMANDS) == "; more --lanczos-steps sharpen it"
    assert record.remedy.said(IN_FIELDS) == ""


def test_a_second_moment_that_is_not_in_the_file_is_estimated_and_said(run, caplog):
    adam = SolverConfig("Adam", 0.01, {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8})
    cache, training, validation = run(solver=adam)
    state = FinalState(cache.network, cache.config, 23)
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        values = SpectralInfluence(at="final").estimate(state, training, validation).values
    assert any("is estimated from the squared batch gradients" in line for line in caplog.messages)
    assert np.count_nonzero(values) == 23


@pytest.mark.parametrize("name, times", [("Adam", 1), ("Adagrad", 8)])
def test_the_estimate_is_the_mean_square_and_the_largest_gradient_of_the_steps(run, name, times):
    """Adagrad's sum runs over all eight steps of the training."""
    parameters = {"Adam": {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}, "Adagrad": {"eps": 1e-8}}[name]
    cache, training, validation = run(solver=SolverConfig(name, 0.01, parameters))
    oracle, theta = LossOracle(cache.network), cache.final.theta
    state = estimated_state(oracle, theta, ScoringTask(cache, training, validation))
    gradients = [oracle.mean_gradient(theta, [training.batch(step.batches[0])]) for step in cache.plan.epoch(1)]
    np.testing.assert_allclose(state["var"], np.mean(np.square(gradients), axis=0), rtol=1e-12)
    np.testing.assert_allclose(state["v"], times * state["var"], rtol=1e-12)
    assert np.array_equal(state["u"], np.abs(gradients).max(axis=0)) and np.array_equal(state["v_hat"], state["var"])


@pytest.mark.parametrize("options", [{"curvature": "fisher"}, {"lanczos_steps": 0}, {"horizon": 0}])
def test_impossible_settings_are_refused(options):
    with pytest.raises(ConfigError, match=str(next(iter(options.values())))):
        SpectralInfluence(**options)
