"""The influence function: both inverses agree, and none is silent when it fails."""

import logging

import numpy as np
import pytest

from nnabla_influence import choices
from nnabla_influence.errors import ConfigError, DivergenceError
from nnabla_influence.estimators import InfluenceFunction
from nnabla_influence.estimators.influence_function import _checked
from nnabla_influence.linalg import Solution, Status


def test_all_inverses_are_the_same_where_they_have_arrived(run, scores):
    finished = run()
    found = [scores(InfluenceFunction(inverse=name, iterations=40), *finished) for name in choices.INVERSES]
    for other in found[1:]:
        assert np.linalg.norm(other - found[0]) < 0.02 * np.linalg.norm(found[0]), "the tolerance of 1e-2"


def test_a_solver_that_broke_down_early_is_no_direction():
    with pytest.raises(DivergenceError, match="ended with 'breakdown' at residual 0.9 after 3 steps. Try that."):
        _checked(Solution(np.zeros(2), Status.BREAKDOWN, 3, 0.9, "Try that."))


@pytest.mark.parametrize("status, residual", [(Status.MAX_ITERATIONS, 0.9), (Status.BREAKDOWN, 0.4)])
def test_what_is_still_of_use_is_used_and_said(status, residual, caplog):
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        assert _checked(Solution(np.ones(2), status, 3, residual, "Try that.")).tolist() == [1, 1]
    assert caplog.messages == [f"influence function: {status.value} after 3 steps, residual {residual:.2g}. Try that."]


@pytest.mark.parametrize(
    "options", [{"damping": 0.0}, {"inverse": "qr"}, {"inverse": "lissa"}, {"curvature": "fisher"}]
)
def test_impossible_settings_are_refused(options):
    with pytest.raises(ConfigError, match=str(next(iter(options.values())))):
        InfluenceFunction(**options)
