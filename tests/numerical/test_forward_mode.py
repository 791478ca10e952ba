"""Scores by forward mode on whole networks, against the same mathematics in double precision."""

import numpy as np
import pytest

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.autodiff.tangent import TangentPass
from nnabla_influence.dataset.digits import load_digits
from nnabla_influence.network import SCORING_BATCH, SCORING_FROZEN, Network

SAMPLES = 48


def digits(repeats):
    images, labels = load_digits()
    x = images[:SAMPLES, None].repeat(repeats, 2).repeat(repeats, 3) / 255
    return {"x": x.astype(np.float32), "y": labels[:SAMPLES, None].astype(np.float32)}


@pytest.mark.parametrize("policy, purpose", [("batch", SCORING_BATCH), ("frozen", SCORING_FROZEN)])
@pytest.mark.parametrize("name, repeats", [("builtin:mlp", 1), ("builtin:cnn", 2), ("builtin:cifarnet", 2)])
@pytest.mark.parametrize("kind", ["gradient", "random"])
def test_scores_are_right_to_float32(name, repeats, policy, purpose, kind):
    """All but one sample: a window's two largest values may be nearer than float32 tells apart.

    The tangent then takes the other's side, as NNabla's gradient does. In double precision, rules are held against
    differences layer by layer in the unit tests.
    """
    batch = digits(repeats)
    network = Network.builtin(name, batch["x"].shape[1:], 10)
    random = np.random.RandomState(1)
    theta = (network.theta + 0.01 * random.normal(size=network.theta.size)).astype(np.float32)
    oracle = LossOracle(network, policy)
    u = oracle.mean_gradient(theta, [batch]) if kind == "gradient" else random.normal(size=theta.size)
    graph = network.build(network.store(), SAMPLES, purpose)
    exact = TangentPass(graph, [graph.sample_losses], network.space, precision=np.float64)
    ((losses, products),) = exact.run(theta, batch, u)
    errors = np.abs(oracle.sample_products(theta, batch, u) - products[:, 0]) / np.abs(products).max()
    assert np.sort(errors)[-2] <= 1e-5
    assert np.abs(oracle.sample_losses(theta, batch) - losses[:, 0]).max() <= 1e-5 * np.abs(losses).max()


@pytest.mark.parametrize("name, repeats", [("builtin:cnn", 2), ("builtin:cifarnet", 2)])
def test_gauss_newton_products_are_symmetric(name, repeats):
    batch = digits(repeats)
    network = Network.builtin(name, batch["x"].shape[1:], 10)
    oracle, random = LossOracle(network), np.random.RandomState(2)
    u = oracle.mean_gradient(network.theta, [batch])
    v = oracle.gauss_newton(network.theta, batch, u) + 0.01 * np.abs(u).max() * random.normal(size=u.size)
    gu, gv = (oracle.gauss_newton(network.theta, batch, d) for d in (u, v))
    assert abs(gu @ v - gv @ u) <= 1e-6 * np.linalg.norm(gu) * np.linalg.norm(v)
    assert gu @ u > 0
