"""Exponential, logarithm, trigonometric and hyperbolic functions."""

import nnabla.functions as F
import numpy as np
import pytest
from support.tangent_rules import assert_tangents, drawn

EVERYWHERE = ("abs", "exp", "sin", "cos", "tan", "atan", "sinh", "cosh", "asinh", "erf")


@pytest.mark.parametrize("name", EVERYWHERE)
def test_functions_of_all_numbers(name):
    assert_tangents(getattr(F, name), drawn(3, 4, 5))


@pytest.mark.parametrize("name", ["asin", "acos", "atanh"])
def test_functions_between_minus_one_and_one(name):
    assert_tangents(getattr(F, name), 0.9 * np.tanh(drawn(3, 4, 5)))


def test_functions_of_positive_numbers():
    assert_tangents(F.log, drawn(3, 4, 5, positive=True))
    assert_tangents(F.acosh, 1 + drawn(3, 4, 5, positive=True))


def test_the_angle_of_a_point():
    assert_tangents(F.atan2, drawn(3, 4, 5), drawn(3, 4, 5, seed=1))
