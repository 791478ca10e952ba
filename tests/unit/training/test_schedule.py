"""Schedules of the learning rate against the training they are for."""

import numpy as np
import pytest

from nnabla_influence.config import ScheduleConfig, SolverConfig, TrainingConfig
from nnabla_influence.errors import ConfigError
from nnabla_influence.training import StepPlan, check_schedule
from nnabla_influence.training.schedule import scheduler


def solver(kind, warmup=0, **numbers):
    return SolverConfig(learning_rate=0.3, schedule=ScheduleConfig(kind, numbers, warmup))


LAST = [
    solver("Constant"),
    solver("Polynomial", max_iter=15, power=0.5),
    solver("Polynomial", max_iter=14, power=0.5),  # 0 at the last step
    solver("Polynomial", max_iter=10, power=2.0),  # rises again, as NNabla trains it
    solver("Polynomial", max_iter=10, power=0.0),
    solver("Cosine", max_iter=10),
    solver("Exponential", gamma=0.5, iter_interval=4),
    solver("Step", gamma=0.1, iter_steps=[10, 20]),
    solver("Cosine", warmup=5, max_iter=20),
]


@pytest.mark.parametrize("fits", LAST, ids=lambda s: f"{s.schedule.kind} {s.schedule.parameters}")
def test_a_schedule_that_gives_a_rate_for_every_step_is_taken(fits):
    check_schedule(fits, 0, 14)
    config = TrainingConfig(fits, epochs=3, batch_size=8)
    assert all(step.learning_rate >= 0 for epoch in range(3) for step in StepPlan(config, 40).epoch(epoch))


@pytest.mark.parametrize(
    "short, message",
    [
        (
            solver("Polynomial", max_iter=10, power=0.5),
            r"for all of the 15 steps \(batches\) of the training, got Polynomial with max_iter 10 and power 0.5, "
            r"whose rate at step 15 would be no number\.",
        ),
        (
            solver("Polynomial", max_iter=10.0, power=1.0),
            "max_iter 10.0 and power 1.0, whose rate at step 15 would be -",
        ),
        (solver("Polynomial", max_iter=0, power=1.0), "max_iter 0 .* at step 1 would be no number"),
        (solver("Cosine", max_iter=0), "got Cosine with max_iter 0, whose rate at step 1 would be no number"),
        (solver("Exponential", gamma=-0.5, iter_interval=1), "gamma -0.5 .* at step 2 would be -"),
        (solver("Exponential", gamma=1e200, iter_interval=1), "at step 15 would be no number"),
        (solver("Polynomial", warmup=3, max_iter=10, power=0.5), "got Polynomial with max_iter 10"),
    ],
)
def test_one_that_does_not_is_refused_before_the_training(short, message):
    with pytest.raises(ConfigError, match=message):
        check_schedule(short, 0, 14)
    with pytest.raises(ConfigError, match=message):
        StepPlan(TrainingConfig(short, epochs=3, batch_size=8), 40)


def test_nnablas_trainer_computes_with_the_numbers_of_its_files():
    falling = solver("Exponential", gamma=0.7, iter_interval=1)
    exact, stored = scheduler(falling), scheduler(falling, as_in_files=True)
    assert exact.get_learning_rate(3) == 0.3 * 0.7**3
    assert stored.get_learning_rate(3) == float(np.float32(0.3)) * float(np.float32(0.7)) ** 3
    steps = scheduler(solver("Step", gamma=0.1, iter_steps=[10, 20]), as_in_files=True)
    assert steps.get_learning_rate(15) == float(np.float32(0.3)) * float(np.float32(0.1))


def test_only_the_steps_of_the_training_matter():
    config = TrainingConfig(solver("Polynomial", max_iter=10, power=0.5), epochs=2, batch_size=8)
    StepPlan(config, 40)


def test_a_continued_training_goes_on_in_the_schedule():
    config = TrainingConfig(solver("Polynomial", max_iter=10, power=0.5), epochs=1, first_epoch=2, batch_size=8)
    with pytest.raises(ConfigError, match="all of the 15 steps"):
        StepPlan(config, 40)
