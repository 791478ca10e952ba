"""NNabla's learning-rate schedules: the scheduler of a configuration, and whether it lasts for a whole training.

A schedule is a function of the iteration (batch) and knows nothing of the training's length. Past its ``max_iter``,
NNabla's polynomial decay takes a root of a negative number, or turns negative, and then climbs away from the data:
no training was meant so, and no score of it would mean anything.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from nnabla.utils.learning_rate_scheduler import (
    BaseLearningRateScheduler,
    CosineScheduler,
    ExponentialScheduler,
    LinearWarmupScheduler,
    PolynomialScheduler,
    StepScheduler,
)

from ..config import ScheduleConfig, SolverConfig
from ..errors import ConfigError
from ..remedies import remedy

__all__ = ["check_schedule", "scheduler"]


def scheduler(solver: SolverConfig, as_in_files: bool = False) -> BaseLearningRateScheduler:
    """Return NNabla's learning-rate scheduler for a configuration.

    Args:
        solver: Solver and schedule.
        as_in_files: Whether to compute with 32-bit numbers, as NNabla's trainer reads them from its files: the 0.1 of a
            file is 0.100000001 there, which changes the last bit of a rate.
    """
    stored = _float32 if as_in_files else _unchanged
    rate = stored(solver.learning_rate)
    schedule = solver.schedule
    p = {name: stored(value) for name, value in schedule.parameters.items()}
    made: BaseLearningRateScheduler
    if schedule.kind == "Step":
        made = StepScheduler(rate, p["gamma"], list(p["iter_steps"]))
    elif schedule.kind == "Cosine":
        made = CosineScheduler(rate, p["max_iter"])
    elif schedule.kind == "Polynomial":
        made = PolynomialScheduler(rate, p["max_iter"], p["power"])
    else:  # a constant is an exponential with factor 1
        made = ExponentialScheduler(rate, p.get("gamma", 1.0), p.get("iter_interval", 1))
    return LinearWarmupScheduler(made, schedule.warmup) if schedule.warmup else made


def check_schedule(solver: SolverConfig, first: int, last: int) -> None:
    """Refuse a schedule that gives no learning rate of 0 or more somewhere in a training.

    Args:
        solver: Solver and schedule.
        first: The training's first iteration, from 0.
        last: Its last iteration.

    Raises:
        ConfigError: It does not last, or its numbers are impossible; named with its numbers and the steps.
    """
    # Rates fall or rise all the way, or change their sign with every interval.
    turn = first + int(solver.schedule.parameters.get("iter_interval", 1))
    for iteration in sorted({first, min(turn, last), last}):
        rate = _rate(solver, iteration)
        if not math.isfinite(rate) or rate < 0:
            would_be = f"{rate:g}" if math.isfinite(rate) else "no number"
            raise ConfigError(
                f"Expected a learning-rate schedule for all of the {last + 1} steps (batches) of the training, got "
                f"{_named(solver.schedule)}, whose rate at step {iteration + 1} would be {would_be}.",
                remedy("fit-schedule", steps=last + 1),
            )


def _rate(solver: SolverConfig, iteration: int) -> float:
    """Return what NNabla's scheduler gives; NaN where that is nothing, or a complex number."""
    try:
        return float(scheduler(solver).get_learning_rate(iteration))
    except (ZeroDivisionError, OverflowError, TypeError):
        return math.nan


def _float32(value: Any) -> Any:
    return float(np.float32(value)) if isinstance(value, float) else value


def _unchanged(value: Any) -> Any:
    return value


def _named(schedule: ScheduleConfig) -> str:
    numbers = " and ".join(f"{name} {value}" for name, value in schedule.parameters.items())
    return f"{schedule.kind} with {numbers}" if numbers else schedule.kind
