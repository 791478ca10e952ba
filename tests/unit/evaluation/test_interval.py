"""How a change is printed."""

import math

import pytest

from nnabla_influence.cli.curve_table import shown
from nnabla_influence.evaluation.removal_curve import Interval


@pytest.mark.parametrize(
    "interval, text",
    [
        (Interval(-0.125, 0.031, 3), "-0.125 ± 0.031"),
        (Interval(-0.125, math.nan, 1), "-0.125"),
        (Interval(math.nan, math.nan, 0), "-"),
        (Interval(5.551e-17, 0.38, 2), "+0 ± 0.38"),  # +1/20 and -1/20 of an accuracy
        (Interval(-3e-9, 1e-9, 3), "-3e-09 ± 1e-09"),
    ],
)
def test_a_change_with_its_interval(interval, text):
    assert shown(interval) == text
