"""Exact products: against a sample at a time, and what NNabla cannot differentiate twice."""

import nnabla.functions as F
import numpy as np
import pytest
from support.comparison import assert_close
from support.small_networks import at_its_parameters, depthwise, draw_batch, kinked, one_by_one, small_network, smooth

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.autodiff.exact_products import ExactProducts
from nnabla_influence.errors import UnsupportedError
from nnabla_influence.network import TRAINING

FLOAT32 = "float32 (6e-8 per operation), a few dozen accumulations"


def one_dropout(x, rng):
    return F.dropout(smooth(x, rng), 0.5)


@pytest.mark.parametrize("body", [smooth, kinked])
def test_scores_are_those_of_a_sample_at_a_time(body):
    network = small_network(body)
    graph, point, direction = at_its_parameters(network)
    scores, curvature = ExactProducts(graph, fast=True).run(point, draw_batch(), direction)
    assert_close(scores, one_by_one(LossOracle(network), network.theta, direction), 1e-5, FLOAT32)
    assert scores.dtype == curvature.dtype == np.float64


def test_the_point_counts_and_not_what_the_graph_was_left_at():
    network = small_network(smooth)
    graph, point, direction = at_its_parameters(network)
    products = ExactProducts(graph, fast=True)
    first = products.run(point, draw_batch(), direction)
    products.run(point.shifted(np.ones(point.theta.size)), draw_batch(), 2 * direction)
    for before, again in zip(first, products.run(point, draw_batch(), direction)):
        assert np.array_equal(before, again)


def test_the_seed_draws_the_masks():
    graph, point, direction = at_its_parameters(small_network(one_dropout), TRAINING, seed=3)
    products = ExactProducts(graph, fast=True)
    first, again = (products.run(point, draw_batch(), direction)[0] for _ in range(2))
    other = products.run(point._replace(seed=4), draw_batch(), direction)[0]
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_a_layer_without_second_derivative_is_named():
    graph, _, _ = at_its_parameters(small_network(depthwise))
    with pytest.raises(UnsupportedError, match="depthwise"):
        ExactProducts(graph, fast=True)


def test_recurrent_layers_are_refused_before_nnabla_follows_them_without_end(monkeypatch):
    monkeypatch.setattr("nnabla_influence.autodiff.exact_products.ENDLESS", ("Tanh",))
    graph, _, _ = at_its_parameters(small_network(smooth))
    with pytest.raises(UnsupportedError, match="recurrent layer Tanh"):
        ExactProducts(graph, fast=True)
