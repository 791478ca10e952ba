"""Gauss-Newton products: what is refused, and when; their values are tested in `numerical`."""

import logging

import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np
import pytest
from support.cases import CASES, VECTOR, Case, case_named, draw_parameters, network_of, real_targets
from support.comparison import assert_close
from support.small_networks import draw_batch, small_network

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.autodiff.forward_tangents import ForwardTangents
from nnabla_influence.autodiff.gauss_newton import GaussNewton
from nnabla_influence.autodiff.graph_cache import GraphCache
from nnabla_influence.autodiff.parameterized_graph import EvaluationPoint
from nnabla_influence.autodiff.tangent import registry
from nnabla_influence.autodiff.tangent.dual import Dual
from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.errors import UnsupportedError
from nnabla_influence.network import SCORING_BATCH
from nnabla_influence.nnc.host.remedies import IN_FIELDS

SAMPLES = 7


def test_a_loss_without_a_known_hessian_is_refused_by_name():
    case = next(c for c in CASES if c.name == "shared weights, two losses")
    oracle = LossOracle(network_of(case, draw_parameters(case)))
    with pytest.raises(UnsupportedError, match=r"(?s)PowScalar.*SoftmaxCrossEntropy.*curvature=.hessian."):
        oracle.gauss_newton(oracle.network.theta, case.draw_batch(3), oracle.network.theta)


def test_a_target_that_is_learned_too_is_refused_by_name():
    def siamese(x, y, batch_stat):
        left, right = (PF.affine(x, 2, name=name) for name in ("left", "right"))
        return [F.squared_error(left, y), F.squared_error(left, right)]

    case = Case("siamese", siamese, None, VECTOR, (2,), real_targets)
    oracle = LossOracle(network_of(case, draw_parameters(case)))
    with pytest.raises(UnsupportedError, match=r"(?s)SquaredError.*both depend on parameters.*curvature=.hessian."):
        oracle.gauss_newton(oracle.network.theta, case.draw_batch(3), oracle.network.theta)


def test_layers_that_round_are_refused():
    """Their gradient is a convention, of which a difference of outputs knows nothing."""

    def rounded(x, y, batch_stat):
        return F.squared_error(PF.affine(F.sign(PF.affine(x, 6, name="hidden")), 2, name="out"), y)

    case = Case("rounded", rounded, None, VECTOR, (2,), real_targets)
    oracle = LossOracle(network_of(case, draw_parameters(case)))
    direction = np.random.RandomState(0).normal(size=oracle.space.size)
    with pytest.raises(UnsupportedError, match=r"disagree with its gradients by \d+ % or more .*curvature=.hessian."):
        oracle.gauss_newton(oracle.network.theta, case.draw_batch(SAMPLES), direction)


def long(x, rng):
    """Six times convolution, ReLU and max pooling over numbers of size 1e-4: all units stand next to their kinks."""
    h = F.reshape(1e-4 * x, (x.shape[0], 1, x.shape[2] * x.shape[3], 1))
    for layer in range(6):
        h = F.relu(PF.convolution(h, 8, (5, 1), pad=(2, 0), rng=rng, name=f"layer{layer}"))
        h = F.max_pooling(h, (2, 1), (2, 1), ignore_border=False)
    return h


def test_of_kinks_no_layers_that_round_are_suspected():
    network = small_network(long)
    product = GaussNewton(GraphCache(network).with_parameters(SAMPLES, SCORING_BATCH))
    direction = np.random.RandomState(0).normal(size=network.space.size)
    with pytest.raises(UnsupportedError, match=r"gradients by \d+ %, but by .* as short: kinks \(ReLU, max pooling\)"):
        product.run(EvaluationPoint(network.theta), draw_batch(SAMPLES), direction)


def test_next_to_kinks_the_forward_mode_takes_no_step(caplog):
    network = small_network(long)
    oracle = LossOracle(network)
    u, v = np.random.RandomState(0).normal(size=(2, network.space.size))
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        gu, gv = (oracle.gauss_newton(network.theta, draw_batch(SAMPLES), d) for d in (u, v))
    assert not caplog.records
    assert gu @ v == pytest.approx(gv @ u, rel=1e-4) and gu @ u > 0


def test_the_advice_is_said_in_the_words_of_every_door():
    case = next(c for c in CASES if c.name == "shared weights, two losses")
    oracle = LossOracle(network_of(case, draw_parameters(case)))
    with pytest.raises(UnsupportedError) as refusal:
        oracle.gauss_newton(oracle.network.theta, case.draw_batch(3), oracle.network.theta)
    assert refusal.value.said(IN_COMMANDS).endswith("CategoricalCrossEntropy. Use --curvature hessian.")
    assert refusal.value.said(IN_FIELDS).endswith("CategoricalCrossEntropy."), "a click cannot choose"


def test_the_product_is_that_of_the_oracle_times_the_batch_size():
    """And the graph is back at its point, whatever it was before."""
    case = case_named("affine")
    network = network_of(case, draw_parameters(case))
    graphs = GraphCache(network)
    graphs.store.write(network.space.unflatten(network.theta + 1))
    graph = graphs.with_parameters(SAMPLES, SCORING_BATCH)
    ours = GaussNewton(graph, ForwardTangents(graph))
    batch = case.draw_batch(SAMPLES)
    direction = np.random.RandomState(0).normal(size=network.space.size)
    total = ours.run(EvaluationPoint(network.theta), batch, direction)
    assert np.array_equal(total / SAMPLES, LossOracle(network).gauss_newton(network.theta, batch, direction))
    assert np.array_equal(network.space.flatten(graphs.store.read(network.space.names)), network.theta)


def test_the_forward_mode_is_checked_and_what_it_cannot_do_is_a_difference(monkeypatch, caplog):
    """The rule of tanh gives the right value and another slope."""
    case = case_named("regression")
    oracle = LossOracle(network_of(case, draw_parameters(case)))
    direction = np.random.RandomState(0).normal(size=oracle.space.size)
    expected = oracle.gauss_newton(oracle.network.theta, case.draw_batch(SAMPLES), direction)
    assert not caplog.records
    monkeypatch.setitem(registry.RULES, "Tanh", lambda node, x: Dual(np.tanh(x.value), x.tangent))
    other = LossOracle(oracle.network)
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        for samples in (3, SAMPLES):
            found = other.gauss_newton(oracle.network.theta, case.draw_batch(samples), direction)
    assert len(caplog.records) == 1, "said once"
    assert "disagrees" in caplog.text and "differences of the network's outputs" in caplog.text
    assert_close(found, expected, 1e-2, "a central difference")


def test_a_network_that_is_not_finite_says_so_itself():
    """A step that diverged is no reason to speak of layers that round."""
    case = case_named("affine")
    oracle = LossOracle(network_of(case, draw_parameters(case)))
    theta = np.full(oracle.space.size, np.nan, np.float32)
    assert np.isnan(oracle.gauss_newton(theta, case.draw_batch(3), np.ones(theta.size))).any()
