"""Interpolation of images, smaller and larger, by every way to lay the pixels."""

import nnabla.functions as F
import pytest
from support.tangent_rules import assert_tangents, drawn

WAYS = {
    "plain": {},
    "corners": {"align_corners": True},
    "half pixels": {"half_pixel": True},
    "half pixels of the nearest": {"half_pixel": True, "half_pixel_for_nn": True},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mode", ["linear", "nearest"])
@pytest.mark.parametrize("size", [(7, 9), (3, 2), (1, 1), (4, 10)], ids=str)
def test_two_axes(mode, size, way):
    settings = {"align_corners": False, **WAYS[way]}
    assert_tangents(lambda x: F.interpolate(x, output_size=size, mode=mode, **settings), drawn(2, 3, 4, 5))


@pytest.mark.parametrize("mode", ["linear", "nearest"])
def test_other_axes(mode):
    assert_tangents(lambda x: F.interpolate(x, output_size=(7,), mode=mode), drawn(2, 3, 4))
    assert_tangents(lambda x: F.interpolate(x, output_size=(3, 4, 5), mode=mode), drawn(2, 3, 4, 3, 2))
