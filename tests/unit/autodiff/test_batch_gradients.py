"""Gradients of batches by either way, which way is taken, and how exact it is."""

import numpy as np
import pytest
from support.cases import CASES, draw_parameters, exact_sample_gradients, network_of
from support.comparison import assert_close
from support.small_networks import binary, depthwise, draw_batch, kinked, small_network, smooth

from nnabla_influence.autodiff.batch_gradients import BatchGradients
from nnabla_influence.autodiff.graph_cache import GraphCache
from nnabla_influence.autodiff.pull import PullBack
from nnabla_influence.autodiff.pull.pull_registry import PULLS
from nnabla_influence.autodiff.tangent import TangentPass
from nnabla_influence.network import SCORING_BATCH, SCORING_FROZEN, Network

FLOAT32 = "float32 (6e-8 per operation), a few dozen accumulations"


def gradient(network, fast=True, batch=None, weigh=None, purpose=SCORING_BATCH, validation=False):
    gradients = BatchGradients(GraphCache(network), purpose, fast)
    return gradients.run(network.theta, batch or draw_batch(), validation, weigh)


@pytest.fixture
def passes(monkeypatch):
    """How often our own pass went back."""
    calls = []
    usual = PullBack.run
    monkeypatch.setattr(PullBack, "run", lambda *arguments: calls.append(1) or usual(*arguments))
    return calls


@pytest.mark.parametrize("weigh", [None, lambda losses: np.exp(-losses), np.zeros_like], ids=["mean", "error", "none"])
@pytest.mark.parametrize("body", [smooth, kinked, depthwise])
def test_both_ways_give_the_same_gradient(body, weigh, passes):
    network = small_network(body)
    ours, nnablas = (gradient(network, fast, weigh=weigh) for fast in (True, False))
    assert ours.shape == (network.space.size,) and len(passes) == 2, "once to be checked, once to be used"
    assert_close(ours + 1, nnablas + 1, 1e-5, FLOAT32)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_the_mean_of_the_exact_gradients_of_the_samples(case):
    values, batch = draw_parameters(case), case.draw_batch(9, seed=3)
    network = network_of(case, values)
    weights = np.linspace(0.1, 1.0, 9)
    purpose = SCORING_BATCH if case.batch_stat else SCORING_FROZEN
    ours = gradient(network, batch=batch, weigh=lambda losses: weights, purpose=purpose)
    exact = exact_sample_gradients(case, values, network.theta.astype(float), batch)  # (9, P)
    assert_close(ours, weights @ exact / 9, 1e-5, FLOAT32)


def test_through_convolutions_and_batch_normalisation_it_is_more_exact_than_nnablas():
    """By tangents in float64 along the difference of the two."""
    network = Network.builtin("builtin:cifarnet", (1, 16, 16), 3).initialized(0)
    random = np.random.RandomState(0)
    batch = {"x": random.random_sample((32, 1, 16, 16)).astype(np.float32), "y": random.randint(3, size=(32, 1))}
    ours, nnablas = (gradient(network, fast, batch).astype(float) for fast in (True, False))
    direction = (ours - nnablas) / np.linalg.norm(ours - nnablas)
    graph = network.build(network.store(), 32, SCORING_BATCH)
    exact = TangentPass(graph, [graph.sample_losses], network.space, precision=np.float64)
    ((_, tangents),) = exact.run(network.theta, batch, direction)
    off, theirs = abs(ours @ direction - tangents.mean()), abs(nnablas @ direction - tangents.mean())
    assert off < theirs / 10 and off < 1e-4 * np.linalg.norm(ours)


@pytest.mark.parametrize("body, rounds", [(smooth, 1), (binary, 0)], ids=["by our own pass", "by NNabla"])
def test_the_first_batch_decides_for_other_sizes(body, rounds, passes):
    network, whole = small_network(body), draw_batch()
    less = {name: array[:-1] for name, array in whole.items()}
    gradients = BatchGradients(GraphCache(network), SCORING_BATCH, fast=True)
    gradients.run(network.theta, whole, False, None)
    before = len(passes)
    ours = gradients.run(network.theta, less, False, None)
    assert len(passes) == before + rounds
    assert np.array_equal(ours, gradient(network, batch=less))


def test_the_validation_network_is_looked_at_by_itself(passes):
    network = small_network(smooth)
    gradients = BatchGradients(GraphCache(network), SCORING_BATCH, fast=True)
    for validation in (False, True):
        gradients.run(network.theta, draw_batch(), validation, None)
    assert len(passes) == 4


@pytest.mark.parametrize("kind", ["Tanh", "SoftmaxCrossEntropy"])
def test_a_way_back_that_is_wrong_is_noticed(monkeypatch, kind):
    network = small_network(smooth)
    expected = gradient(network, fast=False)
    usual = PULLS[kind]

    def wrong(node, kept, c):
        return [None if cotangent is None else cotangent * 1.2 for cotangent in usual(node, kept, c)]

    monkeypatch.setitem(PULLS, kind, wrong)
    gradients = BatchGradients(GraphCache(network), SCORING_BATCH, fast=True)
    gradients.run(network.theta, draw_batch(), False, np.zeros_like)  # in which nothing is wrong
    assert np.array_equal(gradients.run(network.theta, draw_batch(), False, None), expected)


@pytest.mark.parametrize("wrong, asked", [(False, [8]), (True, [8, 20, 20])], ids=["few suffice", "all decide"])
def test_few_rows_are_looked_at_first(monkeypatch, wrong, asked):
    network, sizes = small_network(smooth), []
    ours, nnablas = PullBack.run, BatchGradients._by_nnabla
    monkeypatch.setattr(PullBack, "run", lambda *arguments: ours(*arguments) * (1.5 if wrong else 1.0))

    def by_nnabla(gradients, validation, theta, batch, weigh):
        sizes.append(len(batch["y"]))
        return nnablas(gradients, validation, theta, batch, weigh)

    monkeypatch.setattr(BatchGradients, "_by_nnabla", by_nnabla)
    gradient(network, batch=draw_batch(20))
    assert sizes == asked


def test_what_is_not_finite_is_handed_on():
    batch = draw_batch()
    batch["x"][2] = np.nan
    assert not np.isfinite(gradient(small_network(smooth), batch=batch)).all()
