"""Steps: which rows, at which learning rate."""

import numpy as np
import pytest

from nnabla_influence.choices import POLICIES
from nnabla_influence.config import IteratorConfig, ScheduleConfig, SolverConfig, TrainingConfig
from nnabla_influence.dataset.batches import BatchPlan
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


def test_the_rows_of_an_epoch_are_drawn_once_and_not_for_each_of_its_steps(monkeypatch):
    drawn = []
    epoch = BatchPlan.epoch
    monkeypatch.setattr(BatchPlan, "epoch", lambda plan, number: drawn.append(number) or epoch(plan, number))
    for backwards in (False, True):
        assert len(list(_plan(samples=100).epoch(1, backwards))) == 34
    assert drawn == [1, 1]


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


# --- as NNabla's trainer counts: over the end of an epoch -------------------------------------------------------------


def nnablas_updates(per_epoch, epochs, interval):
    """What ``nnabla_cli train`` does, batch by batch: (epoch it ends in, batches added, iteration of the update)."""
    updates, added = [], []
    for iteration in range(per_epoch * epochs):
        if iteration % interval == 0:
            added = []
        added.append(iteration)
        if iteration % interval == interval - 1:
            updates.append((iteration // per_epoch, list(added), iteration))
    return updates, iteration + 1 - interval * len(updates)


FACTOR = float(np.float32(0.9))  # as NNabla's trainer reads it from a file


def _carrying(interval, per_epoch=5, epochs=4, **settings):
    falling = ScheduleConfig("Exponential", {"gamma": 0.9, "iter_interval": 1})
    solver = SolverConfig(learning_rate=1.0, update_interval=interval, schedule=falling)
    config = TrainingConfig(
        solver, epochs=epochs, batch_size=2, shuffle=False, iterator=IteratorConfig(per_epoch), **settings
    )
    return StepPlan(config, 1000)  # not shuffled and not wrapped: batch j holds the rows 2j and 2j + 1


@pytest.mark.parametrize("interval", [1, 2, 3, 4, 5])
def test_where_nnablas_iterator_draws_steps_go_on_over_the_end_of_an_epoch(interval):
    plan = _carrying(interval)
    expected, left = nnablas_updates(5, 4, interval)
    found = [
        (epoch, [int(rows[0]) // 2 for rows in step.batches], step.learning_rate)
        for epoch in range(4)
        for step in plan.epoch(epoch)
    ]
    assert [(e, b) for e, b, _ in found] == [(e, b) for e, b, _ in expected]
    np.testing.assert_allclose([rate for *_, rate in found], [FACTOR**iteration for *_, iteration in expected])
    assert plan.steps == len(expected) and plan.batches_per_step == interval
    assert [s.index for epoch in range(4) for s in plan.epoch(epoch)] == list(range(plan.steps))
    over = plan.left_over(3)
    assert ([] if over is None else [int(rows[0]) // 2 for rows in over.batches]) == list(range(20 - left, 20))


def test_batches_that_wait_at_the_end_of_an_epoch_are_the_next_steps_first_ones():
    plan = _carrying(3)
    for epoch, waiting in enumerate((2, 1, 0)):
        over = plan.left_over(epoch)
        assert (len(over.batches) if over else 0) == waiting
        first = next(plan.epoch(epoch + 1))
        assert over is None or all(np.array_equal(a, b) for a, b in zip(over.batches, first.batches))
    assert plan.described == "6 (1 or 2 per epoch)"


def test_what_is_drawn_in_an_epoch_is_what_its_steps_add():
    plan = _carrying(3)
    assert sum(plan.draws(epoch).sum() for epoch in range(4)) == 2 * 3 * plan.steps
    assert plan.draws(3)[[36, 39]].tolist() == [0, 0], "left over at the end of the run"
    unordered = [(s.number, s.learning_rate, s.batches) for epoch in range(4) for s in plan.unordered(epoch)]
    assert unordered == [(s.index + 1, s.learning_rate, 3) for epoch in range(4) for s in plan.epoch(epoch)]


def test_policies_keep_the_steps_before_an_epochs_first_one():
    assert _carrying(3, policy="epochs").kept() == (0, 1, 3, 5, 6)
    assert _carrying(3, policy="last-epoch").kept() == (5, 6)
    assert _carrying(8, epochs=5, policy="epochs").kept() == (0, 1, 2, 3), "an epoch may have no step"


def test_a_last_epoch_without_a_step_is_refused():
    with pytest.raises(ConfigError, match="leaves the last epoch a step, got 7 for epochs of 5 batches.*at most 5"):
        _carrying(7)
