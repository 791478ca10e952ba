"""Central differences: against the exact way where both exist, and automatic where only they do."""

import logging
from collections import OrderedDict

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np
import pytest
from support.comparison import assert_close

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.autodiff.differences import (
    STEP,
    STEPS,
    Place,
    Probe,
    best_step,
    difference_products,
    difference_scores,
)
from nnabla_influence.errors import UnsupportedError
from nnabla_influence.network import SCORING_BATCH, Network


def _network(body):
    scope, rng = OrderedDict(), np.random.RandomState(0)
    x, y = nn.Variable((2, 1, 6, 6)), nn.Variable((2, 1))
    with nn.parameter_scope("", scope):
        loss = F.softmax_cross_entropy(PF.affine(body(x, rng), 3, rng=rng, name="out"), y)
    return Network.from_loss(loss, {"x": x, "y": y}, scope)


def smooth(x, rng):
    return F.tanh(PF.affine(x, 5, rng=rng, name="hidden"))


def kinked(x, rng):
    return F.max_pooling(F.relu(PF.convolution(x, 4, (3, 3), rng=rng)), (2, 2))


def depthwise(x, rng):
    return F.tanh(PF.depthwise_convolution(PF.convolution(x, 4, (3, 3), rng=rng), (3, 3), rng=rng))


def wavy(x, rng):
    return F.sin(100 * PF.affine(x, 5, rng=rng, name="hidden"))


def binary(x, rng):
    return F.binary_tanh(PF.affine(x, 5, rng=rng, name="hidden"))


def binary_weights(x, rng):
    return F.tanh(PF.binary_connect_affine(x, 5, rng=rng, name="hidden"))


def two_dropouts(x, rng):
    h = smooth(x, rng)
    return F.dropout(h, 0.5) + F.dropout(h, 0.5)


def _batch(samples=7):
    random = np.random.RandomState(1)
    return {
        "x": random.normal(size=(samples, 1, 6, 6)).astype(np.float32),
        "y": random.randint(3, size=(samples, 1)).astype(np.float32),
    }


# Kinks make the curvature of ReLU networks a sum of jumps that a difference may or may not meet.
@pytest.mark.parametrize("body, scores, hessian", [(smooth, 1e-3, 1e-2), (kinked, 2e-2, None)])
def test_differences_agree_with_the_exact_way(body, scores, hessian):
    network = _network(body)
    direction = np.random.RandomState(2).normal(size=network.space.size)
    exact = LossOracle(network).products(network.theta, _batch(), direction)
    store = network.store()
    place = Place(network.build(store, 7, SCORING_BATCH), store, network.space, network.theta)
    rough = difference_products(place, _batch(), direction)
    assert_close(rough[0], exact[0], scores, "central difference with a float32 loss")
    assert np.array_equal(rough[0], difference_scores(place, _batch(), direction))
    if hessian:
        assert_close(rough[1] / 7, exact[1], hessian, "central difference of float32 gradients")


def test_a_layer_without_second_derivative_falls_back_and_says_so(caplog):
    network = _network(depthwise)
    oracle, batch = LossOracle(network), _batch()
    direction = np.random.RandomState(2).normal(size=network.space.size)
    with caplog.at_level(logging.WARNING, "nnabla_influence"):
        scores, curvature = oracle.products(network.theta, batch, direction)
        oracle.products(network.theta, _batch(5), direction)
    assert len(caplog.records) == 1 and "central differences" in caplog.text, "said once"
    rows = [{name: a[i : i + 1] for name, a in batch.items()} for i in range(7)]
    loop = [oracle.mean_gradient(network.theta, [row]) @ direction for row in rows]
    assert_close(scores, loop, 5e-3, "central difference with a float32 loss")
    other = np.random.RandomState(3).normal(size=network.space.size)
    assert oracle.products(network.theta, batch, other)[1] @ direction == pytest.approx(curvature @ other, rel=2e-2)


def test_a_lone_sample_falls_back_too():
    network = _network(depthwise)
    oracle, batch = LossOracle(network), _batch(1)
    direction = np.random.RandomState(2).normal(size=network.space.size)
    scores, _ = oracle.products(network.theta, batch, direction)
    assert_close(scores, [oracle.mean_gradient(network.theta, [batch]) @ direction], 5e-3, "central difference")


def test_silently_wrong_second_derivatives_are_noticed(caplog):
    """Two dropouts on one variable: NNabla 1.39 raises nothing and is wrong."""
    network = _network(two_dropouts)
    direction = np.random.RandomState(2).normal(size=network.space.size)
    with caplog.at_level(logging.WARNING, "nnabla_influence"):
        scores, _ = LossOracle(network).products(network.theta, _batch(), direction, seed=5)
    assert "disagree" in caplog.text
    store = network.store()
    place = Place(network.build(store, 7), store, network.space, network.theta, 5)
    assert np.array_equal(scores, difference_scores(place, _batch(), direction, _best(place, direction)))


def _best(place, direction):
    return best_step(place, _batch(), direction, Probe(place, _batch(), direction))[0]


def test_a_sound_network_is_not_suspected(caplog):
    for body in (smooth, kinked, binary):
        network = _network(body)
        direction = np.random.RandomState(2).normal(size=network.space.size)
        with caplog.at_level(logging.WARNING, "nnabla_influence"):
            LossOracle(network).products(network.theta, _batch(), direction)
    assert not caplog.records


# --- how right are scores? ------------------------------------------------------------------------------------------


def _place(body):
    network = _network(body)
    store = network.store()
    return Place(network.build(store, 7, SCORING_BATCH), store, network.space, network.theta)


@pytest.mark.parametrize("body", [smooth, kinked, depthwise, binary])
def test_a_probe_measures_the_error_of_scores(body):
    place = _place(body)
    direction = np.random.RandomState(2).normal(size=place.space.size)
    oracle = LossOracle(_network(body))
    rows = [{name: a[i : i + 1] for name, a in _batch().items()} for i in range(7)]
    loop = np.array([oracle.mean_gradient(place.theta, [row]) @ direction for row in rows])
    probe = Probe(place, _batch(), direction)
    assert probe.error(loop) < 1e-5, "float32"
    error = np.random.RandomState(3).normal(size=7)
    error *= 0.1 * np.linalg.norm(loop) / np.linalg.norm(error)
    # Four random signs estimate a length to within a factor of two or three.
    assert 0.03 < probe.error(loop + error) < 0.3


def test_the_best_step_suits_the_network():
    place = _place(wavy)
    direction = np.random.RandomState(2).normal(size=place.space.size)
    probe = Probe(place, _batch(), direction)
    step, error = best_step(place, _batch(), direction, probe)
    assert step in STEPS and step < STEP
    assert error < 0.5 * probe.error(difference_scores(place, _batch(), direction, STEP))


def test_a_direction_of_zero_is_no_reason_to_doubt():
    place = _place(smooth)
    zero = np.zeros(place.space.size)
    assert Probe(place, _batch(), zero).error(np.zeros(7)) == 0


def test_what_differences_cannot_do_is_refused_with_the_measured_error():
    network = _network(binary_weights)
    direction = np.random.RandomState(2).normal(size=network.space.size)
    with pytest.raises(UnsupportedError, match=r"binary_connect_affine.*too, by \d+ %.*round.*--method loss"):
        LossOracle(network).products(network.theta, _batch(), direction)
