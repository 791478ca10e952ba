"""Which way products are computed: exactly where that is right, by differences where it is not, or not at all."""

import logging
import re

import nnabla.functions as F
import numpy as np
import pytest
from support.comparison import assert_close
from support.small_networks import (
    at_its_parameters,
    binary,
    binary_weights,
    depthwise,
    doubled,
    draw_batch,
    kinked,
    one_by_one,
    small_network,
    smooth,
    spectral,
    two_dropouts,
)

from nnabla_influence.autodiff import LossOracle, checked_derivatives
from nnabla_influence.autodiff.checked_derivatives import CheckedDerivatives
from nnabla_influence.autodiff.difference_products import DifferenceProducts
from nnabla_influence.autodiff.exact_products import ExactProducts
from nnabla_influence.autodiff.forward_and_differences import ForwardAndDifferences
from nnabla_influence.autodiff.forward_over_reverse import ForwardOverReverse
from nnabla_influence.autodiff.gradient_check import GradientCheck
from nnabla_influence.autodiff.graph_cache import GraphCache
from nnabla_influence.autodiff.pull.pull_registry import PULLS
from nnabla_influence.autodiff.tangent.dual import Dual
from nnabla_influence.autodiff.tangent.registry import RULES
from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.errors import UnsupportedError
from nnabla_influence.network import SCORING_BATCH, TRAINING
from nnabla_influence.nnc.host.remedies import IN_FIELDS


def checked(body, fast=True, seed=None):
    """The products of a network, what the log said of them, and whether that was a warning."""
    network, said = small_network(body), []
    _, point, direction = at_its_parameters(network, SCORING_BATCH if seed is None else TRAINING, seed)
    derivatives = CheckedDerivatives(GraphCache(network), SCORING_BATCH, fast)
    listener = logging.Handler()
    listener.emit = said.append
    logger = logging.getLogger("nnabla_influence")
    level = logger.level
    logger.addHandler(listener)
    logger.setLevel(logging.INFO)
    try:
        products = derivatives.products(point, draw_batch(), direction)
    finally:
        logger.removeHandler(listener)
        logger.setLevel(level)
    return products, " ".join(r.getMessage() for r in said), any(r.levelno >= logging.WARNING for r in said)


@pytest.mark.parametrize("body", [smooth, kinked, depthwise])
def test_a_known_network_takes_our_own_pass_and_nothing_is_said(body):
    products, notice, rough = checked(body)
    assert isinstance(products, ForwardOverReverse) and notice == "" and not rough


@pytest.mark.parametrize("body", [smooth, kinked, binary])
def test_another_device_takes_double_backward_and_nothing_is_said(body):
    products, notice, rough = checked(body, fast=False)
    assert isinstance(products, ExactProducts) and notice == "" and not rough


@pytest.mark.parametrize("body, layer", [(binary, "no rule .*BinaryTanh"), (doubled, "no way back .*CELU")])
def test_what_our_own_pass_does_not_know_takes_double_backward_and_is_named(body, layer):
    products, notice, rough = checked(body)
    assert isinstance(products, ExactProducts) and not rough
    assert re.search(f"{layer}.* backward passes instead take several times as long", notice)


def wrong(tangent=1.0, value=1.0):
    """The usual way back through a hyperbolic tangent, but for a factor on what it gives."""
    usual = PULLS["Tanh"]

    def pull(node, kept, c):
        return [Dual(value * d.value, None if d.tangent is None else tangent * d.tangent) for d in usual(node, kept, c)]

    return pull


@pytest.mark.parametrize(
    "fault", [{"tangent": 1.2}, {"value": 1.2}, {"tangent": 1.2, "value": 1.2}, {"tangent": np.nan}], ids=str
)
def test_a_way_back_that_is_wrong_is_noticed(monkeypatch, fault):
    """In the Hessian product by a difference of gradients, in the gradient by NNabla's."""
    monkeypatch.setitem(PULLS, "Tanh", wrong(**fault))
    products, notice, _ = checked(smooth)
    assert isinstance(products, ExactProducts) and "disagrees with the gradients" in notice


def test_a_rule_that_is_wrong_is_noticed(monkeypatch):
    monkeypatch.setitem(RULES, "Tanh", lambda node, x: Dual(np.tanh(x.value), x.tangent))
    products, notice, _ = checked(smooth)
    assert isinstance(products, ExactProducts) and "disagrees with the gradients" in notice


def test_a_network_of_straight_lines_has_no_curvature_and_is_no_fault(monkeypatch):
    """A difference of its gradients is rounding alone."""

    def straight(z, y):
        return F.absolute_error(F.tan(F.atan(F.mean(z, axis=1, keepdims=True))), y)

    monkeypatch.setattr("support.small_networks.F.softmax_cross_entropy", straight)
    products, notice, _ = checked(lambda x, rng: x)
    assert isinstance(products, ForwardOverReverse) and notice == ""


def test_a_layer_without_second_derivative_falls_back_to_differences():
    products, notice, rough = checked(spectral)
    assert isinstance(products, ForwardAndDifferences) and rough
    assert re.search("spectral_norm.*central differences.* %; the scores come from the forward mode", notice)


