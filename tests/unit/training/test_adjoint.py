"""The walk back, against solvers written down in NumPy and differentiated by central differences in float64."""

import numpy as np
import pytest
from support.comparison import assert_close

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.config import SolverConfig
from nnabla_influence.errors import CacheMismatchError, UnsupportedError
from nnabla_influence.training import Adjoint, Step, StepTransition

P, STEPS, RATE = 4, 5, 0.05
RANDOM = np.random.RandomState(0)
HESSIAN = (lambda root: root @ root.T / P)(RANDOM.normal(size=(P, P)))
START, GOAL = RANDOM.normal(size=P), RANDOM.normal(size=P)
NUMBERS = {"beta1": 0.8, "beta2": 0.95, "eps": 1e-3}
SOLVERS = {
    "Sgd": SolverConfig("Sgd", RATE, weight_decay=0.1),
    "Momentum": SolverConfig("Momentum", RATE, {"momentum": 0.8}),
    "Adam": SolverConfig("Adam", RATE, NUMBERS),
}


def run(name, kicks):
    """Parameters, states and gradients of a run on theta' H theta / 2 with an additional gradient at every step."""
    theta, s, v = START.copy(), np.zeros(P), np.zeros(P)
    decay, transitions = SOLVERS[name].weight_decay, []
    for t in range(STEPS):
        gradient = HESSIAN @ theta + kicks[t] + decay * theta
        before = {"mean": s, "var": v}
        if name == "Sgd":
            theta = theta - RATE * gradient
        elif name == "Momentum":
            s = 0.8 * s + RATE * gradient
            theta = theta - s
        else:
            s, v = 0.8 * s + 0.2 * gradient, 0.95 * v + 0.05 * gradient**2
            rate = RATE * np.sqrt(1 - 0.95 ** (t + 1)) / (1 - 0.8 ** (t + 1))
            theta = theta - rate * s / (np.sqrt(v) + 1e-3)
        transitions.append(StepTransition(before, {"mean": s, "var": v}, gradient))
    return theta, transitions


@pytest.mark.parametrize("name", SOLVERS)
def test_directions_are_derivatives_of_the_end_in_each_steps_gradient(name):
    """Exact for Adam too, because the adjoint is given every step as it happened."""
    _, transitions = run(name, np.zeros((STEPS, P)))
    adjoint = Adjoint(SOLVERS[name], GOAL, transitions[-1].after)
    for t in reversed(range(STEPS)):
        adjoint.at(transitions[t].after, transitions[t])
        step = Step(t, 0, RATE, ())
        direction = adjoint.direction(step)
        expected = np.empty(P)
        for i in range(P):
            kicks = np.zeros((2, STEPS, P))
            kicks[0, t, i], kicks[1, t, i] = 1e-6, -1e-6
            expected[i] = -GOAL @ (run(name, kicks[0])[0] - run(name, kicks[1])[0]) / 2e-6
        assert_close(direction, expected, 1e-6, "central difference in float64")
        adjoint.undo(step, direction, HESSIAN @ direction)


def test_held_fixed_the_second_moment_gives_another_direction():
    _, transitions = run("Adam", np.zeros((STEPS, P)))
    step = Step(STEPS - 1, 0, RATE, ())
    exact, fixed = (Adjoint(SOLVERS["Adam"], GOAL, transitions[-1].after) for _ in range(2))
    exact.at(transitions[-1].after, transitions[-1])
    assert np.abs(exact.direction(step) - fixed.direction(step)).max() > 1e-4


def test_the_second_moment_must_be_there():
    with pytest.raises(CacheMismatchError, match="Adam.*second moment.*project.train") as refused:
        Adjoint(SOLVERS["Adam"], np.zeros(P), {})
    assert refused.value.said(IN_COMMANDS).endswith(
        "does not hold. Train (or continue) the network with: python -m nnabla_influence train, and score with --cache."
    )
    assert Adjoint(SOLVERS["Adam"], np.zeros(P), {"var": np.ones(P)}).has_second_moment
    assert not Adjoint(SolverConfig("Nesterov", 0.1, {"momentum": 0.8}), np.zeros(P), {}).has_second_moment


def test_a_solver_without_adjoint_is_named_with_those_that_work():
    with pytest.raises(UnsupportedError, match="AMSBound.*Sgd.*Momentum") as refused:
        Adjoint(SolverConfig("AMSBound", 0.1), np.zeros(3), {})
    assert refused.value.said(IN_COMMANDS).endswith("Adagrad. Choose one with --solver and --learning-rate.")
