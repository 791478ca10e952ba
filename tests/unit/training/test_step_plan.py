"""Steps: which rows, at which learning rate."""

import numpy as np
import pytest

from nnabla_influence.choices import POLICIES
from nnabla_influence.config import ScheduleConfig, SolverConfig, TrainingConfig
from nnabla_influence.errors import ConfigError
from nnabla_influence.training import StepPlan

SCHEDULES = {
    "Exponential": {"gamma": 0.5, "iter_interval": 4},
    "Step": {"gamma": 0.1, "iter_steps": [4, 8]},
    "Cosine": {"max_iter": 12},
    "Polynomial": {"max_iter": 12, "power": 2.0},
    "Constant": {},
}


def _plan(samples=10, **changes):
    settings = {"epochs": 3, "batch_size": 3, **changes}
    return StepPlan(TrainingConfig(**settings), samples)


def test_every_row_is_drawn_once_an_epoch():
    plan = _plan()
    for epoch in range(3):
        rows = np.concatenate([b for step in plan.epoch(epoch) for b in step.batches])
        assert sorted(rows) == list(range(10))


def test_backwards_is_forwards_reversed():
    plan = _plan(solver=SolverConfig(update_interval=2))
    forwards, backwards = list(plan.epoch(1)), list(plan.epoch(1, backwards=True))
    assert [s.index for s in backwards] == [s.index for s in forwards][::-1] == [3, 2]
    assert all(np.array_equal(a, b) for s, t in zip(forwards, backwards[::-1]) for a, b in zip(s.batches, t.batches))


def test_an_update_interval_adds_batches_up():
    plan = _plan(solver=SolverConfig(update_interval=3))
    assert [len(step.batches) for step in plan.epoch(0)] == [3, 1]
    assert plan.steps == 6


@pytest.mark.parametrize("kind", sorted(SCHEDULES))
def test_learning_rates_follow_nnablas_schedule(kind):
    solver = SolverConfig(learning_rate=0.4, schedule=ScheduleConfig(kind, SCHEDULES[kind]))
    rates = [step.learning_rate for epoch in range(3) for step in _plan(solver=solver).epoch(epoch)]
    i = np.arange(12)
    expected = {
        "Exponential": 0.4 * 0.5 ** (i // 4),
        "Step": 0.4 * np.where(i >= 8, 0.01, np.where(i >= 4, 0.1, 1.0)),
        "Cosine": 0.2 * (1 + np.cos(np.pi * i / 12)),
        "Polynomial": 0.4 * (1 - i / 12) ** 2,
        "Constant": 0.4 + 0 * i,
    }[kind]
    np.testing.assert_allclose(rates, expected, rtol=1e-12)


def test_a_schedule_for_fewer_iterations_is_stretched_to_our_epoch():
    """NNC drops the last incomplete batch: its 3 iterations are our 4."""
    solver = SolverConfig(learning_rate=1.0, schedule=ScheduleConfig("Polynomial", {"max_iter": 9, "power": 1.0}))
    rates = [s.learning_rate for e in range(3) for s in _plan(solver=solver, iterations_per_epoch=3).epoch(e)]
    assert min(rates) > 0 and rates == sorted(rates, reverse=True)


def test_warmup():
    solver = SolverConfig(learning_rate=1.0, schedule=ScheduleConfig(warmup=4))
    assert [s.learning_rate for s in _plan(solver=solver).epoch(0)] == [0.25, 0.5, 0.75, 1.0]


def test_a_continued_run_starts_at_its_place_in_the_schedule():
    solver = SolverConfig(learning_rate=1.0, schedule=ScheduleConfig("Exponential", {"gamma": 0.1, "iter_interval": 4}))
    assert next(iter(_plan(solver=solver, epochs=1, first_epoch=2).epoch(0))).learning_rate == pytest.approx(0.01)


@pytest.mark.parametrize(
    "policy, kept",
    [
        ("final", (12,)),
        ("last-epoch", (8, 12)),
        ("epochs", (0, 4, 8, 12)),
        ("sqrt", (0, 4, 8, 12)),
        ("every-step", tuple(range(13))),
    ],
)
def test_what_a_policy_keeps(policy, kept):
    assert _plan(policy=policy).kept() == kept


def test_unordered_steps_are_those_of_the_epoch_without_their_rows():
    falling = ScheduleConfig("Exponential", {"gamma": 0.9, "iter_interval": 1})
    plan = _plan(solver=SolverConfig(learning_rate=1.0, update_interval=3, schedule=falling))
    for epoch in range(3):
        expected = [(s.index + 1, s.learning_rate, len(s.batches)) for s in plan.epoch(epoch)]
        assert [(s.number, s.learning_rate, s.batches) for s in plan.unordered(epoch)] == expected
    assert [s.number for s in plan.unordered(0, before=100)] == [101, 102]
    assert list(plan.unordered(-5)) == list(plan.unordered(0)), "nobody knows what was before the run"


def test_more_steps_than_any_machine_performs_are_refused():
    with pytest.raises(ConfigError, match="at most 1,000,000,000 steps, got 500,000,000 epochs of 10"):
        StepPlan(TrainingConfig(epochs=5 * 10**8, batch_size=1), 10)
    with pytest.raises(ConfigError, match="epochs should be at most 1,000,000,000, not 9,000,000,000,000,000,000"):
        TrainingConfig(epochs=9 * 10**18)


@pytest.mark.parametrize("policy", POLICIES)
def test_the_number_of_states_is_known_without_listing_them(policy):
    plan = StepPlan(TrainingConfig(epochs=3, batch_size=4, policy=policy), 10)
    assert plan.states == len(plan.kept())
    assert StepPlan(TrainingConfig(epochs=10**8, batch_size=4, policy=policy), 10).states <= 3 * 10**8 + 1