def test_so_it_does_with_random_layers(monkeypatch):
    monkeypatch.delitem(PULLS, "Tanh")
    monkeypatch.setattr("nnabla_influence.autodiff.exact_products.ENDLESS", ("Tanh",))
    products, notice, rough = checked(two_dropouts, seed=3)
    assert isinstance(products, ForwardAndDifferences) and rough
    assert re.search("Tanh.*; the scores come from the forward mode", notice)
    graph, point, direction = at_its_parameters(small_network(two_dropouts), TRAINING, seed=3)
    expected = GradientCheck(graph, point, draw_batch(), direction)
    assert expected.error(products.scores(point, draw_batch(), direction)) <= 1e-5, "float32"
    assert expected.error(products.scores(point._replace(seed=4), draw_batch(), direction)) > 0.01, "the seed counts"


def test_without_the_forward_mode_scores_are_differences_too():
    products, notice, rough = checked(spectral, fast=False)
    assert isinstance(products, DifferenceProducts) and rough
    assert re.search("spectral_norm.*Scores and Hessian products come from central differences.* %$", notice)


def test_a_layer_without_second_derivative_falls_back_and_says_so_once(caplog):
    network = small_network(spectral)
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


def test_few_rows_are_looked_at_first_and_once(monkeypatch):
    network, sizes = small_network(kinked), []
    usual = checked_derivatives.products_are_right

    def looked(own, *arguments):
        sizes.append(own.network.graph.batch_size)
        return usual(own, *arguments)

    monkeypatch.setattr(checked_derivatives, "products_are_right", looked)
    oracle = LossOracle(network)
    direction = np.random.RandomState(2).normal(size=network.space.size)
    for samples in (20, 7, 20, 13):
        oracle.products(network.theta, draw_batch(samples), direction)
    assert sizes == [8]


def test_every_batch_size_decides_for_itself():
    """What one size needed is not asked of another: its products are those of an oracle that saw nothing else."""
    network = small_network(spectral)
    direction = np.random.RandomState(2).normal(size=network.space.size)
    used, fresh = LossOracle(network), LossOracle(network)
    used.products(network.theta, draw_batch(2), 3 * direction)
    for ours, expected in zip(*(o.products(network.theta, draw_batch(), direction) for o in (used, fresh))):
        assert np.array_equal(ours, expected)


QUESTIONS = {
    "losses": lambda oracle, theta, batch, direction: oracle.sample_losses(theta, batch),
    "losses and predictions": lambda oracle, theta, batch, direction: oracle.losses_and_predictions(theta, batch)[0],
    "gradient": lambda oracle, theta, batch, direction: oracle.batch_gradient(theta, batch),
    "norms": lambda oracle, theta, batch, direction: oracle.squared_gradient_norms(theta, batch),
    "scores": lambda oracle, theta, batch, direction: oracle.sample_products(theta, batch, direction),
    "products": lambda oracle, theta, batch, direction: oracle.products(theta, batch, direction)[1],
    "curvature": lambda oracle, theta, batch, direction: oracle.gauss_newton(theta, batch, direction),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_answer_depends_on_what_was_asked_before(name):
    """Spectral normalisation keeps a vector that moves whenever NNabla runs it, when scoring too."""
    network = small_network(spectral)
    direction = np.random.RandomState(2).normal(size=network.space.size)
    used, fresh = LossOracle(network), LossOracle(network)
    for question in QUESTIONS.values():
        question(used, network.theta, draw_batch(), direction)
    expected = QUESTIONS[name](fresh, network.theta, draw_batch(), direction)
    for _ in range(2):
        assert np.array_equal(QUESTIONS[name](used, network.theta, draw_batch(), direction), expected)


def test_a_lone_sample_falls_back_too():
    network = small_network(spectral)
    oracle, batch = LossOracle(network), draw_batch(1)
    direction = np.random.RandomState(2).normal(size=network.space.size)
    scores, _ = oracle.products(network.theta, batch, direction)
    assert_close(scores, [oracle.mean_gradient(network.theta, [batch]) @ direction], 1e-5, "float32")


def test_silently_wrong_second_derivatives_are_noticed():
    """Two dropouts on one variable: NNabla 1.39 raises nothing and is wrong."""
    products, notice, rough = checked(two_dropouts, fast=False, seed=5)
    assert isinstance(products, DifferenceProducts) and rough and "disagree" in notice


def test_our_own_pass_does_them_right(caplog):
    network = small_network(two_dropouts)
    graph, point, direction = at_its_parameters(network, TRAINING, seed=5)
    scores, curvature = LossOracle(network).products(network.theta, draw_batch(), direction, seed=5)
    assert not caplog.records
    assert GradientCheck(graph, point, draw_batch(), direction).error(scores) <= 1e-5, "float32"
    products, _, _ = checked(two_dropouts, fast=False, seed=5)
    rough = products.run(point, draw_batch(), direction)[1] / len(scores)
    assert_close(curvature, rough, 1e-2, "a difference of float32 gradients")


def test_what_differences_cannot_do_is_refused_with_the_measured_error():
    network = small_network(binary_weights)
    direction = np.random.RandomState(2).normal(size=network.space.size)
    with pytest.raises(UnsupportedError, match=r"binary_connect_affine.*too, by \d+ %.*round") as refusal:
        LossOracle(network).products(network.theta, draw_batch(), direction)
    assert refusal.value.said(IN_COMMANDS).endswith("binary ones). Use --method loss, or leave them out.")
    assert refusal.value.said(IN_FIELDS).endswith("binary ones). Use method loss, or leave them out.")
    assert str(refusal.value).endswith("Use LossBaseline(), or leave them out.")
