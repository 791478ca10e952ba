"""Running sums and products."""

import nnabla.functions as F
import pytest
from support.tangent_rules import assert_tangents, drawn


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("exclusive", [False, True])
@pytest.mark.parametrize("axis", [1, -1])
@pytest.mark.parametrize("function", [F.cumsum, F.cumprod])
def test_running(function, axis, exclusive, reverse):
    assert_tangents(lambda x: function(x, axis, exclusive, reverse), drawn(3, 4, 2, positive=True))
