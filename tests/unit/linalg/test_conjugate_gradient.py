"""Conjugate gradients against dense solves, and their confessions where they must fail."""

import numpy as np
import pytest
import scipy.linalg
from support.comparison import assert_close
from support.matrices import CountedOperator, with_eigenvalues

from nnabla_influence.errors import ConfigError, DivergenceError
from nnabla_influence.linalg import FunctionOperator, Shifted, Status, conjugate_gradient


def solve(matrix, b, **settings):
    return conjugate_gradient(FunctionOperator(len(b), np.asarray(matrix).dot), b, **settings)


def true_residual(matrix, x, b):
    return np.linalg.norm(b - matrix @ x) / np.linalg.norm(b)


@pytest.mark.parametrize("condition", [1.0, 10.0, 1e3])
def test_conjugate_gradient_equals_a_dense_solve(condition):
    matrix, b = with_eigenvalues(np.geomspace(1, condition, 30))
    found = solve(matrix, b, tolerance=1e-10)
    assert found.ok and found.status is Status.CONVERGED and found.advice == ""
    assert found.residual == pytest.approx(true_residual(matrix, found.value, b), rel=1e-6)
    assert_close(found.value, scipy.linalg.solve(matrix, b), 1e-9 * condition, "tolerance times condition number")


def test_as_many_steps_as_there_are_different_eigenvalues():
    matrix, b = with_eigenvalues(np.repeat([1.0, 5.0, 9.0], 10))
    assert solve(matrix, b, tolerance=1e-10).iterations == 3


def test_a_single_parameter_takes_a_single_step():
    found = solve([[4.0]], np.array([2.0]), tolerance=1e-12)
    assert (found.value, found.iterations, found.status) == (0.5, 1, Status.CONVERGED)


def test_a_zero_right_hand_side_needs_no_product():
    operator = CountedOperator(np.copy, 3)
    found = conjugate_gradient(operator, np.zeros(3))
    assert found.ok and not found.value.any() and found.residual == 0 and operator.products == 0


def test_too_few_steps_say_so_and_return_the_best_iterate():
    matrix, b = with_eigenvalues(np.geomspace(1e-3, 1, 50))
    found = solve(matrix, b, max_iterations=12)
    assert found.status is Status.MAX_ITERATIONS and not found.ok and found.iterations == 12
    assert found.residual > 0.1
    assert found.residual == pytest.approx(true_residual(matrix, found.value, b), rel=1e-9)
    assert "raise max_iterations" in found.advice


def test_every_step_comes_nearer_in_the_norm_of_the_matrix_although_the_residual_rises():
    matrix, b = with_eigenvalues(np.geomspace(1e-3, 1, 50))
    exact = scipy.linalg.solve(matrix, b)
    found = [solve(matrix, b, tolerance=1e-9, max_iterations=k) for k in range(1, 40)]
    errors = [(f.value - exact) @ matrix @ (f.value - exact) for f in found]
    assert (np.diff(errors) < 0).all() and max(f.residual for f in found) > 1


def test_negative_curvature_is_noticed_with_its_value():
    matrix, b = with_eigenvalues(np.concatenate([np.linspace(1, 2, 19), [-0.5]]))
    found = solve(matrix, b, tolerance=1e-8)
    assert found.status is Status.NEGATIVE_CURVATURE
    assert "curvature -0." in found.advice and "damping" in found.advice and "Gauss-Newton" in found.advice
    assert found.residual == pytest.approx(true_residual(matrix, found.value, b), rel=1e-9)
    lower = found.value @ (matrix @ found.value / 2 - b)
    assert lower < 0  # what was found before is kept


def test_damping_above_the_negative_eigenvalue_heals_it():
    matrix, b = with_eigenvalues(np.concatenate([np.linspace(1, 2, 19), [-0.5]]))
    found = conjugate_gradient(Shifted(FunctionOperator(20, matrix.dot), 0.6), b, tolerance=1e-10)
    assert found.ok
    assert_close(found.value, scipy.linalg.solve(matrix + 0.6 * np.eye(20), b), 1e-8, "condition 26, tolerance 1e-10")


@pytest.mark.parametrize("matrix, curvature", [([[-3.0]], "-3"), ([[0.0]], "0")])
def test_negative_curvature_in_the_first_step_returns_nothing_found(matrix, curvature):
    found = solve(matrix, np.ones(1))
    assert found.status is Status.NEGATIVE_CURVATURE and f"curvature {curvature} " in found.advice
    assert found.value == 0 and found.residual == 1 and found.iterations == 1


