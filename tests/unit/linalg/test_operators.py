"""Operators against dense matrices."""

import numpy as np
import pytest
from support.matrices import CountedOperator

from nnabla_influence.errors import ConfigError, DivergenceError
from nnabla_influence.linalg import FunctionOperator, Operator, Scaled, Shifted
from nnabla_influence.linalg.operators import as_finite_vector


def dense(size=6, seed=0):
    matrix = np.random.default_rng(seed).normal(size=(size, size))
    return matrix + matrix.T


def columns(operator):
    """The matrix of an operator, product by product."""
    return np.stack([operator @ unit for unit in np.eye(operator.size)], axis=1)


def test_a_function_is_an_operator():
    matrix = dense()
    np.testing.assert_allclose(columns(FunctionOperator(6, matrix.dot)), matrix, rtol=1e-14)


def test_damping_moves_the_diagonal():
    matrix = dense()
    shifted = columns(Shifted(FunctionOperator(6, matrix.dot), 0.5))
    np.testing.assert_allclose(shifted, matrix + 0.5 * np.eye(6), rtol=1e-14)


def test_scaling_is_symmetric_and_equals_the_preconditioned_matrix():
    matrix, diagonal = dense(), np.array([0.0, 1.0, 2.0, 0.1, 4.0, 1e-6])
    root = np.diag(np.sqrt(diagonal))
    scaled = Scaled(FunctionOperator(6, matrix.dot), diagonal)
    np.testing.assert_allclose(columns(scaled), root @ matrix @ root, rtol=1e-14)
    np.testing.assert_array_equal(scaled.root, np.sqrt(diagonal))


def test_every_operator_makes_one_product_of_the_one_inside():
    inner = CountedOperator(dense().dot, 6)
    outer = Shifted(Scaled(inner, np.ones(6)), 1.0)
    for _ in range(3):
        outer @ np.ones(6)
    inner.apply(np.ones(6))
    assert inner.products == 4


def test_products_are_new_float64_arrays_whatever_the_function_returns():
    buffer = np.zeros(3, np.float32)

    def reused(vector):
        buffer[:] = 2 * vector
        return buffer

    operator = FunctionOperator(3, reused)
    first = operator @ np.ones(3, np.float32)
    operator @ np.zeros(3)
    assert first.dtype == np.float64
    np.testing.assert_array_equal(first, [2, 2, 2])


def test_the_vector_is_left_alone():
    vector = np.arange(6.0)
    Scaled(Shifted(FunctionOperator(6, dense().dot), 1.0), np.full(6, 2.0)) @ vector
    np.testing.assert_array_equal(vector, np.arange(6.0))


def test_an_operator_without_a_product_cannot_be_made():
    with pytest.raises(TypeError, match="abstract"):
        Operator(3)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: FunctionOperator(0, np.copy), "at least 1 parameter, not on 0"),
        (lambda: Shifted(FunctionOperator(3, np.copy), -1.0), "damping .* not -1.0"),
        (lambda: Shifted(FunctionOperator(3, np.copy), np.inf), "damping .* not inf"),
        (lambda: Scaled(FunctionOperator(3, np.copy), np.array([1.0, -2.0, 1.0])), "1 of 3 .* at 1: -2"),
        (lambda: Scaled(FunctionOperator(3, np.copy), np.array([1.0, 1.0, np.nan])), "1 of 3 .* at 2: nan"),
        (lambda: Scaled(FunctionOperator(3, np.copy), np.ones(4)), r"diagonal .* \(3,\) .* not \(4,\)"),
        (lambda: FunctionOperator(3, np.copy) @ np.ones((3, 1)), r"vector .* \(3,\) .* not \(3, 1\)"),
        (lambda: FunctionOperator(3, lambda v: v[:2]) @ np.ones(3), r"product .* \(3,\) .* not \(2,\)"),
    ],
)
def test_nonsense_is_refused_by_name(make, message):
    with pytest.raises(ConfigError, match=message):
        make()


def test_a_vector_that_is_not_finite_is_located():
    with pytest.raises(DivergenceError, match="gradient should be finite; 2 of 4 .* first at 1: nan"):
        as_finite_vector(np.array([0.0, np.nan, 1.0, np.inf]), 4, "gradient")
