"""Poolings of every window, with borders and padding."""

import nnabla.functions as F
import numpy as np
import pytest
from support.tangent_rules import applied, assert_tangents, drawn, nnablas

from nnabla_influence.autodiff.pull.kept import Kept
from nnabla_influence.autodiff.pull.pull_registry import PULLS
from nnabla_influence.autodiff.tangent.buffers import Buffers
from nnabla_influence.autodiff.tangent.dual import Dual
from nnabla_influence.autodiff.tangent.node import Node

WINDOWS = {
    "2x2": ((4, 6), (2, 2), {}),
    "3x1": ((6, 5), (3, 1), {}),
    "a rest": ((5, 7), (2, 3), {}),
    "a rest that counts": ((5, 7), (2, 3), {"ignore_border": False}),
    "overlapping": ((7, 7), (3, 3), {"stride": (2, 1)}),
    "with gaps": ((7, 7), (2, 2), {"stride": (3, 3)}),
    "padded": ((6, 6), (3, 3), {"stride": (2, 2), "pad": (1, 1)}),
    "padded, a rest that counts": ((6, 5), (3, 2), {"pad": (1, 1), "ignore_border": False}),
    "three axes": ((4, 4, 6), (2, 2, 3), {}),
}


@pytest.mark.parametrize("name", WINDOWS)
@pytest.mark.parametrize("pooling", [F.max_pooling, F.average_pooling, F.sum_pooling], ids=lambda f: f.__name__)
def test_pooling(pooling, name):
    size, kernel, settings = WINDOWS[name]
    assert_tangents(lambda x: pooling(x, kernel, **settings), drawn(3, 2, *size))


@pytest.mark.parametrize("name", ["padded", "padded, a rest that counts"])
def test_a_mean_without_the_padding(name):
    size, kernel, settings = WINDOWS[name]
    assert_tangents(lambda x: F.average_pooling(x, kernel, including_pad=False, **settings), drawn(3, 2, *size))


def test_global_average_pooling():
    assert_tangents(F.global_average_pooling, drawn(3, 2, 4, 5))


def test_of_equal_values_the_first_counts_as_in_nnabla():
    x = np.random.RandomState(0).randint(2, size=(3, 2, 4, 6)).astype(np.float32)
    direction = drawn(3, 2, 4, 6, seed=1)
    function, _, pull = nnablas(lambda v: F.max_pooling(v, (2, 3)), [x], [0])
    node = Node(function.info.type_name, function.info.args, [x.shape], [(3, 2, 2, 2)], Buffers())
    (y,) = applied(node, [x], [direction], float)
    for place in np.ndindex(3, 2, 2, 2):
        seed = np.zeros((3, 2, 2, 2), np.float32)
        seed[place] = 1
        expected = pull(0, seed)[0]
        assert y.tangent[place] == (expected * direction).sum()
        (found,) = PULLS["MaxPooling"](node, Kept([Dual(x)], Dual(y.value), [True], [False]), Dual(seed))
        assert np.array_equal(found.value, expected)
