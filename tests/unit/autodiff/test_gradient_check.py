"""How far scores are right, as a few plain gradients tell."""

import numpy as np
import pytest
from support.small_networks import (
    SAMPLES,
    at_its_parameters,
    binary,
    depthwise,
    draw_batch,
    kinked,
    one_by_one,
    small_network,
    smooth,
)

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.autodiff.gradient_check import GradientCheck


@pytest.mark.parametrize("body", [smooth, kinked, depthwise, binary])
def test_it_measures_the_error_of_scores(body):
    network = small_network(body)
    graph, point, direction = at_its_parameters(network)
    loop = one_by_one(LossOracle(network), network.theta, direction)
    check = GradientCheck(graph, point, draw_batch(), direction)
    assert check.error(loop) < 1e-5, "float32"
    error = np.random.RandomState(3).normal(size=SAMPLES)
    error *= 0.1 * np.linalg.norm(loop) / np.linalg.norm(error)
    # Four random signs estimate a length to within a factor of two or three.
    assert 0.03 < check.error(loop + error) < 0.3


def test_a_direction_of_zero_is_no_reason_to_doubt():
    graph, point, direction = at_its_parameters(small_network(smooth))
    check = GradientCheck(graph, point, draw_batch(), 0 * direction)
    assert check.error(np.zeros(SAMPLES)) == 0
    assert check.error(np.ones(SAMPLES)) == 1, "but scores of it should be zero"


def test_a_network_that_is_not_finite_is_not_blamed_on_the_scores():
    graph, point, direction = at_its_parameters(small_network(smooth))
    broken = point._replace(theta=point.theta * np.nan)
    assert GradientCheck(graph, broken, draw_batch(), direction).error(np.ones(SAMPLES)) == 0
