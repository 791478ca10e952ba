"""Normalisations: by batch, by running statistics, by layer, instance and group, and those of weights."""

import nnabla.functions as F
import numpy as np
import pytest
from support.comparison import assert_close
from support.tangent_rules import Fixed, applied, assert_tangents, drawn, nnablas

from nnabla_influence.autodiff.tangent.buffers import Buffers
from nnabla_influence.autodiff.tangent.node import Node

SHAPES = {"image": (5, 3, 4, 4), "vector": (5, 3), "sequence": (5, 3, 4)}


def parameters(shape, axis=1):
    one = [1] * len(shape)
    one[axis] = shape[axis]
    beta, gamma = drawn(*one, seed=1), drawn(*one, seed=2, positive=True)
    return beta, gamma, Fixed(drawn(*one, seed=3)), Fixed(drawn(*one, seed=4, positive=True))


@pytest.mark.parametrize("by_batch", [True, False], ids=["batch", "frozen"])
@pytest.mark.parametrize("name", SHAPES)
def test_batch_normalization(name, by_batch):
    x = 2 * drawn(*SHAPES[name]) + 1

    def build(*inputs):
        return F.batch_normalization(*inputs, batch_stat=by_batch)

    assert_tangents(build, x, *parameters(x.shape))
    beta, gamma, *statistics = parameters(x.shape)
    assert_tangents(build, Fixed(x), beta, gamma, *statistics)
    assert_tangents(build, x, Fixed(beta), Fixed(gamma), *statistics)


def test_channels_last():
    x = 2 * drawn(5, 4, 4, 3) + 1
    assert_tangents(lambda *inputs: F.batch_normalization(*inputs, axes=[3]), x, *parameters(x.shape, 3))


def test_statistics_of_many_values_are_exact():
    """A million values far from zero: plain float32 sums would be off by 1e-3."""
    x = (np.random.RandomState(0).normal(size=(64, 2, 96, 96)) + 3).astype(np.float32)
    dx = (x + np.random.RandomState(1).normal(size=x.shape)).astype(np.float32)
    beta, gamma, mean, variance = parameters(x.shape)
    arrays = [x, beta, gamma, mean.array, variance.array]
    function, _, _ = nnablas(F.batch_normalization, [a[:1] for a in arrays], [0])
    node = Node(function.info.type_name, function.info.args, [], [x.shape], Buffers())
    moved = [dx, beta, gamma, None, None]
    (single,), (exact,) = (applied(node, arrays, moved, dtype) for dtype in (np.float32, float))
    assert_close(single.value, exact.value, 1e-6, "float32")
    assert_close(single.tangent, exact.tangent, 2e-6, "float32")


@pytest.mark.parametrize("by_batch", [True, False], ids=["batch", "frozen"])
def test_fused_batch_normalization(by_batch):
    x = 2 * drawn(5, 3, 4, 4) + 1
    beta, gamma, mean, variance = parameters(x.shape)

    def build(*inputs):
        return F.fused_batch_normalization(*inputs, batch_stat=by_batch)

    assert_tangents(build, x, beta, gamma, mean, variance, drawn(5, 3, 4, 4, seed=5))
    assert_tangents(build, x, beta, gamma, mean, variance)


@pytest.mark.parametrize("function, shape", [
    (F.layer_normalization, (1, 4, 3, 3)), (F.instance_normalization, (1, 4, 1, 1)),
    (lambda x, *p, **s: F.group_normalization(x, *p, num_groups=2, **s), (1, 4, 1, 1)),
], ids=["layer", "instance", "group"])  # fmt: skip
def test_normalizations_of_a_sample(function, shape):
    x, beta, gamma = 2 * drawn(5, 4, 3, 3) + 1, drawn(*shape, seed=1), drawn(*shape, seed=2)
    assert_tangents(function, x, beta, gamma, float32=3e-5)
    assert_tangents(lambda v: function(v, None, None), x, float32=3e-5)


def test_normalizations_of_weights():
    assert_tangents(lambda w, g: F.weight_normalization(w, g, dim=1), drawn(5, 4, 2), drawn(4, seed=1))
    assert_tangents(lambda w, g: F.weight_normalization(w, g, dim=0), drawn(5, 4), drawn(5, seed=1))
    assert_tangents(lambda w: F.weight_standardization(w, channel_axis=0), 2 * drawn(3, 4, 5) + 1)
    assert_tangents(lambda x: F.norm_normalization(x, axes=(1,)), drawn(5, 4, 2))


def test_spectral_norm():
    """The singular vectors count as constants; at the end of the iteration that makes no difference."""
    start = Fixed(drawn(4, seed=1))
    assert_tangents(lambda w, u: F.spectral_norm(w, u, dim=1, itr=200), drawn(5, 4), start)


def test_mean_subtraction():
    x, mean, count = drawn(5, 4), Fixed(drawn(4, seed=1)), Fixed(np.ones(1, np.float32))
    assert_tangents(lambda *inputs: F.mean_subtraction(*inputs, update_running_mean=False), x, mean, count)
