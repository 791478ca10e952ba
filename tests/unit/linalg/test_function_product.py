"""Functions of a matrix, times a vector, against dense eigendecompositions."""

import numpy as np
import pytest
import scipy.linalg
from support.comparison import assert_close
from support.matrices import (
    ROUNDING,
    apply,
    curvature_like,
    dense_function,
    gradient_descent,
    operator_of,
    with_eigenvalues,
)

from nnabla_influence.errors import ConfigError
from nnabla_influence.linalg import FunctionOperator, damped_inverse, function_times_vector, lanczos, last_change


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
    [gradient_descent(0.05, 50), gradient_descent(0.3, 8), damped_inverse(1.0)],
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


@pytest.mark.parametrize("clip", [True, False])
def test_the_change_alone_is_that_of_the_product(clip):
    matrix, start = with_eigenvalues(np.linspace(-1, 2, 9))
    result = lanczos(operator_of(matrix), start, 4)
    whole = function_times_vector(result, np.exp, clip)
    assert last_change(result, np.exp, clip) == whole.change > 0
    assert last_change(lanczos(FunctionOperator(9, np.eye(9).dot), np.ones(9), 4), np.exp) == 0


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
    function = gradient_descent(0.05, 50)
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


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: apply(np.eye(3), np.ones(3), 2, np.sum), r"one value for each of 1 eigenvalues"),
        (lambda: apply(np.zeros((3, 3)), np.ones(3), 2, damped_inverse(0.0)), "Ritz value 0: use a positive damping"),
    ],
)
def test_nonsense_is_refused_by_name(make, message):
    with pytest.raises(ConfigError, match=message):
        make()
