"""Convolutions and deconvolutions of any stride, dilation, group, kernel, padding and number of axes."""

from __future__ import annotations

import math
from typing import Dict, List, Optional, Sequence

import numpy as np

from ...array import Array
from .correlations import DepthwiseCorrelation, Geometry
from .dual import Dual
from .matrix_products import bilinear
from .node import Node, Rule
from .shapes import joined
from .winograd_correlation import dense_correlation

__all__ = ["RULES", "as_grouped", "as_nnabla_has_it", "channels_last", "geometry_of", "grouped", "taps_of"]


def _convolution(node: Node, x: Dual, weight: Dual, bias: Optional[Dual] = None) -> Dual:
    """Convolve each group of channels with its weights (maps, channels of a group, ...)."""
    images = channels_last(node, x)
    filled = Dual(np.zeros(len(weight.value), weight.value.dtype)) if bias is None else bias
    geometry = geometry_of(node, images.value.shape[1:-1], weight.value.shape[2:])
    y = grouped(node, geometry, images, taps_of(weight), filled)
    return as_nnabla_has_it(node, y, node.output_shapes[0])


def _depthwise_convolution(node: Node, x: Dual, weight: Dual, bias: Optional[Dual] = None) -> Dual:
    """Convolve every channel with its own ``multiplier`` kernels (maps, ...)."""
    channels = len(weight.value) // node.arguments["multiplier"]
    grouped = node._replace(arguments={**node.arguments, "group": channels})
    return _convolution(grouped, x, weight.linear(lambda a: a[:, None]), bias)


def channels_last(node: Node, x: Dual) -> Dual:
    """Return images (B, ..., C), all axes before the base axis taken as the batch."""
    axis = node.arguments["base_axis"]
    shape = x.value.shape
    if axis != 1:
        x = x.reshape(math.prod(shape[:axis]), *shape[axis:])
    return x.transpose([0, *range(2, x.value.ndim), 1])


def as_nnabla_has_it(node: Node, images: Dual, shape: Sequence[int]) -> Dual:
    """Turn images (B, ..., C) into NNabla's order of axes and a shape of it."""
    images = images.transpose([0, images.value.ndim - 1, *range(1, images.value.ndim - 1)])
    return images if node.arguments["base_axis"] == 1 else images.reshape(*shape)


def taps_of(weight: Dual) -> Dual:
    """Return weights (maps, channels of a group, ...) as (places, channels of a group, maps)."""
    taps = weight.transpose([*range(2, weight.value.ndim), 1, 0])
    return taps.reshape(-1, *taps.value.shape[-2:])


def geometry_of(node: Node, size: Sequence[int], kernel: Sequence[int]) -> Geometry:
    """Return the shapes of a convolution of images of a size with a kernel."""
    pad, stride, dilation = (tuple(node.arguments[name]) for name in ("pad", "stride", "dilation"))
    output = node.output_shapes[0][-len(size) :]
    return Geometry(tuple(size), tuple(kernel), pad, stride, dilation, output)


def grouped(node: Node, geometry: Geometry, images: Dual, taps: Dual, bias: Dual) -> Dual:
    """Convolve (B, ..., C) with (places, channels of a group, maps) group by group."""
    groups = node.arguments["group"]
    _, channels, maps = taps.value.shape
    if channels == 1 and groups > 1:
        repeated = images if groups == maps else images.linear(lambda a: a.repeat(maps // groups, -1))
        return DepthwiseCorrelation(geometry, maps, maps, node.buffers).run(repeated, taps, bias)
    correlation = dense_correlation(geometry, channels, maps // groups, node.buffers)
    parts: List[Dual] = []
    for group in range(groups):
        read = slice(group * channels, (group + 1) * channels)
        made = slice(group * maps // groups, (group + 1) * maps // groups)
        weights = taps[..., made].linear(np.ascontiguousarray)
        parts.append(correlation.run(images[..., read], weights, bias[made]))
    return parts[0] if groups == 1 else joined(parts, -1)


def _deconvolution(node: Node, x: Dual, weight: Dual, bias: Optional[Dual] = None) -> Dual:
    """Spread every input over its places, with weights (C, maps of a group, ...), and add up."""
    images = channels_last(node, x)
    inputs = len(weight.value) // node.arguments["group"]
    groups = [slice(first, first + inputs) for first in range(0, len(weight.value), inputs)]
    y = joined([_spread(node, images[..., group], weight[group]) for group in groups], -1)
    return as_nnabla_has_it(node, y if bias is None else y + bias, node.output_shapes[0])


def _depthwise_deconvolution(node: Node, x: Dual, weight: Dual, bias: Optional[Dual] = None) -> Dual:
    """Deconvolve in groups of one output each, with weights (C, ...)."""
    return _deconvolution(as_grouped(node), x, weight[:, None], bias)


def as_grouped(node: Node) -> Node:
    """Return a depthwise deconvolution as a deconvolution in groups."""
    groups = node.input_shapes[1][0] // node.arguments["divisor"]
    more = {"group": groups, "output_padding": [0] * len(node.arguments["pad"])}
    return node._replace(arguments={"channel_last": False, **node.arguments, **more})


def _spread(node: Node, images: Dual, weight: Dual) -> Dual:
    """Return (B, ..., maps) of one group."""
    kernel = weight.value.shape[2:]
    batch, *size, channels = images.value.shape
    rows = images.linear(lambda a: np.ascontiguousarray(a).reshape(-1, channels))
    maps_last = weight.transpose([0, *range(2, weight.value.ndim), 1])
    matrix = maps_last.linear(lambda a: np.ascontiguousarray(a).reshape(channels, -1))
    products = bilinear(node.buffers, rows, matrix)  # (rows, places x maps)
    return products.linear(lambda a: _added_up(node, a.reshape(batch, *size, *kernel, -1)))


def _added_up(node: Node, products: Array) -> Array:
    """Add (B, *size, *kernel, maps) up where they overlap, and cut the padding off."""
    pad, stride, dilation, more = (node.arguments[name] for name in ("pad", "stride", "dilation", "output_padding"))
    axes = len(pad)
    size, kernel = products.shape[1 : 1 + axes], products.shape[1 + axes : 1 + 2 * axes]
    full = [(s - 1) * step + d * (k - 1) + 1 + m for s, step, d, k, m in zip(size, stride, dilation, kernel, more)]
    total = np.zeros((len(products), *full, products.shape[-1]), products.dtype)
    by_place = np.moveaxis(products, range(1 + axes, 1 + 2 * axes), range(axes))
    for place in np.ndindex(*kernel):
        starts = np.multiply(place, dilation)
        reached = [slice(b, b + (s - 1) * step + 1, step) for b, s, step in zip(starts, size, stride)]
        total[(slice(None),) + tuple(reached)] += by_place[place]
    return total[(slice(None),) + tuple(slice(p, f - p) for p, f in zip(pad, full))]


RULES: Dict[str, Rule] = {
    "Convolution": _convolution,
    "DepthwiseConvolution": _depthwise_convolution,
    "Deconvolution": _deconvolution,
    "DepthwiseDeconvolution": _depthwise_deconvolution,
}
"""By NNabla's type of the function."""
