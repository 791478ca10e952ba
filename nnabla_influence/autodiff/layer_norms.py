"""The squared norm of each sample's own gradient in one layer, from what went in and what came back.

After one way back of ``sum_i l_i`` a layer knows its input x and the cotangent d of its output, both (B, ...), and row
i of them belongs to sample i alone. The gradient of sample i in the layer's parameters is a product of the two, whose
norm is at hand before the samples are summed (Goodfellow, *Efficient per-example gradient computations*, 2015, for
affine layers):

===================  ======================================  ===========================================
layer                gradient of sample i, positions t       its squared norm
===================  ======================================  ===========================================
affine               ``sum_t x_it d_it'``                    ``sum_st (x_is . x_it) (d_is . d_it)``
embedding            ``sum_t d_it`` in the row t looks up    ``sum_st [same row] (d_is . d_it)``
any other            the layer's way back from row i alone   the entries squared and summed
===================  ======================================  ===========================================

With a single position the first is ``|x_i|^2 |d_i|^2``; with many the sum over t is cheaper than all their products.
"""

from __future__ import annotations

import math
from typing import Callable, Dict, List, NamedTuple, Sequence, Tuple

import numpy as np

from ..array import Array
from .pull import PULLS, Kept
from .tangent.dual import Dual
from .tangent.node import Node

__all__ = ["Layer", "squared_length", "squared_norms"]


class Layer(NamedTuple):
    """A layer with parameters, after a way back.

    Args:
        node: The function.
        inputs: Its inputs: x (B, ...), and its parameters.
        output: (B, ...).
        d: The cotangent of its output (B, ...), row i that of sample i's loss.
        trains: Which of its inputs are parameters that are differentiated.

    >>> from nnabla_influence.autodiff.tangent.buffers import Buffers
    >>> x, weight, d = np.array([[3.0, 4.0], [0.0, 1.0]]), np.ones((2, 1)), np.array([[2.0], [1.0]])
    >>> node = Node("Affine", {"base_axis": 1}, [x.shape, weight.shape], [d.shape], Buffers())
    >>> squared_norms(Layer(node, [x, weight], x @ weight, d, [False, True])).tolist()  # |x|^2 |d|^2
    [100.0, 1.0]
    """

    node: Node
    inputs: List[Array]
    output: Array
    d: Array
    trains: List[bool]

    @staticmethod
    def is_known(node: Node, trains: Sequence[bool], samples: int) -> bool:
        """Return whether there is a way to the norms of so many samples, if its rows are the samples."""
        coupled = node.arguments.get("batch_stat", False)
        rows = node.input_shapes[0][:1], node.output_shapes[0][:1]
        return node.kind in PULLS and not trains[0] and not coupled and set(rows) == {(samples,)}


def squared_norms(layer: Layer) -> Array:
    """Return the squared norms (B,) of the samples' gradients in the layer's parameters, float64."""
    formulas = FORMULAS.get(layer.node.kind, {})
    norms = np.zeros(len(layer.d))
    alone = list(layer.trains)
    for place, formula in formulas.items():
        if place < len(alone) and alone[place]:
            norms += formula(layer)
            alone[place] = False
    return norms + _one_by_one(layer, alone) if any(alone) else norms


def _one_by_one(layer: Layer, wanted: List[bool]) -> Array:
    """Take the way back from each row alone."""
    node = layer.node._replace(
        input_shapes=[(1, *layer.node.input_shapes[0][1:]), *layer.node.input_shapes[1:]],
        output_shapes=[(1, *layer.node.output_shapes[0][1:])],
    )
    x, *parameters = layer.inputs
    others = [Dual(parameter) for parameter in parameters]
    norms = np.empty(len(x))
    for row in range(len(x)):
        one = slice(row, row + 1)
        kept = Kept([Dual(x[one]), *others], Dual(layer.output[one]), wanted, [False] * len(wanted))
        pulled = PULLS[node.kind](node, kept, Dual(layer.d[one]))
        norms[row] = sum(
            squared_length(dual.value) for dual, trains in zip(pulled, wanted) if trains and dual is not None
        )
    return norms


def squared_length(gradient: Array) -> float:
    """Return the sum of all squares, in double precision."""
    flat = gradient.astype(np.float64).ravel()
    return float(flat @ flat)


def _affine_weights(layer: Layer) -> Array:
    x, d = _positions(layer)
    if x.shape[1] ** 2 <= x.shape[2] * d.shape[2]:
        return _inner(_products(x), _products(d))
    gradients = x.swapaxes(1, 2) @ d
    return _inner(gradients, gradients)


def _affine_biases(layer: Layer) -> Array:
    gradients = _positions(layer)[1].sum(axis=1, dtype=np.float64, keepdims=True)
    return _inner(gradients, gradients)


def _positions(layer: Layer) -> Tuple[Array, Array]:
    """Return input and cotangent of an affine layer (B, positions, values)."""
    samples = len(layer.d)
    positions = math.prod(layer.node.input_shapes[0][1 : layer.node.arguments["base_axis"]])
    x, d = (np.ascontiguousarray(array).reshape(samples, positions, -1) for array in (layer.inputs[0], layer.d))
    return x, d


def _lookups(layer: Layer) -> Array:
    rows = layer.inputs[0].reshape(len(layer.d), -1).astype(np.int64)  # as the layer reads them
    same = rows[:, :, None] == rows[:, None, :]
    return _inner(same, _products(layer.d.reshape(*rows.shape, -1)))


def _products(a: Array) -> Array:
    """Return the inner products (B, T, T) of the rows of (B, T, K)."""
    products: Array = a @ a.swapaxes(1, 2)
    return products


def _inner(a: Array, b: Array) -> Array:
    """Return the sum of products (B,) of (B, M, N), in double precision: squares may be too large for float32."""
    total: Array = np.einsum("bmn,bmn->b", a, b, dtype=np.float64, casting="unsafe")
    return total


FORMULAS: Dict[str, Dict[int, Callable[[Layer], Array]]] = {
    "Affine": {1: _affine_weights, 2: _affine_biases},
    "Embed": {1: _lookups},
}
"""How the norm in a parameter is found, by the layer's kind and the parameter's place among its inputs."""
