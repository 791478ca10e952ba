"""What is said where differences disagree with gradients: kinks and rounding are told apart by shorter steps."""

import numpy as np
import pytest

from nnabla_influence.autodiff.disagreement import disagreement


def error_of(function, slope, steps):
    """Relative error of central differences of a function of one number at 0.02."""
    return {h: abs((function(0.02 + h) - function(0.02 - h)) / (2 * h) - slope) / slope for h in steps}


STEPS = (1e-1, 1e-3, 1e-4)


def test_kinks_within_the_step_are_known_by_a_shorter_step():
    errors = error_of(lambda x: max(x, 0.0), 1.0, STEPS)
    said = disagreement(errors, 0.2)
    assert said.startswith("by 40 %, but by ") and said.endswith(": kinks (ReLU, max pooling) lie within the step")


def test_rounding_is_off_at_every_step():
    errors = error_of(np.sign, 1.0, STEPS)
    assert "kinks" not in disagreement(errors, 0.2)
    assert (
        "or more at every step tried, from 0.1 to 0.0001 of the parameters' length, as with layers that"
        in disagreement(errors, 0.2)
    )


@pytest.mark.parametrize("best", [0.3, float("nan")])
def test_nothing_is_said_about_kinks_where_no_step_is_of_use(best):
    assert "kinks" not in disagreement({3e-4: 0.5, 1e-6: best}, 0.2)
    assert disagreement({3e-4: 0.5, 1e-6: best}, 0.2).startswith("by 30 %" if best == 0.3 else "by 50 %")
