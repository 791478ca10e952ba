"""The rules of calculus that a dual number follows, against differences in float64."""

import numpy as np
import pytest
from support.comparison import assert_close

from nnabla_influence.autodiff.tangent.dual import Dual

RANDOM = np.random.RandomState(0)
X, DX, Y, DY = RANDOM.normal(size=(4, 3, 4))
W, DW = RANDOM.normal(size=(2, 4, 5))
STEP = 1e-6
FUNCTIONS = {
    "sum": lambda x, y, w: x + y,
    "sum with a number": lambda x, y, w: x + 2.0,
    "sum with a row": lambda x, y, w: x[:1] + y,
    "difference": lambda x, y, w: x - y - 1.0,
    "negative": lambda x, y, w: -x,
    "product": lambda x, y, w: x * y * 3.0,
    "quotient": lambda x, y, w: x / (y * y + 1.0),
    "power": lambda x, y, w: (x * x + 1.0).power(-0.5),
    "product of matrices": lambda x, y, w: x @ w,
    "parts": lambda x, y, w: x[1:, 2] * y[0, 0],
    "sums and means": lambda x, y, w: x.sum([0]) * y.mean([1]),
    "shapes": lambda x, y, w: x.reshape(4, 3).transpose([1, 0]) * y,
}


def duals(sign=0.0, tangents=True):
    pairs = ((X, DX), (Y, DY), (W, DW))
    return [Dual(value + sign * STEP * d, d if tangents else None) for value, d in pairs]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_tangent_is_the_derivative_along_the_direction(name):
    found = FUNCTIONS[name](*duals())
    up, down = (FUNCTIONS[name](*duals(sign, tangents=False)) for sign in (1, -1))
    assert up.tangent is None
    assert found.tangent.shape == found.value.shape
    assert_close(found.tangent, (up.value - down.value) / (2 * STEP), 1e-8, "central difference in float64")


def test_a_tangent_that_is_smaller_than_the_value_is_widened():
    assert (Dual(X) + Dual(Y[:1], DY[:1])).tangent.shape == X.shape
    assert (Dual(X) * Dual(Y[:1], DY[:1])).tangent.shape == X.shape


def test_a_slope_is_computed_only_where_there_is_a_tangent():
    def slope():
        raise AssertionError

    assert Dual(X).mapped(np.tanh(X), slope).tangent is None
