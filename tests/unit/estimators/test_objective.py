"""Which objective a network gets: by the kind of its loss, its weight, and the losses of the validation rows."""

import logging

import numpy as np
import pytest

from nnabla_influence.estimators.objective import objective_of
from nnabla_influence.network.loss_role import LossRole
from nnabla_influence.objective import LOSS, Objective

LOSSES = np.array([0.1, 0.2, 0.4, 3.0])


def role(function, weight=1.0):
    return LossRole("loss", function, "prediction", "y", weight=weight)


def not_asked():
    raise AssertionError("the losses do not matter here")


def test_the_mean_loss_needs_nothing():
    assert objective_of("loss", [role("SquaredError")], not_asked) == LOSS


@pytest.mark.parametrize(
    "function", ["SoftmaxCrossEntropy", "CategoricalCrossEntropy", "SigmoidCrossEntropy", "BinaryCrossEntropy"]
)
@pytest.mark.parametrize("weight", [1.0, 0.5])
def test_a_cross_entropy_is_minus_the_logarithm_of_a_probability_whatever_its_weight(function, weight):
    objective = objective_of("error", [role(function, weight)], not_asked)
    p = np.array([0.9, 0.2])
    assert objective == Objective("error", weight)
    assert objective.of(-weight * np.log(p)) == pytest.approx(np.mean(1 - p))


@pytest.mark.parametrize(
    "roles",
    [
        [role("SquaredError")],
        [role("AbsoluteError")],
        [role("KLMultinomial")],
        [role("PowScalar")],
        [role("SoftmaxCrossEntropy"), role("SquaredError")],
        [role("SoftmaxCrossEntropy", weight=-1.0)],
    ],
    ids=lambda roles: "+".join(f"{r.weight:g}{r.function}" for r in roles),
)
def test_everything_else_is_bounded_at_six_medians(roles):
    found = objective_of("error", roles, lambda: LOSSES)
    assert found.name == "error" and found.scale == pytest.approx(6 * 0.3)


def test_a_minority_of_broken_rows_does_not_move_the_scale():
    broken = np.append(LOSSES[:3], 1e12)
    assert objective_of("error", [role("SquaredError")], lambda: broken).scale == pytest.approx(6 * 0.3)


def test_where_half_of_the_rows_are_fitted_exactly_the_others_say_the_scale(caplog):
    caplog.set_level(logging.INFO, "nnabla_influence")
    losses = np.array([0.0, 0.0, 0.0, 0.5, 1.5])
    assert objective_of("error", [role("EpsilonInsensitiveLoss")], lambda: losses) == Objective("error", 6.0)
    assert "the median validation loss is 0; the median of those above 0 is taken" in caplog.text
    assert objective_of("error", [role("SquaredError")], lambda: np.zeros(4)).scale > 0


def test_a_loss_below_zero_has_no_scale_and_the_mean_loss_is_used(caplog):
    losses = np.array([-0.5, 1.0, 2.0])
    assert objective_of("error", [role("Neg")], lambda: losses) == LOSS
    assert "negative in 1 of 3 rows (lowest -0.5)" in caplog.text and "mean validation loss is used" in caplog.text
    rounded = np.array([-1e-8, 1.0, 2.0])
    assert objective_of("error", [role("KLMultinomial")], lambda: rounded).name == "error"
