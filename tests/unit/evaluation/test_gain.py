"""The error of a gain covers rows and trainings: held against a simulation of both."""

import math

import numpy as np
import pytest
from scipy import stats

from nnabla_influence.evaluation.gain import Gain


def drawn(random, gain, seeds=5, rows=200, of_seeds=0.02, of_rows=0.1, rest=0.1):
    """Errors before and after, with chance in seeds, rows and both."""
    difference = (
        gain
        + of_seeds * random.standard_normal((seeds, 1))
        + of_rows * random.standard_normal((1, rows))
        + rest * random.standard_normal((seeds, rows))
    )
    before = np.full((seeds, rows), 0.5)
    return before, before - difference


@pytest.mark.parametrize(
    "spread", [{"of_seeds": 0.0}, {"of_rows": 0.0}, {}, {"of_seeds": 0.05}], ids=["rows", "seeds", "both", "more seeds"]
)
def test_no_gain_is_seen_in_at_most_a_twentieth_of_cases(spread):
    random = np.random.default_rng(0)
    seen = [Gain.between(*drawn(random, 0.0, **spread)).is_real() for _ in range(2000)]
    assert np.mean(seen) < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 2000)


def test_the_interval_covers_the_truth():
    random = np.random.default_rng(1)
    intervals = [Gain.between(*drawn(random, 0.03)).interval() for _ in range(1000)]
    assert np.mean([abs(interval.mean - 0.03) <= interval.half for interval in intervals]) > 0.94


def test_many_seeds_are_not_taken_for_many_rows():
    """An error over trainings alone would see a gain here: all trainings agree, on twenty rows."""
    random = np.random.default_rng(2)
    of_rows = 0.1 * random.standard_normal((1, 20))
    difference = np.repeat(of_rows - of_rows.mean() + 0.01, 50, axis=0) + 1e-4 * random.standard_normal((50, 20))
    gain = Gain.between(difference, np.zeros_like(difference))
    assert stats.ttest_1samp(difference.mean(axis=1), 0).pvalue < 1e-6
    assert not gain.is_real()
    assert gain.row_error == pytest.approx(difference.mean(axis=0).std(ddof=1) / math.sqrt(20))


def test_the_rows_that_would_do_show_the_gain():
    random = np.random.default_rng(3)
    few = Gain.between(*drawn(random, 0.01, rows=60, of_seeds=0.0))
    needed = few.rows_needed()
    assert not few.is_real() and 60 < needed < math.inf
    many = [Gain.between(*drawn(random, few.mean, rows=int(needed), of_seeds=0.0)) for _ in range(200)]
    # Its own error is an estimate: what is needed is the order of magnitude.
    assert 1.4 < np.mean([gain.mean / gain.error for gain in many]) < 2.2, "1.64 standard errors were asked for"


@pytest.mark.parametrize("shape", [(1, 50), (5, 1)], ids=["one training", "one row"])
def test_one_of_a_kind_shows_nothing(shape):
    gain = Gain.between(np.ones(shape), np.zeros(shape))
    assert gain.mean == 1.0 and not gain.is_real()
    assert math.isnan(gain.interval().half) and gain.rows_needed() == math.inf


def test_no_gain_needs_more_rows_than_there_are():
    assert Gain.between(np.zeros((3, 10)), np.ones((3, 10))).rows_needed() == math.inf


def test_equal_errors_are_no_gain():
    gain = Gain.between(np.ones((3, 10)), np.ones((3, 10)))
    assert (gain.mean, gain.error) == (0.0, 0.0) and not gain.is_real()
