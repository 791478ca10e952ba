"""The limit of stability against the eigenvalues of a step back."""

import numpy as np
import pytest

from nnabla_influence.config import SolverConfig
from nnabla_influence.training import RULES
from nnabla_influence.training.linear_step import Coefficients
from nnabla_influence.training.update_rules import StepConditions

BETAS = {"beta1": 0.9, "beta2": 0.999, "wd": 0.01, "eps": 1e-8, "decay": 0.9}


def growth(k, x):
    """What (lambda, mu) grows by in a step back with the curvature x, at most."""
    columns = []
    for start in np.eye(2):
        u, memory = start[:1], start[1:]
        columns.append(np.concatenate(k.undone(u, memory, x * k.direction(u, memory))))
    return np.abs(np.linalg.eigvals(np.transpose(columns))).max()


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.95])
@pytest.mark.parametrize("name", RULES)
def test_steps_are_stable_up_to_the_limit_and_not_beyond(name, momentum):
    solver = SolverConfig(name, 0.1, {**BETAS, "beta1": momentum, "momentum": momentum})
    k = RULES[name].coefficients(solver, StepConditions(0.07, 20))
    assert max(growth(k, share * k.limit) for share in np.linspace(0, 0.999, 300)) <= 1 + 1e-12
    assert growth(k, k.limit) == pytest.approx(1, abs=1e-6) and growth(k, 1.01 * k.limit) > 1.001


@pytest.mark.parametrize(
    "name, limit", [("Sgd", 2 / 0.1), ("Momentum", 2 * 1.9 / 0.1), ("Nesterov", 2 * 1.9 / 2.8 / 0.1)]
)
def test_the_limit_is_the_one_of_the_textbooks(name, limit):
    solver = SolverConfig(name, 0.1, {"momentum": 0.9})
    assert RULES[name].coefficients(solver, StepConditions(0.1, 1)).limit == pytest.approx(limit)


def test_a_step_back_uses_the_old_values_on_the_right():
    k = Coefficients(a=2.0, b=3.0, c=5.0, d=7.0, e=11.0)
    u, memory = k.undone(np.ones(1), np.full(1, 10.0), np.full(1, 0.5))
    assert (u.tolist(), memory.tolist(), k.direction(np.ones(1), np.ones(1)).tolist()) == ([10.5], [25.0], [-10.0])
