"""Minimal filtering against the sum that defines a convolution; every geometry is in test_convolutions."""

import numpy as np
import pytest

from nnabla_influence.autodiff.tangent.buffers import Buffers
from nnabla_influence.autodiff.tangent.correlations import Geometry, PatchCorrelation
from nnabla_influence.autodiff.tangent.dual import Dual
from nnabla_influence.autodiff.tangent.winograd_correlation import WinogradCorrelation, dense_correlation

SAME = Geometry((8, 8), (3, 3), (1, 1), (1, 1), (1, 1), (8, 8))


def by_definition(x, weight):
    """The outputs of a convolution with 3x3 places, each as the sum over the pixels it reads."""
    padded = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
    y = np.zeros((*x.shape[:3], weight.shape[-1]))
    for line, column in np.ndindex(x.shape[1:3]):
        y[:, line, column] = padded[:, line : line + 3, column : column + 3].reshape(len(x), -1) @ weight
    return y


def drawn(channels, maps, precision):
    random = np.random.default_rng(0)
    x = random.standard_normal((3, 8, 8, channels)).astype(precision)
    return x, random.standard_normal((9, channels, maps)).astype(precision), random.standard_normal(maps)


@pytest.mark.parametrize("precision, error", [(np.float64, 1e-14), (np.float32, 2e-6)])
@pytest.mark.parametrize("channels, maps", [(1, 1), (16, 8), (128, 64)])
def test_it_is_the_convolution(channels, maps, precision, error):
    x, weight, bias = drawn(channels, maps, precision)
    way = WinogradCorrelation(SAME, channels, maps, Buffers())
    y = way.run(Dual(x), Dual(weight), Dual(bias.astype(precision))).value
    exact = by_definition(x.astype(float), weight.reshape(-1, maps).astype(float)) + bias
    assert np.abs(y - exact).max() <= error * np.abs(exact).max()


@pytest.mark.parametrize("precision, error", [(np.float64, 1e-14), (np.float32, 2e-6)])
def test_the_cotangent_of_the_weights_is_the_sum_over_all_outputs(precision, error):
    x, _, _ = drawn(16, 8, precision)
    upper = np.random.default_rng(1).standard_normal((3, 8, 8, 8)).astype(precision)
    found = WinogradCorrelation(SAME, 16, 8, Buffers()).weight_cotangent(Dual(x), Dual(upper)).value
    padded = np.pad(x.astype(float), [(0, 0), (1, 1), (1, 1), (0, 0)])
    exact = np.zeros((9, 16, 8))
    for place, (line, column) in enumerate(np.ndindex(3, 3)):
        exact[place] = np.einsum("bhwc,bhwm->cm", padded[:, line : line + 8, column : column + 8], upper)
    assert found.dtype == float
    assert np.abs(found - exact).max() <= error * np.abs(exact).max()


def test_what_numpy_buffers_is_as_before():
    before = np.getbufsize()
    x, weight, bias = drawn(16, 16, np.float32)
    WinogradCorrelation(SAME, 16, 16, Buffers()).run(Dual(x), Dual(weight), Dual(bias.astype(np.float32)))
    assert np.getbufsize() == before


@pytest.mark.parametrize("geometry", [
    SAME._replace(kernel=(3, 1)),
    SAME._replace(kernel=(5, 5)),
    SAME._replace(stride=(2, 1)),
    SAME._replace(dilation=(1, 2)),
    Geometry((8,), (3,), (1,), (1,), (1,), (8,)),
    Geometry((8, 8, 8), (3, 3, 3), (1, 1, 1), (1, 1, 1), (1, 1, 1), (8, 8, 8)),
])  # fmt: skip
def test_other_convolutions_take_patches(geometry):
    assert isinstance(dense_correlation(geometry, 64, 64, Buffers()), PatchCorrelation)


@pytest.mark.parametrize("size, channels, maps, way", [
    (8, 64, 64, WinogradCorrelation),
    (8, 3, 64, PatchCorrelation),  # too few channels for so many additions
    (8, 16, 16, WinogradCorrelation),
    (5, 16, 16, PatchCorrelation),  # nine tiles have 36 outputs, of which 25 are asked for
])  # fmt: skip
def test_the_way_with_less_work(size, channels, maps, way):
    geometry = SAME._replace(size=(size, size), output=(size, size))
    assert isinstance(dense_correlation(geometry, channels, maps, Buffers()), way)
