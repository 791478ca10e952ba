"""The filter against running every solver's update rule with and without a sample's gradient, densely, in float64."""

import numpy as np
import pytest
from reference import whole_run
from support.comparison import assert_close
from support.matrices import dense_function

from nnabla_influence.config import SolverConfig
from nnabla_influence.errors import UnsupportedError
from nnabla_influence.training import RULES, ScalarAdjoint, UnorderedStep, divisor

P, SAMPLES, BEFORE, BATCH = 6, 5, 3, 2
BETAS = {"beta1": 0.8, "beta2": 0.95, "eps": 1e-3}
FIRST_RATE = 0.1
MANY = [UnorderedStep(1000 + k, FIRST_RATE, 1) for k in range(2000)]  # late, when Adam's steps are all alike
# The package's parameters, and the rule as NNabla's documentation writes it.
SOLVERS = {
    "Sgd": ({}, whole_run.sgd()),
    "Momentum": ({"momentum": 0.8}, whole_run.momentum(0.8)),
    "Nesterov": ({"momentum": 0.8}, whole_run.nesterov(0.8)),
    "SgdW": ({"momentum": 0.8, "wd": 0.05}, whole_run.momentum(0.8, 0.05, FIRST_RATE)),
    "Adam": (BETAS, whole_run.adam(**BETAS)),
    "AdamW": ({**BETAS, "wd": 0.05}, whole_run.adam(**BETAS, decay=0.05, first_rate=FIRST_RATE)),
    "AMSGRAD": (BETAS, whole_run.amsgrad(**BETAS)),
    "Adamax": (BETAS, whole_run.adamax(**BETAS)),
    "RMSprop": ({"decay": 0.9, "eps": 1e-3}, whole_run.rmsprop(0.9, 1e-3)),
    "Adagrad": ({"eps": 1e-3}, whole_run.adagrad(1e-3)),
}
every_solver = pytest.mark.parametrize("name", SOLVERS)


def solver_of(name, decay=0.0):
    return SolverConfig(name, FIRST_RATE, SOLVERS[name][0], weight_decay=decay)


def steps_of(count, batches=1, last_batches=None):
    """The last steps of a run of 3 more, at falling rates."""
    rates = FIRST_RATE * 0.9 ** np.arange(count)
    sizes = [batches] * (count - 1) + [last_batches or batches]
    return [UnorderedStep(BEFORE + k + 1, rates[k], sizes[k]) for k in range(count)]


class Quadratic:
    """Sample i's loss is ``theta' H theta / 2 + <a_i, theta>``, of which only the second part is left out."""

    def __init__(self, solver, steps, share=0.9):
        random = np.random.RandomState(7)
        self.goal, self.a = random.normal(size=P), random.normal(size=(SAMPLES, P))
        self.second = random.uniform(0.5, 2.0, size=P)
        self.root = np.sqrt(1 / np.broadcast_to(divisor(solver, {RULES[solver.name].second: self.second}), P))
        basis, _ = np.linalg.qr(random.normal(size=(P, P)))
        # Up to a share of what the steps are stable with, so that some directions swing from side to side.
        values = share * ScalarAdjoint(solver, steps).limit * np.linspace(0, 1, P)
        self.hessian = (basis * values) @ basis.T / self.root.max() ** 2

    def end(self, rule, steps, decay, place=None, left_out=None):
        """Where the run leads if sample ``left_out`` of one batch of step ``place`` has no gradient."""
        theta, state = np.linspace(-1, 1, P), {}
        before = [UnorderedStep(number + 1, FIRST_RATE, steps[0].batches) for number in range(BEFORE)]
        for step in before + steps:
            gradient = step.batches * (self.hessian @ theta + self.a.mean(0)) + decay * theta
            if step.number == place:
                gradient = gradient - self.a[left_out] / BATCH
            # A rule with a second moment holds it fixed.
            theta, state = rule(theta, {**state, "fixed": self.second}, gradient, step.learning_rate, step.number)
        return theta

    def simulated(self, rule, steps, decay):
        """The expected change of <goal, theta>: in each batch a sample is with probability BATCH / SAMPLES."""
        base = self.end(rule, steps, decay)
        scores = np.zeros(SAMPLES)
        for step in steps:
            for i in range(SAMPLES):
                change = self.goal @ (self.end(rule, steps, decay, step.number, i) - base)
                scores[i] += step.batches * BATCH / SAMPLES * change
        return scores

    def filtered(self, solver, steps, decay):
        """(1 / N) <a_i, D^1/2 F(D^1/2 G D^1/2) D^1/2 goal>"""
        curvature = self.hessian + decay / np.mean([step.batches for step in steps]) * np.eye(P)
        scaled = self.root[:, None] * curvature * self.root
        image = dense_function(scaled, ScalarAdjoint(solver, steps), self.root * self.goal)
        return self.a @ (self.root * image) / SAMPLES


