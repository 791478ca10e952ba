"""A mean with its interval: Student's t, and how it is written."""

import math

import numpy as np
import pytest
from scipy import stats

from nnabla_influence.evaluation.interval import Interval


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
    assert interval.text() == text


@pytest.mark.parametrize(
    "interval, text",
    [
        (Interval(0.0, 0.0, 3), "0"),  # nothing was removed
        (Interval(5.551e-17, 0.0, 2), "+0 ± 0"),
        (Interval(math.nan, math.nan, 2), "-"),  # a training diverged
        (Interval(-0.12345, 0.031, 3), "-0.123 ± 0.031"),
    ],
)
def test_a_bare_cell_says_no_more_than_it_must(interval, text):
    assert interval.text("+.3g", bare=True) == text


def test_both_numbers_have_a_format():
    assert Interval(0.91234, 0.01234, 3).text(".3f", ".3f") == "0.912 ± 0.012"


def test_intervals_are_students():
    values = [1.0, 2.0, 4.0]
    found = Interval.of(values)
    low, high = stats.t.interval(0.95, 2, loc=np.mean(values), scale=stats.sem(values))
    assert (found.mean - found.half, found.mean + found.half) == pytest.approx((low, high))
    assert math.isnan(Interval.of([1.0]).half) and not Interval.of([1.0]).decided
    assert Interval.of([1.0, 1.1, 0.9]).decided and not Interval.of([1.0, -1.1, 0.9]).decided
