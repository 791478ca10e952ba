"""Layers whose outputs are copies of values, wherever those stand."""

import nnabla.functions as F
import numpy as np
import pytest
from support.tangent_rules import Fixed, applied, assert_tangents, drawn

from nnabla_influence.autodiff.tangent.buffers import Buffers
from nnabla_influence.autodiff.tangent.node import Node
from nnabla_influence.errors import ComputationError, UnsupportedError

X = drawn(3, 2, 4, 5)
ONE_INPUT = {
    "max": lambda x: F.max(x, axis=(1, 3)),
    "min": lambda x: F.min(x, axis=2, keepdims=True),
    "top k": lambda x: F.top_k_data(x, 3),
    "top k by size": lambda x: F.top_k_data(x, 3, abs=True),
    "smallest k": lambda x: F.top_k_data(x, 3, largest=False),
    "top k of more axes": lambda x: F.top_k_data(x, 2, base_axis=2),
    "matrix diag": F.matrix_diag,
    "matrix diag part": lambda x: F.matrix_diag_part(x),
    "shift": lambda x: F.shift(x, (1, -2)),
    "shift out of the picture": lambda x: F.shift(x, (0, 9)),
    "shift in a mirror": lambda x: F.shift(x, (-1, 2), "reflect"),
    "shift far in a mirror": lambda x: F.shift(x, (5, -13), "reflect"),
    "upper triangle": lambda x: F.trilu(x, 1),
    "lower triangle": lambda x: F.trilu(x, 0, upper=False),
}


@pytest.mark.parametrize("name", ONE_INPUT)
def test_one_input(name):
    if "triangle" in name and not hasattr(F, "trilu"):
        pytest.skip("the oldest NNabla has no such layer")
    assert_tangents(ONE_INPUT[name], drawn(3, 2, 4, 4) if name == "matrix diag part" else X)


@pytest.mark.parametrize("axis, batch", [(1, 0), (-1, 0), (1, 1), (3, 2)])
def test_gather(axis, batch):
    shape = X.shape[:batch] + (2, 3)
    indices = np.random.RandomState(0).randint(X.shape[axis], size=shape).astype(np.float32)
    assert_tangents(lambda x, i: F.gather(x, i, axis, batch), X, Fixed(indices))


@pytest.mark.parametrize("index", [-1, 4])
def test_an_index_outside_is_refused(index):
    node = Node("Gather", {"axis": 2, "batch_dims": 0}, [], [], Buffers())
    with pytest.raises(ComputationError, match=f"Gather layer should read numbers from 0 to 3, not {index}"):
        applied(node, [X, np.float32([index])], [X, None], float)


def test_the_largest_in_their_places_are_left_to_nnabla():
    """Its gradient goes to all places, which is not the derivative."""
    node = Node("TopKData", {"reduce": False}, [], [], Buffers())
    with pytest.raises(UnsupportedError, match="TopKData with reduced axes only"):
        applied(node, [X], [X], float)