@pytest.mark.parametrize("count", [1, 2, 7])
@every_solver
def test_it_is_the_update_rule_with_and_without_the_sample(name, count):
    solver, steps = solver_of(name), steps_of(count)
    problem = Quadratic(solver, steps)
    expected = problem.simulated(SOLVERS[name][1], steps, 0.0)
    assert_close(problem.filtered(solver, steps, 0.0), expected, 1e-10, "float64, differences of 10 steps")


@pytest.mark.parametrize("count", [1, 7])
@pytest.mark.parametrize("name", [name for name in SOLVERS if not RULES[name].decoupled])
def test_coupled_weight_decay_is_curvature(name, count):
    solver, steps = solver_of(name, decay=0.3), steps_of(count, batches=2)
    problem = Quadratic(solver, steps, share=0.5)
    expected = problem.simulated(SOLVERS[name][1], steps, 0.3)
    assert_close(problem.filtered(solver, steps, 0.3), expected, 1e-10, "float64, differences of 10 steps")


@every_solver
def test_steps_of_several_batches_of_which_the_last_has_fewer(name):
    solver, steps = solver_of(name), steps_of(5, batches=3, last_batches=2)
    problem = Quadratic(solver, steps)
    expected = problem.simulated(SOLVERS[name][1], steps, 0.0)
    assert_close(problem.filtered(solver, steps, 0.0), expected, 1e-10, "float64, differences of 8 steps")


@pytest.mark.parametrize("name", ["Sgd", "Momentum", "Nesterov"])
def test_a_step_of_fewer_batches_decays_as_much(name):
    solver, steps = solver_of(name, decay=0.3), steps_of(5, batches=3, last_batches=1)
    problem = Quadratic(solver, steps, share=0.5)
    expected = problem.simulated(SOLVERS[name][1], steps, 0.3)
    assert_close(problem.filtered(solver, steps, 0.3), expected, 1e-10, "float64, differences of 8 steps")


@pytest.mark.parametrize("count", [1, 2, 300])
def test_for_sgd_it_is_the_sum_of_powers(count):
    steps = [UnorderedStep(k + 1, 0.1, 1) for k in range(count)]
    x = np.linspace(0, 20, 50)
    expected = 0.1 * sum((1 - 0.1 * x) ** s for s in range(count))
    np.testing.assert_allclose(ScalarAdjoint(SolverConfig("Sgd", 0.1), steps)(x), expected, rtol=1e-9, atol=1e-12)


@every_solver
def test_what_is_not_forgotten_is_the_rest(name):
    """F(x) = (1 - u) / x: with many stable steps, 1 / x, but for what decoupled decay takes."""
    adjoint = ScalarAdjoint(solver_of(name), MANY)
    x = adjoint.limit * np.linspace(0.1, 0.9, 9)
    assert not adjoint.diverges(x).any()
    np.testing.assert_allclose(adjoint(x) * x, 1, rtol=0.15 if RULES[name].decoupled else 1e-9)


@every_solver
def test_beyond_the_limit_all_is_taken_as_forgotten(name):
    adjoint = ScalarAdjoint(solver_of(name), MANY)
    x = adjoint.limit * np.array([1.01, 2, 1e3, 1e9, 1e200])
    assert adjoint.diverges(x).all()
    np.testing.assert_allclose(adjoint(x), 1 / x, rtol=1e-12)


@every_solver
def test_too_few_steps_to_diverge_are_followed(name):
    """For one step there is nothing to forget, however sharp the direction."""
    adjoint = ScalarAdjoint(solver_of(name), steps_of(1))
    assert (adjoint(adjoint.limit * np.array([3.0, 1e6])) == adjoint(np.zeros(1))).all()


@every_solver
def test_it_stays_finite_whatever_the_schedule(name):
    """Rates that jump about can shake up a velocity at any curvature."""
    random = np.random.RandomState(0)
    steps = [UnorderedStep(k + 1, FIRST_RATE * 10 ** random.uniform(-3, 0), 1) for k in range(2000)]
    adjoint = ScalarAdjoint(solver_of(name), steps)
    values = adjoint(adjoint.limit * np.geomspace(1e-6, 1e6, 200))
    assert np.isfinite(values).all() and np.abs(values).max() <= 1.1 * adjoint(np.zeros(1))[0]


def test_a_solver_without_an_adjoint_is_refused():
    with pytest.raises(UnsupportedError, match="Lars"):
        ScalarAdjoint(SolverConfig("Lars", 0.1), steps_of(1))


def test_a_row_for_every_rule():
    assert set(SOLVERS) == set(RULES)
