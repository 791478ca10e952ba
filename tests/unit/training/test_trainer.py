"""Steps on live variables: each can be computed again, and a sample's weight is a factor on its gradient."""

from dataclasses import replace

import numpy as np
import pytest
from support.comparison import assert_close

from nnabla_influence.config import SolverConfig
from nnabla_influence.device import Device
from nnabla_influence.errors import DivergenceError, UnsupportedError
from nnabla_influence.training import StepPlan, Trainer, train
from nnabla_influence.training.trainer import function_seed

MOMENTUM = SolverConfig("Momentum", 0.02, {"momentum": 0.9})


@pytest.fixture
def trainer(network, data, config):
    """``trainer(weights=None, **settings)``"""
    return lambda weights=None, **settings: Trainer(network, data, config(**settings), Device(), weights)


def first_step(config):
    return next(iter(StepPlan(config, 23).epoch(0)))


def test_any_kept_state_leads_to_the_same_end(network, data, config, tmp_path):
    """A state with the solver's memory is all a run depends on."""
    cache = train(network, data, config(solver=MOMENTUM, policy="every-step"), tmp_path / "c.h5")
    trainer = Trainer(network, data, cache.config, Device())
    trainer.restore(cache.checkpoint(7))
    for step in cache.steps(epochs="all"):
        if step.index >= 7:
            trainer.step(step)
    assert np.array_equal(trainer.state().theta, cache.final.theta)


def test_a_step_of_gradient_descent_goes_down_the_mean_gradient(trainer, network):
    made = trainer()
    step = first_step(made.config)
    gradient = made.gradient(step)
    made.restore(trainer().state())
    made.step(step)
    assert_close(made.state().theta, network.theta - 0.1 * gradient, 1e-6, "float32")


def test_the_divisor_stays_whatever_the_weights(trainer, network):
    """With two halves of the rows excluded in turn, the gradients add up to that of all rows."""
    weights = np.arange(23) % 2 == 0
    step = first_step(trainer().config)
    halves = [trainer(half.astype(np.float32)).gradient(step) for half in (weights, ~weights)]
    assert_close(halves[0] + halves[1], trainer().gradient(step), 1e-5, "float32")
    assert not trainer(np.zeros(23, np.float32)).gradient(step).any()


def test_the_divisor_is_what_remains_if_asked_for(network, data, config):
    """As if the batch had been drawn without them; nothing left is no gradient, not a division by zero."""
    step = first_step(config())
    (rows,) = step.batches
    weights = np.ones(23, np.float32)
    weights[rows[:2]] = 0
    left = Trainer(network, data, config(), Device(), weights, "remaining").gradient(step)
    without = Trainer(network, data, config(), Device()).gradient(replace(step, batches=(rows[2:],)))
    assert_close(left, without, 1e-6, "float32")
    assert not Trainer(network, data, config(), Device(), np.zeros(23, np.float32), "remaining").gradient(step).any()


def test_an_update_interval_adds_the_gradients_of_its_batches(trainer):
    both = trainer(solver=SolverConfig(learning_rate=0.1, update_interval=2))
    step = first_step(both.config)
    assert len(step.batches) == 2
    single = trainer()
    parts = [single.gradient(s) for s, _ in zip(StepPlan(single.config, 23).epoch(0), range(2))]
    assert_close(both.gradient(step), parts[0] + parts[1], 1e-5, "float32")


def test_a_restored_state_is_the_state(trainer):
    made = trainer(solver=MOMENTUM)
    steps = list(StepPlan(made.config, 23).epoch(0))
    for step in steps[:3]:
        made.step(step)
    state = made.state()
    other = trainer(solver=MOMENTUM)
    other.restore(state)
    again = other.state()
    assert again.step == 3 and np.array_equal(again.theta, state.theta)
    assert set(state.solver) == {"m"} and np.array_equal(again.solver["m"], state.solver["m"])


def test_a_state_is_a_copy(trainer):
    made = trainer()
    before = made.state()
    theta = before.theta.copy()
    made.step(first_step(made.config))
    assert np.array_equal(before.theta, theta)


def test_a_solver_without_adjoint_is_refused(trainer):
    with pytest.raises(UnsupportedError, match="Lars"):
        trainer(solver=SolverConfig("Lars", 0.1))


def test_every_batch_of_every_step_has_a_seed_of_its_own():
    seeds = {function_seed(seed, step, batch) for seed in range(3) for step in range(5) for batch in range(2)}
    assert len(seeds) == 30 and all(0 <= seed < 2**31 for seed in seeds)
    assert function_seed(1, 2, 3) == function_seed(1, 2, 3)


@pytest.fixture
def broken(network, data, config, monkeypatch):
    """A trainer whose losses are finite and whose gradient is not, its first step, and the name that must be said."""
    made = Trainer(network, data, config(), Device())
    name = network.space.names[-1]
    gradients = made._gradients

    def with_nan(step):
        loss = gradients(step)
        made._store.variables[name].g.flat[0] = np.nan
        return loss

    monkeypatch.setattr(made, "_gradients", with_nan)
    return made, first_step(made.config), name


@pytest.mark.parametrize("act", [Trainer.step, Trainer.gradient])
def test_a_gradient_that_is_not_finite_names_network_epoch_step_rows_and_parameter(broken, act):
    made, step, name = broken
    before = made.state().theta
    rows = ", ".join(map(str, step.batches[0]))
    message = rf"'builtin:mlp' diverged in epoch 1 \(step 1, rows {rows}\): gradient: 1 of .*\(nan\) .*'{name}' at \(0"
    with pytest.raises(DivergenceError, match=message):
        act(made, step)
    assert np.array_equal(made.state().theta, before), "no update was made"


@pytest.mark.parametrize("part", ["parameters", "the solver's m"])
def test_a_state_that_is_not_finite_is_not_handed_on(trainer, part):
    """After the last update no later loss would show it."""
    made = trainer(solver=MOMENTUM)
    made.step(first_step(made.config))
    state = made.state()
    vector = {"parameters": state.theta, "the solver's m": state.solver["m"]}[part]
    vector[0] = np.inf
    made.restore(state)
    with pytest.raises(DivergenceError, match=rf"after step 1 \(epoch 1\): {part}: 1 of .* the first \(inf\)"):
        made.state()
