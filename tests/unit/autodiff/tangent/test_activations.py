"""Activations: value and tangent on both sides of every kink."""

import nnabla.functions as F
import numpy as np
import pytest
from support.tangent_rules import applied, assert_tangents, drawn, nnablas

from nnabla_influence.autodiff.tangent.activations import log_sigmoid, logistic
from nnabla_influence.autodiff.tangent.buffers import Buffers
from nnabla_influence.autodiff.tangent.node import Node

FUNCTIONS = {
    "relu": F.relu,
    "relu6": F.relu6,
    "leaky relu": lambda x: F.leaky_relu(x, 0.2),
    "crelu": F.crelu,
    "crelu of the last axis": lambda x: F.crelu(x, axis=3),
    "elu": lambda x: F.elu(x, 0.7),
    "selu": F.selu,
    "celu": lambda x: F.celu(x, 0.7),
    "gelu": F.gelu,
    "swish": F.swish,
    "mish": F.mish,
    "tanh": F.tanh,
    "hard tanh": F.hard_tanh,
    "tanh shrink": F.tanh_shrink,
    "sigmoid": F.sigmoid,
    "hard sigmoid": F.hard_sigmoid,
    "log sigmoid": F.log_sigmoid,
    "softplus": lambda x: F.softplus(x, 2.0),
    "softsign": F.softsign,
    "sinc": F.sinc,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_activations(name):
    x = 4 * drawn(3, 2, 4, 5)
    assert (x > 0).any() and (x < 0).any() and (x > 6).any() and (x < -2.5).any()
    assert_tangents(FUNCTIONS[name], x)


@pytest.mark.parametrize("slopes", [(), (2,)], ids=["one slope", "a slope for each channel"])
def test_prelu(slopes):
    assert_tangents(F.prelu, drawn(3, 2, 4, 5), drawn(*slopes, seed=1))
    assert_tangents(lambda x, w: F.prelu(x, w, base_axis=-3), drawn(3, 2, 4, 5), drawn(*slopes, seed=1))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_slope_at_a_kink_is_nnablas(name):
    """At zero, and where hard functions end."""
    kinks = np.array([0.0, 1.0, -1.0, 2.5, -2.5, 6.0], np.float32).reshape(1, 1, 1, 6)
    function, _, pull = nnablas(FUNCTIONS[name], [kinks], [0])
    shapes = [kinks.shape], [function.outputs[0].shape]
    node = Node(function.info.type_name, function.info.args, *shapes, Buffers())
    (y,) = applied(node, [kinks], [np.ones_like(kinks)], np.float32)
    slopes = y.tangent.ravel()
    if len(slopes) == 2 * kinks.size:  # of x and of -x
        slopes = slopes[: kinks.size] + slopes[kinks.size :]
    np.testing.assert_allclose(slopes, pull(0, np.ones_like(y.value))[0].ravel(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("value", [-1e4, -100.0, 0.0, 100.0, 1e4])
def test_nothing_overflows(value):
    x = np.array([value], np.float32)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert 0 <= logistic(x)[0] <= 1 and np.isfinite(log_sigmoid(x)[0])
        for kind in ("Swish", "Mish", "SoftPlus", "ELU", "SELU", "LogSigmoid", "GELU"):
            node = Node(kind, {"beta": 1.0, "alpha": 1.0, "scale": 1.0}, [(1,)], [(1,)], Buffers())
            (y,) = applied(node, [x], [np.ones(1)], np.float32)
            assert np.isfinite(y.tangent).all() and np.isfinite(y.value).all()
