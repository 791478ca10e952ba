"""The loss oracle: what is asked how often, and what is refused; its numbers are tested in `numerical`."""

import numpy as np
import pytest
import threadpoolctl
from support.cases import case_named, draw_parameters, network_of
from support.small_networks import draw_batch, small_network, smooth

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.autodiff.tangent import registry
from nnabla_influence.errors import ConfigError, DataError
from nnabla_influence.network import Network


def test_losses_and_predictions_are_those_of_two_passes():
    case = case_named("batch norm, batch")
    oracle, batch = LossOracle(network_of(case, draw_parameters(case)), "frozen"), case.draw_batch(9)
    losses, prediction = oracle.losses_and_predictions(oracle.network.theta, batch)
    assert np.array_equal(losses, oracle.sample_losses(oracle.network.theta, batch))
    assert np.array_equal(prediction, oracle.predictions(oracle.network.theta, batch))


QUESTIONS = {
    "losses": lambda oracle, theta, batch: oracle.sample_losses(theta, batch),
    "scores": lambda oracle, theta, batch: oracle.sample_products(theta, batch, theta),
    "Gauss-Newton products": lambda oracle, theta, batch: oracle.gauss_newton(theta, batch, theta),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_computation_has_one_thread_in_both_libraries_of_blas(question, monkeypatch):
    """NumPy and SciPy bring an OpenBLAS each; together they would fight for the cores."""
    network = small_network(smooth)
    seen = []
    usual = registry.RULES["Tanh"]
    monkeypatch.setitem(registry.RULES, "Tanh", lambda node, x: seen.append(blas_threads()) or usual(node, x))
    with threadpoolctl.threadpool_limits(2):
        before = blas_threads()
        QUESTIONS[question](LossOracle(network), network.theta, draw_batch())
        assert blas_threads() == before
    assert max(before) > 1, "this machine has one core; the test proves nothing"
    assert seen and all(threads == [1] * len(before) for threads in seen)


def blas_threads():
    return [pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]


def test_the_mean_loss_is_over_samples_and_not_over_batches():
    network = small_network(smooth)
    oracle, batches = LossOracle(network), [draw_batch(5), draw_batch(2)]
    losses = np.concatenate([oracle.sample_losses(network.theta, batch) for batch in batches])
    assert oracle.loss(network.theta, batches) == losses.mean()


def test_products_do_not_depend_on_what_was_asked_before():
    network = small_network(smooth)
    direction = np.random.RandomState(2).normal(size=network.space.size)
    used, fresh = LossOracle(network), LossOracle(network)
    used.gauss_newton(network.theta + 1, draw_batch(), direction)
    used.products(network.theta - 1, draw_batch(3), direction)
    for ours, expected in zip(*(o.products(network.theta, draw_batch(), direction) for o in (used, fresh))):
        assert np.array_equal(ours, expected)


def test_a_direction_of_zero_has_a_gauss_newton_product_of_zero_even_where_there_is_none():
    case = case_named("shared weights, two losses")
    oracle = LossOracle(network_of(case, draw_parameters(case)))
    assert not oracle.gauss_newton(oracle.network.theta, case.draw_batch(3), np.zeros(oracle.space.size)).any()


def test_a_batch_that_does_not_fit_is_refused():
    network = small_network(smooth)
    oracle = LossOracle(network)
    for question in (oracle.sample_losses, lambda t, b: oracle.gauss_newton(t, b, t)):
        with pytest.raises(DataError, match="column 'x'"):
            question(network.theta, {"y": draw_batch()["y"]})


def test_another_policy_of_batch_norm_is_refused():
    with pytest.raises(ConfigError, match="batch or frozen"):
        LossOracle(Network.builtin("builtin:mlp", (5,), 3), "running")
