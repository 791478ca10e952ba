"""Layers that move, copy or leave out values."""

import nnabla.functions as F
import numpy as np
import pytest
from support.tangent_rules import Fixed, applied, assert_tangents, drawn

from nnabla_influence.autodiff.tangent.buffers import Buffers
from nnabla_influence.autodiff.tangent.node import Node
from nnabla_influence.errors import ComputationError

X = drawn(3, 2, 4, 5)
ONE_INPUT = {
    "identity": F.identity,
    "reshape": lambda x: F.reshape(x, (3, 8, 5)),
    "reshape to the batch": lambda x: F.reshape(x, (-1, 10)),
    "transpose": lambda x: F.transpose(x, (0, 3, 1, 2)),
    "transpose of the batch": lambda x: F.transpose(x, (1, 0, 2, 3)),
    "slice": lambda x: F.slice(x, (0, 0, 1, 0), (3, 2, 4, 5), (1, 1, 2, 3)),
    "slice from the end": lambda x: F.slice(x, (0, 0, -3, -1), (3, 2, -1, -6), (1, 1, 1, -2)),
    "slice of the last axes": lambda x: F.slice(x, (1, 2), (4, 5), (1, 2)),
    "split": lambda x: F.split(x, axis=2),
    "split of the last axis": lambda x: F.split(x, axis=-1),
    "split of the first axis": lambda x: F.split(x, axis=0),
    "flip": lambda x: F.flip(x, axes=(2, 3)),
    "flip of the last axis": F.flip,
    "tile": lambda x: F.tile(x, (1, 2, 1, 3)),
    "tile by more axes": lambda x: F.tile(x, (2, 1, 1, 1, 1)),
    "pad": lambda x: F.pad(x, (1, 2, 0, 1), "constant", 0.5),
    "pad by reflection": lambda x: F.pad(x, (1, 2, 0, 1), "reflect"),
    "pad by copies": lambda x: F.pad(x, (1, 2, 0, 1), "repeat"),
    "unpooling": lambda x: F.unpooling(x, (2, 3)),
}


@pytest.mark.parametrize("name", ONE_INPUT)
def test_one_input(name):
    assert_tangents(ONE_INPUT[name], X)


def test_broadcast():
    assert_tangents(lambda x: F.broadcast(x, (3, 2, 4)), drawn(3, 1, 4))


@pytest.mark.parametrize("axis", [0, 1, 3, -1])
def test_concatenate(axis):
    shape = [3, 2, 4, 5]
    shape[axis] = 6
    assert_tangents(lambda x, y, z: F.concatenate(x, y, z, axis=axis), X, drawn(*shape, seed=1), drawn(3, 2, 4, 5))


@pytest.mark.parametrize("axis", [0, 1, 4, -1])
def test_stack(axis):
    assert_tangents(lambda x, y: F.stack(x, y, axis=axis), X, drawn(3, 2, 4, 5, seed=1))


def test_embed():
    rows = np.random.RandomState(0).randint(7, size=(3, 4)).astype(np.float32)
    assert_tangents(F.embed, Fixed(rows), drawn(7, 5))


def test_one_hot():
    labels = Fixed(np.random.RandomState(0).randint(3, size=(5, 4, 1)).astype(np.float32))
    assert_tangents(lambda y: F.one_hot(y, (3,)), labels)
    pairs = Fixed(np.random.RandomState(0).randint(3, size=(5, 2)).astype(np.float32))
    assert_tangents(lambda y: F.one_hot(y, (3, 4)), pairs)


@pytest.mark.parametrize("row", [-1, 7])
def test_a_row_outside_the_table_is_refused(row):
    rows, table = np.float32([[0, row]]), drawn(7, 5)
    node = Node("Embed", {}, [], [], Buffers())  # NNabla itself reads whatever lies there in memory
    with pytest.raises(ComputationError, match=f"Embed layer should read numbers from 0 to 6, not {row}"):
        applied(node, [rows, table], [None, table], float)
