"""Convolutions and deconvolutions of every geometry, whichever way they are computed."""

import nnabla.functions as F
import pytest
from support.tangent_rules import Fixed, assert_tangents, drawn

from nnabla_influence.autodiff.tangent import winograd_correlation
from nnabla_influence.autodiff.tangent.correlations import DepthwiseCorrelation, PatchCorrelation
from nnabla_influence.autodiff.tangent.winograd_correlation import WinogradCorrelation

# A sample's shape, that of the weights, and NNabla's settings.
CONVOLUTIONS = {
    "3x3": ((3, 6, 5), (4, 3, 3, 3), {"pad": (1, 1)}),
    "valid": ((3, 6, 5), (4, 3, 3, 2), {}),
    "1x1": ((3, 6, 5), (4, 3, 1, 1), {}),
    "5x3, less padding": ((3, 7, 6), (4, 3, 5, 3), {"pad": (1, 0)}),
    "full padding": ((3, 5, 4), (4, 3, 3, 3), {"pad": (2, 2)}),
    "more padding than the kernel reaches": ((3, 5, 4), (4, 3, 2, 2), {"pad": (3, 2)}),
    "3x3, more padding than the kernel reaches": ((3, 5, 4), (4, 3, 3, 3), {"pad": (3, 4)}),
    "3x3, valid": ((3, 5, 8), (2, 3, 3, 3), {}),
    "3x3, one output": ((3, 3, 3), (2, 3, 3, 3), {}),
    "3x3, many channels": ((32, 6, 5), (33, 32, 3, 3), {"pad": (1, 1)}),
    "strided": ((3, 8, 7), (4, 3, 3, 2), {"stride": (2, 3), "pad": (1, 0)}),
    "dilated": ((3, 8, 9), (4, 3, 3, 2), {"dilation": (2, 3), "pad": (2, 1)}),
    "all of it, grouped": ((4, 9, 8), (6, 2, 3, 3), {"group": 2, "stride": (2, 2), "dilation": (2, 1), "pad": (2, 1)}),
    "grouped": ((4, 5, 5), (6, 2, 3, 3), {"group": 2, "pad": (1, 1)}),
    "a group for each channel": ((3, 6, 5), (3, 1, 3, 3), {"group": 3, "pad": (1, 1)}),
    "two maps for each channel": ((3, 6, 5), (6, 1, 3, 3), {"group": 3, "pad": (1, 1), "stride": (2, 1)}),
    "one axis": ((3, 9), (4, 3, 3), {"stride": (2,), "pad": (1,)}),
    "one axis, stride 1": ((3, 9), (4, 3, 3), {"pad": (1,)}),
    "three axes": ((2, 4, 3, 5), (3, 2, 2, 3, 3), {"pad": (1, 1, 1)}),
    "three axes, strided": ((2, 4, 3, 5), (3, 2, 2, 3, 3), {"pad": (1, 1, 1), "stride": (2, 1, 2)}),
    "one channel": ((1, 6, 5), (4, 1, 3, 3), {"pad": (1, 1)}),
}


@pytest.fixture(params=[None, 1, 500, 1500], ids=["usual blocks", "a line at a time", "some lines", "some samples"])
def blocks(request, monkeypatch):
    for way in (PatchCorrelation, WinogradCorrelation, DepthwiseCorrelation):
        if request.param:
            monkeypatch.setattr(way, "BLOCK", request.param)


@pytest.fixture(params=[winograd_correlation.ADDITIONS, -100.0], ids=["the quickest way", "Winograd's where it can be"])
def ways(request, monkeypatch):
    monkeypatch.setattr(winograd_correlation, "ADDITIONS", request.param)


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolution(name, blocks, ways):
    shape, weight, settings = CONVOLUTIONS[name]
    x, w, b = drawn(5, *shape), drawn(*weight, seed=1), drawn(weight[0], seed=2)
    assert_tangents(lambda *inputs: F.convolution(*inputs, **settings), x, w, b)


@pytest.mark.parametrize("name", ["3x3", "strided", "a group for each channel"])
def test_what_does_not_move_has_no_tangent(name, ways):
    shape, weight, settings = CONVOLUTIONS[name]
    x, w, b = drawn(5, *shape), drawn(*weight, seed=1), drawn(weight[0], seed=2)
    assert_tangents(lambda *inputs: F.convolution(*inputs, **settings), Fixed(x), w)
    assert_tangents(lambda *inputs: F.convolution(*inputs, **settings), Fixed(x), Fixed(w), b)
    assert_tangents(lambda *inputs: F.convolution(*inputs, **settings), x, Fixed(w))


def test_a_batch_of_two_axes(ways):
    x, w, b = drawn(2, 3, 3, 6, 5), drawn(4, 3, 3, 3, seed=1), drawn(4, seed=2)
    assert_tangents(lambda *inputs: F.convolution(*inputs, base_axis=2, pad=(1, 1)), x, w, b)


@pytest.mark.parametrize("shape, weight, settings", [
    ((3, 6, 5), (6, 3, 3), {"multiplier": 2, "pad": (1, 1)}),
    ((3, 6, 5), (3, 2, 3), {"stride": (2, 1), "dilation": (1, 2)}),
    ((3, 9), (6, 3), {"multiplier": 2, "stride": (2,)}),
])  # fmt: skip
def test_depthwise_convolution(shape, weight, settings):
    x, w, b = drawn(5, *shape), drawn(*weight, seed=1), drawn(weight[0], seed=2)
    assert_tangents(lambda *inputs: F.depthwise_convolution(*inputs, **settings), x, w, b)
    assert_tangents(lambda *inputs: F.depthwise_convolution(*inputs, **settings), x, w)


@pytest.mark.parametrize("shape, weight, settings", [
    ((3, 4, 5), (3, 2, 2, 2), {"stride": (2, 2)}),
    ((3, 4, 5), (3, 2, 3, 3), {"pad": (1, 1)}),
    ((3, 4, 5), (3, 2, 3, 2), {"stride": (2, 3), "dilation": (2, 1), "pad": (1, 0), "output_padding": (1, 2)}),
    ((4, 4, 5), (4, 3, 3, 3), {"group": 2, "stride": (2, 1)}),
    ((3, 7), (3, 2, 3), {"stride": (2,)}),
    ((2, 3, 2, 4), (2, 3, 2, 2, 2), {"stride": (1, 2, 2)}),
])  # fmt: skip
def test_deconvolution(shape, weight, settings):
    maps = weight[1] * settings.get("group", 1)
    x, w, b = drawn(5, *shape), drawn(*weight, seed=1), drawn(maps, seed=2)
    assert_tangents(lambda *inputs: F.deconvolution(*inputs, **settings), x, w, b)
    assert_tangents(lambda *inputs: F.deconvolution(*inputs, **settings), x, w)


@pytest.mark.parametrize("divisor", [1, 2])
@pytest.mark.parametrize("settings", [{}, {"pad": (1, 0), "stride": (2, 1)}, {"dilation": (1, 2)}], ids=str)
def test_depthwise_deconvolution(settings, divisor):
    x, w, b = drawn(3, 4, 5, 6), drawn(4, 3, 2, seed=1), drawn(4 // divisor, seed=2)
    assert_tangents(lambda *inputs: F.depthwise_deconvolution(*inputs, divisor=divisor, **settings), x, w, b)


def test_depthwise_deconvolution_of_one_axis_without_bias():
    assert_tangents(lambda x, w: F.depthwise_deconvolution(x, w, pad=(1,)), drawn(3, 4, 6), drawn(4, 3, seed=1))
