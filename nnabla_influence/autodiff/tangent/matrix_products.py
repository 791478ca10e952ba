"""Products of matrices that add to what is there, which NumPy's own product cannot: BLAS's ``c <- a b + beta c``."""

from __future__ import annotations

import math
from typing import Dict, Optional

import numpy as np
from scipy.linalg.blas import dgemm, sgemm

from ...array import Array
from .buffers import Buffers
from .dual import Dual
from .node import Node, Rule

__all__ = ["RULES", "bilinear", "multiply", "multiply_transposed", "transposed_product"]

BLAS = {"f": sgemm, "d": dgemm}


def multiply(a: Array, b: Array, into: Array, add: bool = False) -> None:
    """Write the product of two matrices, or add it.

    Args:
        a: (M, K), its rows one after the other in memory.
        b: (K, N), likewise.
        into: (M, N), likewise.
        add: Whether to add to what is there.
    """
    # BLAS counts columns first, so it sees every matrix transposed, and the factors in the other order.
    BLAS[into.dtype.char](1.0, b.T, a.T, beta=1.0 if add else 0.0, c=into.T, overwrite_c=1)


def multiply_transposed(a: Array, b: Array, into: Array) -> None:
    """Write the product ``a' b`` of two matrices.

    Args:
        a: (M, K), its rows one after the other in memory.
        b: (M, N), likewise.
        into: (K, N), likewise.
    """
    BLAS[into.dtype.char](1.0, b.T, a.T, trans_b=1, c=into.T, overwrite_c=1)


def transposed_product(a: Array, b: Array) -> Array:
    """Return ``a' b`` (K, N), see `multiply_transposed`."""
    made = np.empty((a.shape[1], b.shape[1]), b.dtype)
    multiply_transposed(a, b, made)
    return made


def bilinear(buffers: Buffers, a: Dual, b: Dual) -> Dual:
    """Multiply matrices (M, K) and (K, N): ``d(a b) = da b + a db``."""
    shape = (a.value.shape[0], b.value.shape[1])
    dtype = np.result_type(a.value, b.value)
    value = buffers.empty(shape, dtype)
    multiply(a.value, b.value, value)
    terms = [(p, q) for p, q in ((a.tangent, b.value), (a.value, b.tangent)) if p is not None and q is not None]
    if not terms:
        return Dual(value)
    tangent = buffers.empty(shape, dtype)
    for place, (p, q) in enumerate(terms):
        multiply(p, q, tangent, add=place > 0)
    return Dual(value, tangent)


def _affine(node: Node, x: Dual, weight: Dual, bias: Optional[Dual] = None) -> Dual:
    rows = math.prod(node.input_shapes[0][: node.arguments["base_axis"]])
    inputs = weight.value.shape[0]
    y = bilinear(
        node.buffers, x.linear(lambda a: a.reshape(rows, inputs)), weight.linear(lambda a: a.reshape(inputs, -1))
    )
    if bias is not None:
        y = y + bias.reshape(-1)
    return y.reshape(*node.output_shapes[0])


RULES: Dict[str, Rule] = {"Affine": _affine}
"""By NNabla's type of the function."""
