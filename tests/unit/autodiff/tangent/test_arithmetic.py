"""Arithmetic with and without broadcasting, choices between two arrays, comparisons and products of matrices."""

import nnabla.functions as F
import numpy as np
import pytest
from support.tangent_rules import Fixed, assert_tangents, drawn

A, B = drawn(3, 2, 4), drawn(3, 2, 4, seed=1)
ROW, NUMBER = drawn(1, 2, 1, seed=2), drawn(1, 1, 1, seed=3)
POSITIVE = drawn(3, 2, 4, positive=True)
TWO = {
    "add2": F.add2,
    "sub2": F.sub2,
    "mul2": F.mul2,
    "div2": F.div2,
    "maximum2": F.maximum2,
    "minimum2": F.minimum2,
}
ONE = {
    "add": lambda x: F.add_scalar(x, 0.7),
    "multiply": lambda x: F.mul_scalar(x, -0.7),
    "square": lambda x: F.pow_scalar(x, 2.0),
    "subtract from": lambda x: F.r_sub_scalar(x, 0.7),
    "divide": lambda x: F.r_div_scalar(x, 0.7),
    "exponent": lambda x: F.r_pow_scalar(x, 0.7),
    "at least": lambda x: F.maximum_scalar(x, 0.3),
    "at most": lambda x: F.minimum_scalar(x, 0.3),
}


@pytest.mark.parametrize("other", [B, ROW, NUMBER], ids=["same shape", "row", "number"])
@pytest.mark.parametrize("name", TWO)
def test_two_arrays(name, other):
    assert_tangents(TWO[name], A, other)
    if other is not B:
        assert_tangents(TWO[name], other, A)


@pytest.mark.parametrize("name", ONE)
def test_an_array_and_a_number(name):
    assert_tangents(ONE[name], A)


def test_powers():
    assert_tangents(F.pow2, POSITIVE, B)
    assert_tangents(lambda x: F.pow_scalar(x, 0.5), POSITIVE)
    assert_tangents(lambda x: F.pow_scalar(x, 3.0), A)


def test_a_power_of_a_negative_number_needs_no_logarithm():
    assert_tangents(F.pow2, A, Fixed(np.full(A.shape, 2, np.float32)))


@pytest.mark.parametrize("combine", [F.add_n, F.mul_n])
def test_many_arrays(combine):
    assert_tangents(combine, A, B, drawn(3, 2, 4, seed=5))


@pytest.mark.parametrize("condition", [np.float32(A > 0), np.float32([1, 0, 1])], ids=["each value", "each row"])
def test_choices(condition):
    assert_tangents(F.where, Fixed(condition), A, B)


@pytest.mark.parametrize("a, b, settings", [
    ((2, 3, 4), (2, 4, 5), {}),
    ((2, 4, 3), (2, 4, 5), {"transpose_a": True}),
    ((2, 3, 4), (2, 5, 4), {"transpose_b": True}),
    ((2, 4, 3), (2, 5, 4), {"transpose_a": True, "transpose_b": True}),
    ((2, 1, 3, 4), (1, 3, 4, 5), {}),
])  # fmt: skip
def test_products_of_matrices(a, b, settings):
    assert_tangents(lambda x, y: F.batch_matmul(x, y, **settings), drawn(*a), drawn(*b, seed=1))


@pytest.mark.parametrize("name", ["equal", "not_equal", "greater", "greater_equal", "less", "less_equal"])
def test_comparisons_have_no_tangent(name):
    whole = [np.random.RandomState(seed).randint(3, size=(4, 5)).astype(np.float32) for seed in (0, 1)]
    assert_tangents(getattr(F, name), *map(Fixed, whole))
    assert_tangents(lambda x: getattr(F, f"{name}_scalar")(x, 1.0), Fixed(whole[0]))
