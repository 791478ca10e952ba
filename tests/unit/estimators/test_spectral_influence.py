"""The spectral method: its facts, and what it says about itself."""

import logging
from dataclasses import replace

import numpy as np
import pytest
from support.comparison import assert_close

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.config import SolverConfig
from nnabla_influence.errors import ConfigError
from nnabla_influence.estimators import LastEpochInfluence, ScoringTask, SpectralInfluence
from nnabla_influence.estimators.spectral_influence import estimated_state
from nnabla_influence.nnc.host.remedies import IN_FIELDS
from nnabla_influence.training import RULES, FinalState

BETAS = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
PARAMETERS = {
    "Sgd": {},
    "Momentum": {"momentum": 0.9},
    "Nesterov": {"momentum": 0.9},
    "SgdW": {"momentum": 0.9, "wd": 0.01},
    "Adam": BETAS,
    "AdamW": {**BETAS, "wd": 0.01},
    "AMSGRAD": BETAS,
    "Adamax": BETAS,
    "RMSprop": {"decay": 0.9, "eps": 1e-8},
    "Adagrad": {"eps": 1e-8},
}


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("name", RULES)
def test_for_an_epoch_of_one_step_it_is_last_epoch(run, scores, name, decay):
    """There is one order of a single batch, and nothing is forgotten after one step."""
    finished = run(solver=SolverConfig(name, 0.02, PARAMETERS[name], decay), epochs=3, batch_size=23)
    spectral, last = (scores(method, *finished) for method in (SpectralInfluence(at="final"), LastEpochInfluence()))
    assert_close(spectral, last, 1e-4, "float32 products along a direction of another length")


def test_directions_in_which_the_steps_diverge_are_said(run, caplog):
    cache, training, validation = run()
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        SpectralInfluence().estimate(cache, training, validation)
        assert not any("diverge" in line for line in caplog.messages)
        fast = FinalState(cache.network, replace(cache.config, solver=SolverConfig(learning_rate=100.0)), 23)
        scores = SpectralInfluence().estimate(fast, training, validation)
    assert any("the steps diverge along" in line for line in caplog.messages)
    assert np.isfinite(scores.values).all() and next(iter(scores.facts.values())) > 2


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


@pytest.mark.parametrize("name, weight", [("Adam", 1 - 0.999**8), ("RMSprop", 1 - 0.9**8), ("Adagrad", 8)])
def test_the_estimate_is_what_the_solver_would_have_after_its_steps(run, name, weight):
    """A moving average begins at zero, Adagrad's sum runs over all eight steps of the training."""
    cache, training, validation = run(solver=SolverConfig(name, 0.01, PARAMETERS[name]))
    oracle, theta = LossOracle(cache.network), cache.final.theta
    state = estimated_state(oracle, theta, ScoringTask(cache, training, validation), steps=8)
    gradients = [oracle.mean_gradient(theta, [training.batch(step.batches[0])]) for step in cache.plan.epoch(1)]
    for moment in ("var", "v", "v_hat"):
        np.testing.assert_allclose(state[moment], weight * np.mean(np.square(gradients), axis=0), rtol=1e-12)
    assert np.array_equal(state["u"], np.abs(gradients).max(axis=0))


def test_a_network_file_was_trained_for_the_epochs_before(run, scores):
    """Early steps of Adam are larger or smaller than late ones; without a cache the number of epochs tells."""
    adam = SolverConfig("Adam", 0.01, {**BETAS, "eps": 1e-3})
    cache, *data = run(solver=adam, epochs=1)
    early, late = (
        scores(
            SpectralInfluence(at="final"), FinalState(cache.network, replace(cache.config, first_epoch=n), 23), *data
        )
        for n in (0, 1000)
    )
    assert np.abs(late).max() < 0.8 * np.abs(early).max()


@pytest.mark.parametrize("options", [{"curvature": "fisher"}, {"lanczos_steps": 0}, {"horizon": 0}])
def test_impossible_settings_are_refused(options):
    with pytest.raises(ConfigError, match=str(next(iter(options.values())))):
        SpectralInfluence(**options)
