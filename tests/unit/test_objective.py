"""The objectives: their values, their derivatives, their names."""

import numpy as np
import pytest

from nnabla_influence.choices import DEFAULT_OBJECTIVE, OBJECTIVES
from nnabla_influence.errors import ConfigError
from nnabla_influence.objective import LOSS, Objective

LOSSES = np.random.RandomState(0).exponential(size=9) + 0.01
ALL = [LOSS, Objective("error"), Objective("error", 0.3), Objective("error", 5.0)]


def test_the_default_is_one_of_them():
    assert DEFAULT_OBJECTIVE in OBJECTIVES and LOSS == Objective("loss")


def test_the_expected_error_is_the_mean_probability_of_a_wrong_answer():
    p = np.array([0.9, 0.5, 0.01])
    assert Objective("error").of(-np.log(p)) == pytest.approx(np.mean(1 - p), rel=1e-12)
    np.testing.assert_allclose(Objective("error").weights(-np.log(p)), p, rtol=1e-12)
    assert LOSS.of(-np.log(p)) == pytest.approx(-np.log(p).mean(), rel=1e-12)


@pytest.mark.parametrize("objective", ALL, ids=str)
def test_the_weights_are_the_derivatives_of_the_rows(objective):
    h = 1e-6  # central difference: truncation 1e-12, rounding 1e-10
    shifted = [LOSSES + sign * h * np.eye(len(LOSSES))[row] for row in range(len(LOSSES)) for sign in (-1, 1)]
    values = np.array([objective.of(losses) for losses in shifted]).reshape(-1, 2)
    slopes = (values[:, 1] - values[:, 0]) / (2 * h)
    np.testing.assert_allclose(slopes, objective.weights(LOSSES) / len(LOSSES), rtol=1e-7, atol=1e-9)


def test_it_is_bounded_and_for_a_wide_scale_the_loss():
    assert Objective("error").of(np.array([1e9, 1e9])) == 1.0
    assert 1e6 * Objective("error", 1e6).of(LOSSES) == pytest.approx(LOSSES.mean(), rel=1e-5)


@pytest.mark.parametrize("wrong", [("errors",), ("",), ("error", 0.0), ("error", -1.0), ("error", float("nan"))])
def test_what_is_none(wrong):
    with pytest.raises(ConfigError, match="Expected (objective to be one of error, loss|the scale)"):
        Objective(*wrong)


def test_each_says_what_it_is():
    assert LOSS.formula == "mean validation loss" and LOSS.words == "validation loss"
    assert Objective("error").formula == "expected validation error, the mean of 1 - p with p = exp(-loss)"
    assert Objective("error", 0.25).formula == "bounded validation error, the mean of 1 - exp(-loss / 0.25)"
