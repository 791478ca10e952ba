"""Central differences: against the exact way where both exist."""

import numpy as np
import pytest
from support.comparison import assert_close
from support.small_networks import SAMPLES, at_its_parameters, draw_batch, kinked, small_network, smooth, wavy

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.autodiff.difference_products import STEPS, DifferenceProducts
from nnabla_influence.autodiff.gradient_check import GradientCheck


# Kinks make the curvature of ReLU networks a sum of jumps that a difference may or may not meet.
@pytest.mark.parametrize("body, scores, hessian", [(smooth, 1e-3, 1e-2), (kinked, 2e-2, None)])
def test_differences_agree_with_the_exact_way(body, scores, hessian):
    network = small_network(body)
    graph, point, direction = at_its_parameters(network)
    exact = LossOracle(network).products(network.theta, draw_batch(), direction)
    products = DifferenceProducts(graph)
    rough = products.run(point, draw_batch(), direction)
    assert_close(rough[0], exact[0], scores, "central difference with a float32 loss")
    assert np.array_equal(rough[0], products.scores(point, draw_batch(), direction))
    if hessian:
        assert_close(rough[1] / SAMPLES, exact[1], hessian, "central difference of float32 gradients")


def test_the_most_accurate_step_suits_the_network():
    graph, point, direction = at_its_parameters(small_network(wavy))
    check = GradientCheck(graph, point, draw_batch(), direction)
    products, error = DifferenceProducts.most_accurate(graph, point, draw_batch(), direction, check)
    assert products.step in STEPS and products.step < STEPS[0]
    assert error == check.error(products.scores(point, draw_batch(), direction))
    assert error < 0.5 * check.error(DifferenceProducts(graph).scores(point, draw_batch(), direction))


def test_a_direction_of_zero_has_products_of_zero():
    graph, point, direction = at_its_parameters(small_network(smooth))
    scores, curvature = DifferenceProducts(graph).run(point, draw_batch(), 0 * direction)
    assert not scores.any() and not curvature.any()
