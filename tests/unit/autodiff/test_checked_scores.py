"""Which way scores are computed: by forward mode where it is right, by the products' ways where it is not."""

import logging

import numpy as np
import pytest
from support.comparison import assert_close
from support.small_networks import at_its_parameters, binary, depthwise, draw_batch, one_by_one, small_network, smooth

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.autodiff.checked_derivatives import CheckedDerivatives
from nnabla_influence.autodiff.exact_products import ExactProducts
from nnabla_influence.autodiff.first_batch import FEW
from nnabla_influence.autodiff.forward_scores import ForwardScores
from nnabla_influence.autodiff.gauss_newton import GaussNewton
from nnabla_influence.autodiff.graph_cache import GraphCache
from nnabla_influence.autodiff.parameterized_graph import ParameterizedGraph
from nnabla_influence.autodiff.pull.pull_registry import PULLS
from nnabla_influence.autodiff.sample_scores import SampleScores
from nnabla_influence.autodiff.tangent import registry
from nnabla_influence.autodiff.tangent.dual import Dual
from nnabla_influence.device import Device
from nnabla_influence.network import SCORING_BATCH


@pytest.fixture
def chosen(caplog):
    """``chosen(network)``: what computes its scores, and what the log said of it."""

    def choose(network):
        _, point, direction = at_its_parameters(network)
        derivatives = CheckedDerivatives(GraphCache(network), SCORING_BATCH, fast=True)
        with caplog.at_level(logging.INFO, "nnabla_influence"):
            scores = derivatives.scores(point, draw_batch(), direction)
        return scores, caplog.text

    return choose


def wrong_tanh(node, x):
    """The right value, another slope."""
    return Dual(np.tanh(x.value), x.tangent)


def test_a_known_network_takes_the_forward_mode_and_nothing_is_said(chosen):
    scores, notice = chosen(small_network(smooth))
    assert isinstance(scores, ForwardScores) and notice == ""


def test_a_layer_without_a_rule_falls_back_and_is_named(chosen):
    scores, notice = chosen(small_network(binary))
    assert isinstance(scores, ExactProducts)
    assert "BinaryTanh" in notice and "backward passes instead" in notice


def test_a_rule_that_is_wrong_is_noticed(chosen, monkeypatch):
    monkeypatch.setitem(registry.RULES, "Tanh", wrong_tanh)
    scores, notice = chosen(small_network(smooth))
    assert isinstance(scores, ExactProducts)
    assert "disagrees with the gradients" in notice


def test_the_oracle_says_once_what_falls_back(caplog):
    network = small_network(binary)
    oracle = LossOracle(network)
    direction = np.random.RandomState(2).normal(size=network.space.size)
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        for samples in (7, 3, 7):
            oracle.sample_products(network.theta, draw_batch(samples), direction)
    assert len(caplog.records) == 1 and caplog.records[0].levelname == "INFO"
    expected = oracle.products(network.theta, draw_batch(), direction)[0]
    assert np.array_equal(oracle.sample_products(network.theta, draw_batch(), direction), expected)


def test_scores_are_exact_where_nnabla_differentiates_once_only(caplog):
    """No double backward for this layer, and no difference needed for its scores."""
    network = small_network(depthwise)
    oracle = LossOracle(network)
    direction = np.random.RandomState(2).normal(size=network.space.size)
    scores = oracle.sample_products(network.theta, draw_batch(), direction)
    assert_close(scores, one_by_one(oracle, network.theta, direction), 1e-5, "float32")
    assert not caplog.records


class Elsewhere(Device):
    """A device that says it is no CPU."""

    kind = "cudnn"

    def context(self):
        return Device("cpu").context()


def test_another_device_keeps_double_backward():
    """NNabla computes there, and the forward mode here."""
    network = small_network(smooth)
    oracle = LossOracle(network, device=Elsewhere())
    direction = np.random.RandomState(2).normal(size=network.space.size)
    scores = oracle.sample_products(network.theta, draw_batch(), direction)
    assert np.array_equal(scores, oracle.products(network.theta, draw_batch(), direction)[0])
    here = LossOracle(network).sample_products(network.theta, draw_batch(), direction)
    assert not np.array_equal(scores, here), "the last digits tell the ways apart"


