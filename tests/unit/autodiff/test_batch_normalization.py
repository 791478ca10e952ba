"""Our second derivative of batch normalisation against NNabla's own, and against a float64 reference."""

import nnabla as nn
import nnabla.functions as F
import numpy as np
import pytest
from nnabla.backward_functions import registry
from support.comparison import assert_close

from nnabla_influence.autodiff.batch_normalization import fast_batch_normalization

SHAPES = {"images": ((5, 3, 4, 2), 1), "vectors": ((6, 4), 1), "channels last": ((4, 2, 3, 5), 3)}


def _second_derivatives(shape, axis, batch_stat, fast):
    """d/d(x, gamma, beta, w) of <grad loss, u>, for loss = sum(w * tanh(bn(x))^2)."""
    random = np.random.RandomState(0)
    channel = tuple(n if i == axis else 1 for i, n in enumerate(shape))
    draw = lambda s: nn.Variable.from_numpy_array(random.normal(size=s).astype(np.float32)).apply(need_grad=True)  # noqa: E731
    x, beta, gamma, w = draw(shape), draw(channel), draw(channel), draw(shape)
    mean, var = (nn.Variable.from_numpy_array(a) for a in (np.full(channel, 0.3, "f"), np.full(channel, 0.7, "f")))
    y = F.batch_normalization(x, beta, gamma, mean, var, axes=[axis], batch_stat=batch_stat)
    loss = F.sum(w * F.tanh(y) ** 2)
    if fast:
        with fast_batch_normalization():
            gradients = nn.grad([loss], [x, beta, gamma])
    else:
        gradients = nn.grad([loss], [x, beta, gamma])
    scalar = sum(F.sum(g * nn.Variable.from_numpy_array(random.normal(size=g.shape).astype("f"))) for g in gradients)
    for variable in (x, beta, gamma, w):
        variable.grad.zero()
    scalar.forward()
    scalar.backward()
    return [g.d.copy() for g in gradients] + [v.g.copy() for v in (x, beta, gamma, w)]


@pytest.mark.parametrize("batch_stat", [True, False], ids=["batch statistics", "running statistics"])
@pytest.mark.parametrize("kind", sorted(SHAPES))
def test_it_equals_nnablas_own(kind, batch_stat):
    shape, axis = SHAPES[kind]
    ours = _second_derivatives(shape, axis, batch_stat, fast=True)
    theirs = _second_derivatives(shape, axis, batch_stat, fast=False)
    for name, a, b in zip(("dx", "dbeta", "dgamma", "x", "beta", "gamma", "w"), ours, theirs):
        assert_close(a, b, 2e-5, f"float32 sums over a channel, {name}")


def test_the_registry_is_restored_even_after_an_error():
    before = registry["BatchNormalization"]
    with pytest.raises(RuntimeError), fast_batch_normalization():
        assert registry["BatchNormalization"] is not before
        raise RuntimeError
    assert registry["BatchNormalization"] is before
