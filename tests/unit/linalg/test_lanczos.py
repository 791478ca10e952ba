"""Lanczos against dense eigendecompositions."""

import numpy as np
import pytest
from support.matrices import CountedOperator, apply, curvature_like, gradient_descent, operator_of, with_eigenvalues

from nnabla_influence import machine_memory
from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.errors import ConfigError, DivergenceError, TooLargeError
from nnabla_influence.linalg import FunctionOperator, damped_inverse, function_times_vector, lanczos


def test_the_basis_is_orthonormal_even_where_lanczos_is_known_to_lose_it():
    matrix, start = with_eigenvalues(np.concatenate([np.linspace(0, 1, 99), [1e4]]))
    basis = lanczos(operator_of(matrix), start, 60).basis
    np.testing.assert_allclose(basis @ basis.T, np.eye(60), atol=1e-13)


def test_the_projection_is_v_a_v_and_tridiagonal():
    matrix, start = curvature_like()
    found = lanczos(operator_of(matrix), start, 12)
    np.testing.assert_allclose(found.projected, found.basis @ matrix @ found.basis.T, atol=1e-12)
    tridiagonal = np.diag(found.alpha) + np.diag(found.beta, 1) + np.diag(found.beta, -1)
    np.testing.assert_allclose(found.projected, tridiagonal, atol=1e-12)
    assert found.start_norm == pytest.approx(np.linalg.norm(start))
    assert not found.invariant and found.asymmetry < 1e-12


def test_one_product_a_step_and_every_step_reported():
    matrix, start = curvature_like()
    operator, seen = CountedOperator(matrix.dot, len(matrix)), []
    lanczos(operator, start, 7, progress=lambda done, most: seen.append((done, most)))
    assert operator.products == 7 and seen == [(k, 7) for k in range(1, 8)]


def test_extreme_ritz_values_find_extreme_eigenvalues():
    matrix, start = curvature_like()
    assert lanczos(operator_of(matrix), start, 15).ritz_values[-1] == pytest.approx(20, rel=1e-6)


def test_ritz_weights_are_a_gauss_quadrature():
    """Exact for polynomials of degree 2k - 1 (Golub & Meurant)."""
    matrix, start = with_eigenvalues(np.linspace(-1, 1, 30))
    found = lanczos(operator_of(matrix), start, 4)
    assert found.ritz_weights.sum() == pytest.approx(1)
    for degree in range(8):
        exact = start @ np.linalg.matrix_power(matrix, degree) @ start
        quadrature = found.start_norm**2 * (found.ritz_weights * found.ritz_values**degree).sum()
        assert quadrature == pytest.approx(exact, abs=1e-12 * found.start_norm**2)
    assert (
        abs(
            found.ritz_weights @ found.ritz_values**8
            - start @ np.linalg.matrix_power(matrix, 8) @ start / found.start_norm**2
        )
        > 1e-6
    )


def test_a_single_parameter():
    run = lanczos(operator_of([[2.0]]), np.array([-3.0]), 8)
    assert run.invariant and (run.alpha, run.beta.shape) == (2.0, (0,))
    assert function_times_vector(run, damped_inverse(1.0)).value == pytest.approx(-1.0)


def test_more_steps_than_parameters_stop_at_a_full_basis_even_with_noise():
    matrix, start = with_eigenvalues(np.linspace(0, 1, 6))
    rng = np.random.default_rng(0)
    operator = CountedOperator(lambda v: matrix @ v + 1e-3 * rng.normal(size=6), 6)
    run = lanczos(operator, start, 50)
    assert operator.products == 6 and run.invariant
    np.testing.assert_allclose(run.basis @ run.basis.T, np.eye(6), atol=1e-13)


def test_a_zero_start_gives_zero_without_a_product():
    operator = CountedOperator(np.copy, 4)
    run = lanczos(operator, np.zeros(4), 3)
    assert operator.products == 0 and run.start_norm == 0 and run.basis.shape == (0, 4)
    assert run.alpha.size == run.beta.size == run.ritz_values.size == run.ritz_weights.size == 0
    found = function_times_vector(run, gradient_descent(0.1, 5))
    np.testing.assert_array_equal(found.value, np.zeros(4))
    assert (found.change, found.negative, found.most_negative) == (0, 0, 0.0)


def test_lanczos_twice_is_the_same_twice_and_leaves_the_start_alone():
    matrix, start = curvature_like()
    before = start.copy()
    first, second = (apply(matrix, start, 8, np.exp).value for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(start, before)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: lanczos(operator_of(np.eye(3)), np.ones(3), 0), "at least 1 step, not 0"),
        (lambda: lanczos(operator_of(np.eye(3)), np.ones(4), 2), r"start vector .* \(3,\) .* not \(4,\)"),
    ],
)
def test_nonsense_is_refused_by_name(make, message):
    with pytest.raises(ConfigError, match=message):
        make()


def test_numbers_that_are_not_finite_are_named():
    with pytest.raises(DivergenceError, match="start vector should be finite; 1 of 3"):
        lanczos(operator_of(np.eye(3)), np.array([1.0, np.nan, 0.0]), 2)
    with pytest.raises(DivergenceError, match="product should be finite; 3 of 3"):
        lanczos(FunctionOperator(3, lambda v: np.full(3, np.inf)), np.ones(3), 2)


def test_a_basis_that_does_not_fit_the_memory_is_refused(monkeypatch):
    monkeypatch.setattr(machine_memory, "machine_memory", lambda: 1000)
    lanczos(FunctionOperator(60, lambda v: 2 * v), np.ones(60), 2)
    with pytest.raises(TooLargeError, match="3 Lanczos vectors of 60 numbers to fit the 1000 bytes") as caught:
        lanczos(FunctionOperator(60, lambda v: 2 * v), np.ones(60), 3)
    assert "--lanczos-steps" in caught.value.said(IN_COMMANDS)