QUESTIONS = ("sample_products", "gauss_newton")


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_forward_mode_is_checked_once_for_all_batch_sizes(question, monkeypatch):
    """Its rules do not know the size of a batch, and a check takes longer than a batch."""
    network = small_network(smooth)
    direction = np.random.RandomState(2).normal(size=network.space.size)
    gradients = []
    for kind in (ParameterizedGraph, GaussNewton):
        name = "gradient" if kind is ParameterizedGraph else "pulled_back"
        usual = getattr(kind, name)
        monkeypatch.setattr(kind, name, lambda *a, usual=usual: gradients.append(1) or usual(*a))
    oracle = LossOracle(network)
    getattr(oracle, question)(network.theta, draw_batch(7), direction)
    assert len(gradients) == 4, "what the check needs"
    for samples in (3, 1):
        getattr(oracle, question)(network.theta, draw_batch(samples), direction)
    assert len(gradients) == 4


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_was_checked_before_changes_no_bit(question):
    network = small_network(smooth)
    direction = np.random.RandomState(2).normal(size=network.space.size)
    used = LossOracle(network)
    for samples in (7, 3):
        found = getattr(used, question)(network.theta, draw_batch(samples), direction)
    assert np.array_equal(found, getattr(LossOracle(network), question)(network.theta, draw_batch(3), direction))


def test_scores_without_a_way_cannot_be_made():
    graph, _, _ = at_its_parameters(small_network(smooth))
    with pytest.raises(TypeError, match="abstract"):
        SampleScores(graph)


@pytest.fixture
def checked(monkeypatch):
    """Batch sizes of every pass that checks."""
    sizes = []
    gradient, pulled_back = ParameterizedGraph.gradient, GaussNewton.pulled_back
    monkeypatch.setattr(ParameterizedGraph, "gradient", lambda g, c: sizes.append(len(c)) or gradient(g, c))
    monkeypatch.setattr(GaussNewton, "pulled_back", lambda g, c: sizes.append(len(c[0])) or pulled_back(g, c))
    return sizes


@pytest.mark.parametrize("method", ["sample_products", "gauss_newton"])
def test_a_large_batch_is_checked_on_a_few_of_its_rows(checked, method):
    network, batch = small_network(smooth), draw_batch(20)
    direction = np.random.RandomState(2).normal(size=network.space.size)
    few = {name: column[:FEW] for name, column in batch.items()}
    found = getattr(LossOracle(network), method)(network.theta, batch, direction)
    assert checked and set(checked) == {FEW}
    checked.clear()
    known = LossOracle(network)
    getattr(known, method)(network.theta, few, direction)
    assert set(checked) == {FEW}
    assert np.array_equal(getattr(known, method)(network.theta, batch, direction), found)


@pytest.mark.parametrize("method", ["sample_products", "gauss_newton"])
def test_where_a_few_rows_do_not_show_it_right_the_whole_batch_decides(checked, method, monkeypatch, caplog):
    monkeypatch.setitem(registry.RULES, "Tanh", wrong_tanh)
    network, batch = small_network(smooth), draw_batch(20)
    direction = np.random.RandomState(2).normal(size=network.space.size)
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        getattr(LossOracle(network), method)(network.theta, batch, direction)
    assert set(checked) == {FEW, 20} and "disagrees with the gradients" in caplog.text


@pytest.mark.parametrize("method", ["sample_products", "gauss_newton"])
def test_an_odd_first_batch_does_not_decide_for_others(method, monkeypatch):
    """What is computed must not depend on what ran before."""
    network = small_network(smooth)
    direction = np.random.RandomState(2).normal(size=network.space.size)
    used = LossOracle(network)
    with monkeypatch.context() as patched:
        patched.setitem(registry.RULES, "Tanh", wrong_tanh)
        getattr(used, method)(network.theta, draw_batch(3), direction)
    found = getattr(used, method)(network.theta, draw_batch(7), direction)
    assert np.array_equal(found, getattr(LossOracle(network), method)(network.theta, draw_batch(7), direction))


def test_a_way_back_that_is_wrong_is_noticed_by_gauss_newton_products(monkeypatch, caplog):
    usual = PULLS["Tanh"]
    monkeypatch.setitem(PULLS, "Tanh", lambda node, kept, c: [d * 1.2 for d in usual(node, kept, c)])
    network = small_network(smooth)
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        LossOracle(network).gauss_newton(network.theta, draw_batch(), np.ones(network.space.size))
    assert "disagrees with the gradients" in caplog.text
