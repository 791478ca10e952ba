"""The references themselves: they must agree with each other before they may judge anything."""

import numpy as np
import pytest
from reference import derivatives, last_epoch
from reference.perceptron import Perceptron
from reference.softmax_regression import SoftmaxRegression
from support.cases import (
    CASES,
    UNCOUPLED,
    batch_one_gradients,
    case_named,
    draw_parameters,
    exact_hessian,
    exact_sample_gradients,
    flat,
    plain_gradients,
)
from support.comparison import assert_close, relative_error

FLOAT64 = "float64, a few hundred operations"
DIFFERENCES = "central differences with step 1e-6 of a float64 gradient"
FLOAT32 = "float32 (6e-8 per operation), a few dozen accumulations"

PROBLEMS = [SoftmaxRegression(5, 3), Perceptron(5, 6, 3)]
SAME_AS = {SoftmaxRegression: "affine", Perceptron: "affine + ReLU"}


def draw(problem, samples, seed=0):
    random = np.random.RandomState(seed)
    return random.normal(size=(samples, 5)), random.randint(3, size=samples)


def theta_of(problem, seed=1):
    return 0.5 * np.random.RandomState(seed).normal(size=problem.size)


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda p: type(p).__name__)
def test_gradients_written_by_hand_equal_complex_steps(problem):
    theta, (x, y) = theta_of(problem), draw(problem, 6)
    case = case_named(SAME_AS[type(problem)])
    batch = {"x": x, "y": y[:, None]}
    complex_step = exact_sample_gradients(case, draw_parameters(case), theta, batch)
    assert_close(problem.sample_gradients(theta, x, y), complex_step, 1e-13, FLOAT64)


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda p: type(p).__name__)
def test_hessian_is_the_derivative_of_the_gradient(problem):
    theta, (x, y) = theta_of(problem), draw(problem, 6)
    numeric = derivatives.dense_hessian(lambda t: problem.sample_gradients(t, x, y).mean(-2), theta)
    assert_close(problem.hessian(theta, x, y), numeric, 1e-8, DIFFERENCES)


def test_softmax_regression_is_convex():
    problem = PROBLEMS[0]
    eigenvalues = np.linalg.eigvalsh(problem.hessian(theta_of(problem), *draw(problem, 20)))
    assert eigenvalues.min() > -1e-12 and eigenvalues.max() > 0.1


@pytest.mark.parametrize("case", CASES, ids=str)
def test_numpy_and_nnabla_describe_the_same_network(case):
    values, batch = draw_parameters(case), case.draw_batch(5)
    nnabla = plain_gradients(case, values, batch, np.eye(5))
    exact = exact_sample_gradients(case, values, flat(values), batch)
    assert_close(nnabla, exact, 1e-5, FLOAT32)


@pytest.mark.parametrize("case", UNCOUPLED, ids=str)
def test_without_coupling_a_batch_equals_a_loop_over_samples(case):
    values, batch = draw_parameters(case), case.draw_batch(5)
    together = plain_gradients(case, values, batch, np.eye(5))
    assert_close(together, batch_one_gradients(case, values, batch), 1e-5, FLOAT32)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_dense_hessians_are_symmetric_and_not_trivial(case):
    values = draw_parameters(case)
    hessian = exact_hessian(case, values, flat(values), case.draw_batch(5))
    assert_close(hessian, hessian.T, 1e-7, DIFFERENCES)
    assert np.linalg.matrix_rank(hessian, tol=1e-4) > 3


@pytest.mark.parametrize("solver", [{}, {"momentum": 0.8}, {"decay": 50.0}], ids=str)
def test_influence_is_the_derivative_of_leave_one_out(solver):
    """With a tiny learning rate nothing but the first order is left; the decay is large enough to show."""
    problem, theta = PROBLEMS[0], theta_of(PROBLEMS[0])
    data, validation = draw(problem, 12), draw(problem, 9, seed=7)
    steps = [([np.arange(0, 4)], 1e-4), ([np.arange(4, 7)], 2e-4), ([np.arange(7, 12)], 1e-4)]
    truth = last_epoch.leave_one_out(problem, theta, data, validation, steps, **solver)
    final = last_epoch.train(problem, theta, data, steps, **solver)
    estimate = last_epoch.influence(problem, final, data, validation, steps, **solver)
    assert_close(estimate, truth, 2e-2 if "decay" in solver else 2e-3, "second order in eta, theta moved by the steps")
    if solver:
        plain = last_epoch.influence(problem, final, data, validation, steps)
        assert relative_error(plain, estimate) > 5e-3


def test_a_sample_left_out_twice_counts_in_both_steps():
    problem, theta = PROBLEMS[0], theta_of(PROBLEMS[0])
    data, validation = draw(problem, 4), draw(problem, 9, seed=7)
    step = ([np.arange(4)], 1e-4)
    once, twice = (last_epoch.influence(problem, theta, data, validation, n * [step]) for n in (1, 2))
    assert_close(twice, 2 * once, 1e-3, "eta * Hessian")


def test_published_recursion_differs_from_the_corrected_one():
    problem, theta = PROBLEMS[0], theta_of(PROBLEMS[0])
    data, validation = draw(problem, 12), draw(problem, 9, seed=7)
    steps = [([np.arange(0, 6)], 1.0), ([np.arange(6, 12)], 1.0)]
    rules = ("corrected", "published")
    corrected, published = (last_epoch.influence(problem, theta, data, validation, steps, rule) for rule in rules)
    assert np.array_equal(corrected[6:], published[6:])  # the last step has seen no Hessian yet
    assert np.abs(corrected[:6] - published[:6]).max() > 0.05 * np.abs(corrected).max()
