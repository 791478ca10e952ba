"""BLAS's products that add to what is there, and affine layers."""

import nnabla.functions as F
import numpy as np
import pytest
from support.comparison import assert_close
from support.tangent_rules import Fixed, assert_tangents, drawn

from nnabla_influence.autodiff.tangent.matrix_products import multiply


@pytest.mark.parametrize("dtype, tolerance", [(np.float32, 1e-6), (np.float64, 1e-14)])
def test_a_product_is_written_or_added(dtype, tolerance):
    random = np.random.RandomState(0)
    a, b, c = (random.normal(size=shape).astype(dtype) for shape in ((5, 3), (3, 4), (5, 4)))
    into = c.copy()
    multiply(a, b, into, add=True)
    assert_close(into, c.astype(float) + a.astype(float) @ b, tolerance, "three terms")
    multiply(a[1:], b, into[1:])
    assert_close(into[1:], a[1:].astype(float) @ b, tolerance, "three terms")


@pytest.mark.parametrize("shape, weight, axis", [
    ((5, 6), (6, 3), 1), ((5, 2, 3), (6, 4), 1), ((5, 2, 3), (3, 4), 2), ((5, 2, 3), (6, 4, 2), 1),
    ((5, 2, 3, 2), (12, 4), 1),
])  # fmt: skip
def test_affine(shape, weight, axis):
    x, w, b = drawn(*shape), drawn(*weight, seed=1), drawn(*weight[1:], seed=2)
    assert_tangents(lambda *inputs: F.affine(*inputs, base_axis=axis), x, w, b)
    assert_tangents(lambda *inputs: F.affine(*inputs, base_axis=axis), Fixed(x), w)
    assert_tangents(lambda *inputs: F.affine(*inputs, base_axis=axis), x, Fixed(w), Fixed(b))
