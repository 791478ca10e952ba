"""Adjoints against differentiating the solver's own trajectory."""

import nnabla as nn
import nnabla.solvers as S
import numpy as np
import pytest
from comparison import assert_close

from nnabla_influence.config import SolverConfig
from nnabla_influence.errors import UnsupportedError
from nnabla_influence.training import ADJOINTS, adjoint
from nnabla_influence.training.update_rules import learning_rate_argument

P, STEPS = 4, 6
SOLVERS = {"Sgd": SolverConfig("Sgd", 0.1), "Momentum": SolverConfig("Momentum", 0.05, {"momentum": 0.8})}


def _trajectory(solver, hessian, kicks):
    """NNabla's solver on the loss theta' H theta / 2, with an additional gradient ``kicks[t]`` at step t."""
    theta = nn.Variable.from_numpy_array(np.linspace(-1, 1, P).astype(np.float32)).apply(need_grad=True)
    real = getattr(S, solver.name)(**{learning_rate_argument(solver.name): solver.learning_rate}, **solver.parameters)
    real.set_parameters({"theta": theta})
    for kick in kicks:
        theta.grad.data = (hessian @ theta.d + kick).astype(np.float32)
        if solver.weight_decay:
            real.weight_decay(solver.weight_decay)
        real.set_learning_rate(solver.learning_rate)
        real.update()
    return theta.d.astype(np.float64)


@pytest.mark.parametrize("decay", [0.0, 0.3])
@pytest.mark.parametrize("name", sorted(SOLVERS))
def test_the_direction_is_the_derivative_of_the_end_with_respect_to_a_steps_gradient(name, decay):
    base = SOLVERS[name]
    solver = SolverConfig(name, base.learning_rate, base.parameters, weight_decay=decay)
    random = np.random.RandomState(1)
    root = random.normal(size=(P, P))
    hessian, goal = root @ root.T / P, random.normal(size=P)
    walk = adjoint(solver, goal)
    for step in reversed(range(STEPS)):
        direction = walk.direction(solver.learning_rate)
        expected = np.empty(P)
        for i in range(P):  # the loss falls by <goal, .> when gradient is taken away, so the sign turns
            kicks = np.zeros((2, STEPS, P))
            kicks[0, step, i], kicks[1, step, i] = 0.5, -0.5
            expected[i] = goal @ (_trajectory(solver, hessian, kicks[1]) - _trajectory(solver, hessian, kicks[0]))
        assert_close(direction, expected, 1e-4, "float32 solver, linear problem")
        walk.step(direction, hessian @ direction)


def test_a_table_row_for_every_adjoint():
    assert set(SOLVERS) == set(ADJOINTS)


def test_a_solver_without_adjoint_is_named_with_those_that_work():
    with pytest.raises(UnsupportedError, match="AMSBound.*Momentum, Sgd"):
        adjoint(SolverConfig("AMSBound", 0.1), np.zeros(3))
