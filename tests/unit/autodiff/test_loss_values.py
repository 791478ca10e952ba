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


@pytest.mark.parametrize("body, rounds", [(smooth, 1), (binary, 0)], ids=["by our own pass", "by NNabla"])
def test_the_first_batch_decides_for_other_sizes_which_are_not_looked_at_again(body, rounds, passes):
    network, whole = small_network(body), draw_batch()
    less = {name: array[:-1] for name, array in whole.items()}
    one = LossValues(GraphCache(network), SCORING_BATCH)
    one.run(network.theta, whole, False)
    before = len(passes)
    found = one.run(network.theta, less, False)
    assert len(passes) == before + rounds
    for ours, alone in zip(found, values(network, batch=less)):  # which looks at this size
        assert np.array_equal(ours, alone)


def test_the_validation_network_is_looked_at_by_itself(passes):
    network, one = small_network(smooth), LossValues(GraphCache(small_network(smooth)), SCORING_BATCH)
    one.run(network.theta, draw_batch(), False)
    one.run(network.theta, draw_batch(), True)
    assert len(passes) == 4


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
