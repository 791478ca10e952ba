"""Sums, means, products, extreme values and norms over axes."""

import nnabla.functions as F
import pytest
from support.tangent_rules import assert_tangents, drawn

REDUCTIONS = {
    "sum": F.sum,
    "mean": F.mean,
    "max": F.max,
    "min": F.min,
    "product": F.prod,
    "norm": F.norm,
    "norm 3": lambda x, **settings: F.norm(x, p=3.0, **settings),
}


@pytest.mark.parametrize("axis", [1, (1, 2), (0, 3), None], ids=str)
@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions(name, axis, keep):
    x = drawn(2, 3, 2, 2, seed=4)
    assert_tangents(lambda v: REDUCTIONS[name](v, axis=axis, keepdims=keep), x, float32=3e-5)