def test_a_product_that_is_not_finite_is_a_breakdown_with_a_finite_value():
    matrix, b = with_eigenvalues(np.geomspace(1, 100, 20))
    calls = []

    def breaks(vector):
        calls.append(vector)
        return matrix @ vector if len(calls) < 4 else np.full(20, np.nan)

    found = conjugate_gradient(FunctionOperator(20, breaks), b)
    assert found.status is Status.BREAKDOWN and "not finite" in found.advice and found.iterations == 4
    assert np.isfinite(found.value).all() and found.value.any() and found.residual < 1


def test_an_operator_far_from_symmetric_diverges_and_says_so():
    skew = np.triu(np.random.default_rng(0).normal(size=(20, 20)), 1)
    found = solve(np.eye(20) + 30 * (skew - skew.T), np.ones(20))
    assert found.status is Status.DIVERGED and "symmetric" in found.advice
    assert found.residual > 1 and np.isfinite(found.value).all()


def test_products_in_float32_converge_to_a_tolerance_above_their_noise():
    matrix, b = with_eigenvalues(np.geomspace(1, 100, 40))
    operator = FunctionOperator(40, lambda v: matrix.astype(np.float32) @ v.astype(np.float32))
    found = conjugate_gradient(operator, b, tolerance=1e-4)
    assert found.ok and true_residual(matrix, found.value, b) < 1.1e-4


def test_convergence_is_not_claimed_below_the_noise_of_the_products():
    """The recursion's own residual goes on shrinking; the true one does not."""
    matrix, b = with_eigenvalues(np.geomspace(1, 100, 40))
    rng = np.random.default_rng(1)
    noisy = FunctionOperator(40, lambda v: matrix @ v + 1e-5 * np.linalg.norm(v) * rng.normal(size=40))
    found = conjugate_gradient(noisy, b, tolerance=1e-9, max_iterations=1000)
    assert found.status is Status.BREAKDOWN and "accept a tolerance above" in found.advice
    assert 1e-9 < found.residual < 1e-2
    assert 0.2 < found.residual / true_residual(matrix, found.value, b) < 5  # measured with a noisy product


def test_more_steps_are_not_advised_where_noise_is_what_is_in_the_way():
    matrix, b = with_eigenvalues(np.geomspace(0.1, 50, 300))
    rng = np.random.default_rng(1)
    noisy = FunctionOperator(300, lambda v: matrix @ v + 2e-3 * np.linalg.norm(matrix @ v) * rng.normal(size=300) / 17)
    found = conjugate_gradient(noisy, b, max_iterations=100)
    assert found.status is Status.MAX_ITERATIONS and "max_iterations" not in found.advice
    assert "Errors of the products" in found.advice


def test_conjugate_gradient_twice_is_the_same_twice_and_leaves_b_alone():
    matrix, b = with_eigenvalues(np.geomspace(1, 100, 40))
    before = b.copy()
    np.testing.assert_array_equal(solve(matrix, b).value, solve(matrix, b).value)
    np.testing.assert_array_equal(b, before)


def test_conjugate_gradient_reports_every_step():
    seen = []
    matrix, b = with_eigenvalues(np.geomspace(1, 100, 20))
    found = solve(matrix, b, max_iterations=50, progress=lambda done, most: seen.append((done, most)))
    assert seen == [(k, 50) for k in range(1, found.iterations + 1)]


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"tolerance": 0}, "tolerance .* be 0"),
        ({"tolerance": float("nan")}, "tolerance .* nan"),
        ({"max_iterations": 0}, "max_iterations should be at least 1, not 0"),
    ],
)
def test_conjugate_gradient_refuses_nonsense(settings, message):
    with pytest.raises(ConfigError, match=message):
        solve(np.eye(2), np.ones(2), **settings)


def test_conjugate_gradient_refuses_a_right_hand_side_that_does_not_fit():
    with pytest.raises(ConfigError, match=r"right-hand side .* \(2,\) .* not \(3,\)"):
        conjugate_gradient(FunctionOperator(2, np.copy), np.ones(3))
    with pytest.raises(DivergenceError, match="right-hand side should be finite"):
        solve(np.eye(2), np.array([1.0, np.inf]))
