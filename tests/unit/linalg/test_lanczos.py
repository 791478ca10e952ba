"""Lanczos and functions of matrices against dense eigendecompositions."""

import numpy as np
import pytest
import scipy.linalg
from support.comparison import assert_close

from nnabla_influence.errors import ConfigError, DivergenceError
from nnabla_influence.linalg import FunctionOperator, damped_inverse, function_times_vector, lanczos, sgd_horizon

ROUNDING = "float64, a few hundred operations"


def with_eigenvalues(eigenvalues, seed=0):
    """A symmetric matrix with random eigenvectors, and a random start."""
    rng = np.random.default_rng(seed)
    basis, _ = np.linalg.qr(rng.normal(size=(len(eigenvalues),) * 2))
    return (basis * eigenvalues) @ basis.T, rng.normal(size=len(eigenvalues))


def curvature_like(size=60):
    """A few sharp directions and a flat rest, as networks have; positive semi-definite."""
    return with_eigenvalues(np.concatenate([np.zeros(size // 2), np.geomspace(1e-3, 20, size - size // 2)]))


def operator_of(matrix):
    return FunctionOperator(len(matrix), np.asarray(matrix).dot)


def dense_function(matrix, function, vector):
    values, vectors = np.linalg.eigh(matrix)
    return vectors @ (function(values) * (vectors.T @ vector))


def apply(matrix, start, steps, function, **settings):
    return function_times_vector(lanczos(operator_of(matrix), start, steps), function, **settings)


# ------------------------------------------------------------------------------------------------------- the basis


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
    operator, seen = operator_of(matrix), []
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


# --------------------------------------------------------------------------------------------- functions of matrices


@pytest.mark.parametrize("degree", range(5))
def test_k_steps_are_exact_for_polynomials_below_degree_k(degree):
    matrix, start = with_eigenvalues(np.linspace(-2, 3, 40))
    found = apply(matrix, start, 5, lambda x: x**degree, clip_negative=False)
    assert_close(found.value, np.linalg.matrix_power(matrix, degree) @ start, 1e-12, ROUNDING)


def test_all_steps_equal_scipys_matrix_function():
    matrix, start = with_eigenvalues(np.linspace(-2, 3, 12))
    found = apply(matrix, start, 12, np.exp, clip_negative=False)
    assert_close(found.value, scipy.linalg.expm(matrix) @ start, 1e-12, ROUNDING)
    assert found.change == 0


@pytest.mark.parametrize(
    "function",
    [sgd_horizon(0.05, 50), sgd_horizon(0.3, 8), damped_inverse(1.0)],
    ids=["horizon", "edge of stability", "inverse"],
)
def test_a_short_run_approximates_and_its_change_bounds_the_error(function):
    matrix, start = curvature_like()
    exact = dense_function(matrix, function, start)
    errors = []
    for steps in (4, 8, 16, 24):
        found = apply(matrix, start, steps, function)
        errors.append(np.linalg.norm(found.value - exact) / np.linalg.norm(exact))
        assert errors[-1] < 3 * found.change + 1e-12
    assert errors[-1] < 1e-3 and errors[-1] < 0.02 * errors[0]


def test_too_few_steps_confess_a_large_change():
    matrix, start = with_eigenvalues(np.geomspace(1e-4, 1, 200))
    assert apply(matrix, start, 6, damped_inverse(1e-4)).change > 0.1
    assert apply(matrix, start, 1, damped_inverse(1e-4)).change == 1


def test_the_change_is_the_difference_from_one_step_less():
    matrix, start = curvature_like()
    less, more = (apply(matrix, start, k, damped_inverse(0.5)).value for k in (7, 8))
    assert apply(matrix, start, 8, damped_inverse(0.5)).change == pytest.approx(
        np.linalg.norm(more - less) / np.linalg.norm(more), rel=1e-9
    )


def test_the_value_is_the_coefficients_in_the_basis():
    matrix, start = curvature_like()
    run = lanczos(operator_of(matrix), start, 8)
    found = function_times_vector(run, np.exp)
    np.testing.assert_array_equal(found.coefficients @ run.basis, found.value)
    assert found.value.dtype == np.float64


# ------------------------------------------------------------------------------------------------ negative curvature


def test_negative_ritz_values_are_clipped_at_zero_and_reported():
    values = np.array([-0.5, -0.01, 0.0, 1.0, 2.0, 3.0])
    matrix, start = with_eigenvalues(values)
    found = apply(matrix, start, 6, damped_inverse(1.0))
    assert found.most_negative == pytest.approx(-0.5)
    assert found.negative in (2, 3) and (found.ritz_values >= 0).all()  # the zero may round to either side
    clipped = dense_function(matrix, lambda x: damped_inverse(1.0)(np.maximum(x, 0)), start)
    assert_close(found.value, clipped, 1e-12, ROUNDING)


def test_without_clipping_the_function_sees_them():
    matrix, start = with_eigenvalues(np.array([-0.5, 1.0, 2.0]))
    found = apply(matrix, start, 3, np.exp, clip_negative=False)
    assert (found.negative, found.ritz_values[0]) == (1, pytest.approx(-0.5))
    assert_close(found.value, scipy.linalg.expm(matrix) @ start, 1e-12, ROUNDING)


def test_a_positive_definite_operator_has_nothing_to_report():
    matrix, start = with_eigenvalues(np.linspace(1, 2, 10))
    found = apply(matrix, start, 5, np.exp)
    assert (found.negative, found.most_negative) == (0, 0.0)


# -------------------------------------------------------------------------------------------- small and special spaces


def test_an_invariant_space_ends_the_run_and_is_exact():
    matrix, start = with_eigenvalues(np.repeat([1.0, 4.0, 9.0], 10))
    run = lanczos(operator_of(matrix), start, 20)
    assert run.invariant and len(run.basis) == 3
    found = function_times_vector(run, np.sqrt)
    assert found.change == 0
    assert_close(found.value, dense_function(matrix, np.sqrt, start), 1e-12, ROUNDING)


@pytest.mark.parametrize("matrix", [np.zeros((5, 5)), 3 * np.eye(5)], ids=["zero", "identity"])
def test_one_step_is_enough_for_multiples_of_the_identity(matrix):
    run = lanczos(operator_of(matrix), np.arange(5.0), 4)
    assert run.invariant and len(run.basis) == 1 and run.asymmetry == 0
    expected = np.exp(matrix[0, 0]) * np.arange(5.0)
    np.testing.assert_allclose(function_times_vector(run, np.exp).value, expected, rtol=1e-14)


def test_a_single_parameter():
    run = lanczos(operator_of([[2.0]]), np.array([-3.0]), 8)
    assert run.invariant and (run.alpha, run.beta.shape) == (2.0, (0,))
    assert function_times_vector(run, damped_inverse(1.0)).value == pytest.approx(-1.0)


def test_more_steps_than_parameters_stop_at_a_full_basis_even_with_noise():
    matrix, start = with_eigenvalues(np.linspace(0, 1, 6))
    rng = np.random.default_rng(0)
    operator = FunctionOperator(6, lambda v: matrix @ v + 1e-3 * rng.normal(size=6))
    run = lanczos(operator, start, 50)
    assert operator.products == 6 and run.invariant
    np.testing.assert_allclose(run.basis @ run.basis.T, np.eye(6), atol=1e-13)


def test_a_zero_start_gives_zero_without_a_product():
    operator = FunctionOperator(4, np.copy)
    run = lanczos(operator, np.zeros(4), 3)
    assert operator.products == 0 and run.start_norm == 0 and run.basis.shape == (0, 4)
    assert run.alpha.size == run.beta.size == run.ritz_values.size == run.ritz_weights.size == 0
    found = function_times_vector(run, sgd_horizon(0.1, 5))
    np.testing.assert_array_equal(found.value, np.zeros(4))
    assert (found.change, found.negative, found.most_negative) == (0, 0, 0.0)


# ------------------------------------------------------------------------------------------------------------- noise


def test_the_symmetric_part_of_an_asymmetric_operator_is_used_and_the_rest_reported():
    matrix, start = with_eigenvalues(np.linspace(0.5, 3, 12))
    other = np.random.default_rng(5).normal(size=(12, 12))
    skew = 0.02 * (other - other.T)
    run = lanczos(operator_of(matrix + skew), start, 12)
    total = matrix + skew
    assert run.asymmetry == pytest.approx(np.linalg.norm(total - total.T) / np.linalg.norm(total))
    assert_close(
        function_times_vector(run, np.sqrt).value,
        dense_function(matrix, np.sqrt, start),
        1e-12,
        "a full basis: exactly the symmetric part",
    )


@pytest.mark.parametrize("noise, allowed", [(1e-7, 1e-6), (2e-3, 2e-2), (2e-2, 2e-1)])
def test_noisy_products_cost_about_their_noise(noise, allowed):
    """Noise of the sizes that float32 and central differences with ReLU and with batch norm have."""
    matrix, start = curvature_like()
    rng = np.random.default_rng(2)

    def noisy(vector):
        image = matrix @ vector
        return image + noise * np.linalg.norm(image) * rng.normal(size=60) / np.sqrt(60)

    run, exact = lanczos(FunctionOperator(60, noisy), start, 10), lanczos(operator_of(matrix), start, 10)
    assert 0.01 * noise < run.asymmetry < 3 * noise
    function = sgd_horizon(0.05, 50)
    assert_close(
        function_times_vector(run, function).value,
        function_times_vector(exact, function).value,
        allowed,
        "ten times the noise of a product: ten products",
    )


def test_products_rounded_to_float32_do_not_end_an_invariant_space_wrongly():
    matrix, start = with_eigenvalues(np.repeat([1.0, 4.0, 9.0], 10))
    run = lanczos(FunctionOperator(30, lambda v: matrix.astype(np.float32) @ v.astype(np.float32)), start, 8)
    assert_close(function_times_vector(run, np.sqrt).value, dense_function(matrix, np.sqrt, start), 1e-6, "float32")
    assert run.asymmetry < 1e-6


def test_lanczos_twice_is_the_same_twice_and_leaves_the_start_alone():
    matrix, start = curvature_like()
    before = start.copy()
    first, second = (apply(matrix, start, 8, np.exp).value for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(start, before)


# --------------------------------------------------------------------------------------------------------- functions


@pytest.mark.parametrize("rate, steps", [(0.1, 1), (0.1, 2), (0.3, 20), (1.0, 313), (1e-6, 5000)])
def test_sgd_horizon_is_the_mean_it_says(rate, steps):
    x = np.concatenate([[0.0, 1e-300, 1e-17, 1e-9, 1e-5], np.linspace(0, 12, 50), [1 / rate, 2 / rate, 1e6]])
    q = np.clip(1 - rate * x, 0, 1)
    expected = np.mean([q**s for s in range(steps)], axis=0)
    np.testing.assert_allclose(sgd_horizon(rate, steps)(x), expected, rtol=1e-12)


def test_sgd_horizon_falls_from_one_to_one_step_in_all():
    f = sgd_horizon(0.1, 25)(np.array([0.0, 1e-12, 1.0, 5.0, 9.999, 10.0, 1e9]))
    assert f[0] == 1 and (np.diff(f) <= 0).all()
    np.testing.assert_allclose(f[-2:], 1 / 25)


def test_sgd_horizon_equals_running_gradient_descent():
    """The mean of u over K steps of ``u <- (I - eta A) u``."""
    matrix, start = with_eigenvalues(np.linspace(0, 9, 15))
    u, total = start, np.zeros(15)
    for _ in range(40):
        total, u = total + u, u - 0.1 * matrix @ u
    assert_close(apply(matrix, start, 15, sgd_horizon(0.1, 40)).value, total / 40, 1e-12, ROUNDING)


def test_damped_inverse_equals_a_dense_solve():
    matrix, start = with_eigenvalues(np.linspace(0, 9, 15))
    solved = scipy.linalg.solve(matrix + 0.3 * np.eye(15), start)
    assert_close(apply(matrix, start, 15, damped_inverse(0.3)).value, solved, 1e-12, ROUNDING)


# ----------------------------------------------------------------------------------------------------------- nonsense


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: lanczos(operator_of(np.eye(3)), np.ones(3), 0), "at least 1 step, not 0"),
        (lambda: lanczos(operator_of(np.eye(3)), np.ones(4), 2), r"start vector .* \(3,\) .* not \(4,\)"),
        (lambda: sgd_horizon(0.0, 5), "learning rate should be positive, not 0"),
        (lambda: sgd_horizon(float("nan"), 5), "learning rate should be positive, not nan"),
        (lambda: sgd_horizon(0.1, 0), "horizon should be at least 1 step, not 0"),
        (lambda: damped_inverse(-0.1), "damping .* not -0.1"),
        (lambda: apply(np.eye(3), np.ones(3), 2, np.sum), r"one value for each of 1 eigenvalues"),
        (lambda: apply(np.zeros((3, 3)), np.ones(3), 2, damped_inverse(0.0)), "Ritz value 0: use a positive damping"),
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
