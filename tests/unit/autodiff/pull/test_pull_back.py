"""The way back over a whole graph, against NNabla's backward pass; each layer's own is tested with its rule."""

import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np
import pytest
from support.comparison import assert_close
from support.small_networks import at_its_parameters, depthwise, doubled, draw_batch, kinked, small_network, smooth

from nnabla_influence.autodiff.gauss_newton import GaussNewton
from nnabla_influence.autodiff.pull import PullBack
from nnabla_influence.autodiff.pull.pull_registry import PULLS
from nnabla_influence.autodiff.tangent import TangentPass, Tape
from nnabla_influence.autodiff.tangent.registry import RULES
from nnabla_influence.errors import UnsupportedError

FLOAT32 = "float32 (6e-8 per operation), a few dozen accumulations"


def normalized(x, rng):
    h = PF.batch_normalization(PF.convolution(x, 4, (3, 3), rng=rng), name="norm")
    return F.max_pooling(F.relu(h), (2, 2))


def read_twice(x, rng):
    """One variable read by several layers, and one layer's parameters used twice."""
    h = PF.affine(x, 5, rng=rng, name="hidden")
    h = F.relu(PF.affine(h, 5, rng=rng, name="second")) * h + F.relu(h)
    return PF.affine(F.tanh(h), 5, name="second")


def overwritten(x, rng):
    """A convolution's output that the rectifier behind it may overwrite, twice."""
    h = F.relu(F.relu(PF.convolution(x, 4, (3, 3), rng=rng, name="first")))
    return F.relu(PF.convolution(h, 4, (3, 3), rng=rng, name="second"))


def passes(network):
    graph, point, u = at_its_parameters(network)
    outputs = [variable for _, variable in graph.graph.predictions]
    graph.move_to(point)
    graph.graph.feed(draw_batch())
    return TangentPass(graph.graph, outputs, network.space), graph, point.theta, u


@pytest.mark.parametrize("body", [smooth, kinked, depthwise, normalized, read_twice, overwritten])
def test_the_way_back_equals_nnablas(body):
    forwards, graph, theta, u = passes(small_network(body))
    back, tape = PullBack(forwards), Tape()
    forwards.run(theta, draw_batch(), u, tape)
    for seed in (0, 1):
        c = np.random.RandomState(seed).normal(size=(7, 3))
        found = back.run(tape, [c])
        assert found.shape == theta.shape and found.dtype == np.float64
        assert_close(found, GaussNewton(graph).pulled_back([c]), 1e-5, FLOAT32)


def test_the_way_back_is_the_adjoint_of_the_way_forwards():
    forwards, _, theta, u = passes(small_network(normalized))
    tape = Tape()
    ((_, tangents),) = forwards.run(theta, draw_batch(), u, tape)
    c = np.random.RandomState(0).normal(size=tangents.shape)
    found = PullBack(forwards).run(tape, [c])
    assert abs((c * tangents).sum() - found @ u) <= 1e-6 * np.abs(found * u).sum(), FLOAT32


def test_keeping_the_values_changes_no_bit():
    forwards, _, theta, u = passes(small_network(overwritten))
    plain, kept = (forwards.run(theta, draw_batch(), u, tape)[0] for tape in (None, Tape()))
    assert all(np.array_equal(a, b) for a, b in zip(plain, kept))


def test_a_layer_without_a_way_back_is_named():
    forwards, _, _, _ = passes(small_network(doubled))
    with pytest.raises(UnsupportedError, match="no way back .*CELU"):
        PullBack(forwards)


def test_every_way_back_has_a_way_forwards():
    assert set(PULLS) <= set(RULES)
    assert {"Affine", "BatchNormalization", "Convolution", "DepthwiseConvolution", "MaxPooling", "Softmax"} <= set(
        PULLS
    )
