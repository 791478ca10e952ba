"""Bits are chosen, so every number stays what it is."""

import numpy as np
import pytest

from nnabla_influence.autodiff.tangent.selection import selected


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_selection_is_that_of_numpy(dtype):
    random = np.random.RandomState(0)
    a, b = random.normal(size=(2, 6, 8, 3)).astype(dtype)
    a[0, 0], a[1, 1], b[2, 2] = np.inf, np.nan, -0.0
    a, b = a[::2, 1::2], b[1::2, ::2]
    condition = random.normal(size=a.shape) > 0
    found = selected(condition, a, b)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, np.where(condition, a, b))
    assert np.array_equal(np.signbit(found), np.signbit(np.where(condition, a, b)))
