"""Scores by forward mode: against the loop, and against the exact products."""

import numpy as np
import pytest
from support.comparison import assert_close
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
from nnabla_influence.autodiff.exact_products import ExactProducts
from nnabla_influence.autodiff.forward_scores import ForwardScores
from nnabla_influence.errors import UnsupportedError

FLOAT32 = "float32 (6e-8 per operation), a few dozen accumulations"


@pytest.mark.parametrize("body", [smooth, kinked, depthwise])
def test_scores_equal_a_loop(body):
    network = small_network(body)
    graph, point, direction = at_its_parameters(network)
    scores = ForwardScores(graph).scores(point, draw_batch(), direction)
    assert scores.shape == (SAMPLES,) and scores.dtype == np.float64
    assert_close(scores, one_by_one(LossOracle(network), network.theta, direction), 1e-5, FLOAT32)


def test_scores_of_exact_products_are_the_same_question():
    graph, point, direction = at_its_parameters(small_network(kinked))
    exact = ExactProducts(graph, fast=True)
    assert np.array_equal(exact.scores(point, draw_batch(), direction), exact.run(point, draw_batch(), direction)[0])
    forward = ForwardScores(graph).scores(point, draw_batch(), direction)
    assert_close(forward, exact.scores(point, draw_batch(), direction), 1e-5, FLOAT32)


def test_a_layer_without_a_rule_is_named():
    graph, _, _ = at_its_parameters(small_network(binary))
    with pytest.raises(UnsupportedError, match="BinaryTanh"):
        ForwardScores(graph)
