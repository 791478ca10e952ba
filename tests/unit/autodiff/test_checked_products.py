"""Which way products are computed: exactly where that is right, by differences where it is not, or not at all."""

import logging
import re

import numpy as np
import pytest
from support.comparison import assert_close
from support.small_networks import (
    at_its_parameters,
    binary,
    binary_weights,
    depthwise,
    draw_batch,
    kinked,
    one_by_one,
    small_network,
    smooth,
    two_dropouts,
)

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.autodiff.checked_products import checked_products
from nnabla_influence.autodiff.difference_products import DifferenceProducts
from nnabla_influence.autodiff.exact_products import ExactProducts
from nnabla_influence.autodiff.forward_and_differences import ForwardAndDifferences
from nnabla_influence.autodiff.gradient_check import GradientCheck
from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.errors import UnsupportedError
from nnabla_influence.network import TRAINING
from nnabla_influence.nnc.host.remedies import IN_FIELDS


@pytest.mark.parametrize("body", [smooth, kinked, binary])
def test_a_sound_network_is_computed_exactly_and_nothing_is_said(body):
    graph, point, direction = at_its_parameters(small_network(body))
    products, notice = checked_products(graph, point, draw_batch(), direction, fast=True)
    assert isinstance(products, ExactProducts) and notice == ""


def test_a_layer_without_second_derivative_falls_back_to_differences():
    graph, point, direction = at_its_parameters(small_network(depthwise))
    products, notice = checked_products(graph, point, draw_batch(), direction, fast=True)
    assert isinstance(products, ForwardAndDifferences)
    assert re.search("depthwise.*central differences.* %; the scores come from the forward mode", notice)


def test_without_the_forward_mode_scores_are_differences_too():
    """On another device, and where random layers draw."""
    graph, point, direction = at_its_parameters(small_network(depthwise))
    products, notice = checked_products(graph, point, draw_batch(), direction, fast=False)
    assert isinstance(products, DifferenceProducts)
    assert re.search("depthwise.*Scores and Hessian products come from central differences.* %$", notice)
    drawn, _ = checked_products(graph, point._replace(seed=3), draw_batch(), direction, fast=True)
    assert isinstance(drawn, DifferenceProducts)


def test_a_layer_without_second_derivative_falls_back_and_says_so_once(caplog):
    network = small_network(depthwise)
    oracle, batch = LossOracle(network), draw_batch()
    direction = np.random.RandomState(2).normal(size=network.space.size)
    with caplog.at_level(logging.WARNING, "nnabla_influence"):
        scores, curvature = oracle.products(network.theta, batch, direction)
        oracle.products(network.theta, draw_batch(5), direction)
    assert len(caplog.records) == 1 and "central differences" in caplog.text, "said once"
    loop = one_by_one(oracle, network.theta, direction)
    assert_close(scores, loop, 1e-5, "float32")
    other = np.random.RandomState(3).normal(size=network.space.size)
    assert oracle.products(network.theta, batch, other)[1] @ direction == pytest.approx(curvature @ other, rel=2e-2)


def test_every_batch_size_decides_for_itself():
    """What one size needed is not asked of another: its products are those of an oracle that saw nothing else."""
    network = small_network(depthwise)
    direction = np.random.RandomState(2).normal(size=network.space.size)
    used, fresh = LossOracle(network), LossOracle(network)
    used.products(network.theta, draw_batch(2), 3 * direction)
    for ours, expected in zip(*(o.products(network.theta, draw_batch(), direction) for o in (used, fresh))):
        assert np.array_equal(ours, expected)


def test_a_lone_sample_falls_back_too():
    network = small_network(depthwise)
    oracle, batch = LossOracle(network), draw_batch(1)
    direction = np.random.RandomState(2).normal(size=network.space.size)
    scores, _ = oracle.products(network.theta, batch, direction)
    assert_close(scores, [oracle.mean_gradient(network.theta, [batch]) @ direction], 1e-5, "float32")


def test_silently_wrong_second_derivatives_are_noticed(caplog):
    """Two dropouts on one variable: NNabla 1.39 raises nothing and is wrong."""
    network = small_network(two_dropouts)
    graph, point, direction = at_its_parameters(network, TRAINING, seed=5)
    with caplog.at_level(logging.WARNING, "nnabla_influence"):
        scores, _ = LossOracle(network).products(network.theta, draw_batch(), direction, seed=5)
    assert "disagree" in caplog.text
    check = GradientCheck(graph, point, draw_batch(), direction)
    products, _ = DifferenceProducts.most_accurate(graph, point, draw_batch(), direction, check)
    assert np.array_equal(scores, products.scores(point, draw_batch(), direction))


def test_what_differences_cannot_do_is_refused_with_the_measured_error():
    network = small_network(binary_weights)
    direction = np.random.RandomState(2).normal(size=network.space.size)
    with pytest.raises(UnsupportedError, match=r"binary_connect_affine.*too, by \d+ %.*round") as refusal:
        LossOracle(network).products(network.theta, draw_batch(), direction)
    assert refusal.value.said(IN_COMMANDS).endswith("binary ones). Use --method loss, or leave them out.")
    assert refusal.value.said(IN_FIELDS).endswith("binary ones). Use method loss, or leave them out.")
    assert str(refusal.value).endswith("Use LossBaseline(), or leave them out.")
