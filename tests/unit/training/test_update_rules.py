"""Every rule's linear form against NNabla's solver, and the adjoint against differentiating NNabla's trajectory."""

from types import SimpleNamespace

import nnabla as nn
import nnabla.solvers as S
import numpy as np
import pytest
from support.comparison import assert_close

from nnabla_influence.config import SolverConfig
from nnabla_influence.errors import UnsupportedError
from nnabla_influence.network.file_settings import solver_defaults
from nnabla_influence.training import RULES, Adjoint
from nnabla_influence.training.update_rules import StepConditions, divisor, rule

P, STEPS = 4, 6
BETAS = {"beta1": 0.8, "beta2": 0.95, "eps": 1e-6}
PARAMETERS = {
    "Sgd": {},
    "Momentum": {"momentum": 0.8},
    "Nesterov": {"momentum": 0.8},
    "SgdW": {"momentum": 0.8, "wd": 0.02},
    "Adam": BETAS,
    "AdamW": {**BETAS, "wd": 0.02},
    "AMSGRAD": BETAS,
    "Adamax": BETAS,
    "RMSprop": {"decay": 0.9, "eps": 1e-6},
    "Adagrad": {"eps": 1e-6},
}
# NNabla's name of the first-moment or velocity state; absent where there is none.
MEMORY = {"Momentum": "m", "Nesterov": "m", "SgdW": "m", "Adam": "mean", "AdamW": "mean", "AMSGRAD": "m", "Adamax": "m"}
RATES = [0.05, 0.05, 0.04, 0.03, 0.02, 0.01]


CORRECTED = {**BETAS, "bias_correction": True}


def _solver(name, decay=0.0, parameters=None):
    return SolverConfig(name, RATES[0], parameters or PARAMETERS[name], weight_decay=decay)


def _real(solver):
    """NNabla's solver on one parameter of P numbers."""
    theta = nn.Variable.from_numpy_array(np.linspace(-1, 1, P).astype(np.float32)).apply(need_grad=True)
    real = getattr(S, solver.name)(**{RULES[solver.name].rate: solver.learning_rate}, **solver.parameters)
    real.set_parameters({"theta": theta})
    return real, theta


def _update(real, theta, solver, gradient, rate):
    theta.grad.data = gradient.astype(np.float32)
    if solver.weight_decay:
        real.weight_decay(solver.weight_decay)
    real.set_learning_rate(rate)
    real.update()


def _trajectory(solver, hessian, kicks):
    """The end of a run on the loss theta' H theta / 2, with an additional gradient ``kicks[t]`` at step t."""
    real, theta = _real(solver)
    for kick, rate in zip(kicks, RATES):
        _update(real, theta, solver, hessian @ theta.d + kick, rate)
    return theta.d.astype(np.float64)


def _states(real):
    return {k: v.d.astype(np.float64) for k, v in real.get_states()["theta"].pstate.items()}


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("name, numbers", [*PARAMETERS.items(), ("AMSGRAD", CORRECTED)])
def test_the_linear_form_is_nnablas_step(name, numbers, decay):
    solver, random = _solver(name, decay, numbers), np.random.RandomState(0)
    real, theta = _real(solver)
    for number, rate in enumerate(RATES, start=1):
        before, memory = theta.d.astype(np.float64), _states(real).get(MEMORY.get(name), np.zeros(P))
        gradient = random.normal(size=P)
        _update(real, theta, solver, gradient, rate)
        k = RULES[name].coefficients(solver, StepConditions(rate, number, divisor(solver, _states(real))))
        total = gradient + (0.0 if RULES[name].decoupled else decay * before)
        assert_close(theta.d, k.e * before + k.c * memory + k.d * total, 1e-5, "float32 solver")
        if name in MEMORY:
            assert_close(_states(real)[MEMORY[name]], k.a * memory + k.b * total, 1e-5, "float32 solver")


@pytest.mark.parametrize("decay", [0.0, 0.3])
@pytest.mark.parametrize("name", [name for name in RULES if RULES[name].second is None])
def test_the_direction_is_the_derivative_of_the_end_with_respect_to_a_steps_gradient(name, decay):
    """Those with a second moment are not linear; `tests/numerical/test_other_solvers.py` differentiates in float64."""
    solver, random = _solver(name, decay), np.random.RandomState(1)
    root = random.normal(size=(P, P))
    hessian, goal = root @ root.T / P, random.normal(size=P)
    walk = Adjoint(solver, goal, {})
    for index in reversed(range(STEPS)):
        step = SimpleNamespace(index=index, learning_rate=RATES[index])
        direction = walk.direction(step)
        expected = np.empty(P)
        for i in range(P):  # taking gradient away raises <goal, theta> by <goal, direction>
            kicks = np.zeros((2, STEPS, P))
            kicks[0, index, i], kicks[1, index, i] = 0.5, -0.5
            expected[i] = goal @ (_trajectory(solver, hessian, kicks[1]) - _trajectory(solver, hessian, kicks[0]))
        assert_close(direction, expected, 1e-4, "float32 solver, linear problem")
        walk.undo(step, direction, hessian @ direction)


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rule_knows_every_number_of_nnablas_solver(name):
    assert set(solver_defaults(name)) == set(RULES[name].numbers)
    assert rule(_solver(name)) is RULES[name]


def test_a_number_that_a_rule_does_not_know_is_refused_by_name():
    """It would reach the solver, and the scores would be those of another training."""
    with pytest.raises(UnsupportedError, match="Solver 'Sgd' has the number 'momentum', .*the learning rate only"):
        rule(SolverConfig("Sgd", 0.1, {"momentum": 0.9}))
    with pytest.raises(UnsupportedError, match="'Adam' has the number 'amsgrad', .*it knows beta1, beta2, eps"):
        rule(SolverConfig("Adam", 0.1, {**BETAS, "amsgrad": True}))


def test_a_row_for_every_rule():
    assert set(PARAMETERS) == set(RULES)
