"""Losses and predictions by either way, and which way is taken."""

import numpy as np
import pytest
from support.comparison import assert_close
from support.small_networks import binary, draw_batch, kinked, small_network, smooth

from nnabla_influence.autodiff.graph_cache import GraphCache
from nnabla_influence.autodiff.loss_values import LossValues
from nnabla_influence.autodiff.tangent import TangentPass, registry
from nnabla_influence.autodiff.tangent.dual import Dual
from nnabla_influence.network import SCORING_BATCH


def values(network, forward=True, batch=None):
    theta = network.theta
    return LossValues(GraphCache(network), SCORING_BATCH, forward).run(theta, batch or draw_batch(), False)


@pytest.fixture
def passes(monkeypatch):
    """How often our own pass computes."""
    calls = []
    usual = TangentPass.values
    monkeypatch.setattr(TangentPass, "values", lambda *arguments: calls.append(1) or usual(*arguments))
    return calls


@pytest.mark.parametrize("body", [smooth, kinked])
def test_both_ways_give_the_same_values(body, passes):
    network = small_network(body)
    for ours, nnablas in zip(values(network), values(network, forward=False)):
        assert ours.dtype == nnablas.dtype
        assert_close(ours, nnablas, 1e-6, "float32")
    assert len(passes) == 2, "once to be checked, once to be used; and not for the other way"


def test_a_layer_without_a_rule_is_left_to_nnabla(passes):
    network = small_network(binary)
    for ours, nnablas in zip(values(network), values(network, forward=False)):
        assert np.array_equal(ours, nnablas)
    assert not passes


def test_a_rule_that_is_wrong_is_noticed(monkeypatch):
    network = small_network(smooth)
    expected = values(network, forward=False)
    monkeypatch.setitem(registry.RULES, "Tanh", lambda node, x: Dual(1.01 * np.tanh(x.value)))
    for ours, nnablas in zip(values(network), expected):
        assert np.array_equal(ours, nnablas)


def test_losses_that_are_not_finite_are_handed_on():
    network = small_network(smooth)
    batch = draw_batch()
    batch["x"][2] = np.nan
    losses, predictions = values(network, batch=batch)
    assert np.flatnonzero(np.isnan(losses)).tolist() == [2] and np.isnan(predictions[2]).all()
