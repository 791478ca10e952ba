"""Convolutions and deconvolutions of any stride, dilation, group, kernel, padding and number of axes."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Type

import numpy as np

from ...array import Array
from .correlations import Correlation, DepthwiseCorrelation, Geometry, PatchCorrelation, ShiftedCorrelation
from .dual import Dual
from .matrix_products import bilinear
from .node import Node, Rule
from .shapes import joined

__all__ = ["RULES"]

# Channels of a kernel's place below which a product for each place is not worth its call.
FEW = 8


def _convolution(node: Node, x: Dual, weight: Dual, bias: Optional[Dual] = None) -> Dual:
    """Convolve each group of channels with its weights (maps, channels of a group, ...)."""
    last = node.arguments.get("channel_last", False)
    images = _channels_last(node, x, last)
    axes = weight.value.ndim
    weight = weight.transpose([*range(1, axes), 0] if last else [*range(2, axes), 1, 0])  # (..., channels, maps)
    weight = weight.reshape(-1, *weight.value.shape[-2:]).linear(np.ascontiguousarray)
    y = _grouped(node, images, weight, _filled(bias, weight.value.shape[-1], weight.value.dtype))
    return _as_nnabla_has_it(node, y, last)


def _depthwise_convolution(node: Node, x: Dual, weight: Dual, bias: Optional[Dual] = None) -> Dual:
    """Convolve every channel with its own ``multiplier`` kernels (maps, ...)."""
    channels = weight.value.shape[0] // node.arguments["multiplier"]
    grouped = node._replace(arguments={**node.arguments, "group": channels})
    return _convolution(grouped, x, weight.linear(lambda a: a[:, None]), bias)


def _filled(bias: Optional[Dual], size: int, dtype: np.dtype[Any]) -> Dual:
    return Dual(np.zeros(size, dtype)) if bias is None else bias


def _channels_last(node: Node, x: Dual, last: bool) -> Dual:
    """Return images (B, ..., C), all axes before the base axis taken as the batch."""
    axis = node.arguments["base_axis"]
    shape = x.value.shape
    if axis != 1:
        x = x.reshape(int(np.prod(shape[:axis], dtype=np.int64)), *shape[axis:])
    return x if last else x.transpose([0, *range(2, x.value.ndim), 1])


def _as_nnabla_has_it(node: Node, y: Dual, last: bool) -> Dual:
    if not last:
        y = y.transpose([0, y.value.ndim - 1, *range(1, y.value.ndim - 1)])
    return y if node.arguments["base_axis"] == 1 else y.reshape(*node.output_shapes[0])


def _geometry(node: Node, size: Sequence[int], kernel: Sequence[int]) -> Geometry:
    pad, stride, dilation = (tuple(node.arguments[name]) for name in ("pad", "stride", "dilation"))
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel)]
    output = tuple((s + 2 * p - r) // step + 1 for s, p, r, step in zip(size, pad, reach, stride))
    return Geometry(tuple(size), tuple(kernel), pad, stride, dilation, output)


def _grouped(node: Node, images: Dual, weight: Dual, bias: Dual) -> Dual:
    """Convolve (B, ..., C) with (places, channels of a group, maps) group by group."""
    groups = node.arguments["group"]
    size = images.value.shape[1:-1]
    kernel = (
        node.input_shapes[1][-len(size) :] if not node.arguments.get("channel_last") else node.input_shapes[1][1:-1]
    )
    geometry = _geometry(node, size, kernel)
    places, channels, maps = weight.value.shape
    way = _way(geometry, channels, groups)
    if way is DepthwiseCorrelation:
        repeated = images if groups == maps else images.linear(lambda a: a.repeat(maps // groups, -1))
        return way(geometry, maps, maps, node.buffers).run(repeated, weight, bias)
    each = maps // groups
    correlation = way(geometry, channels, each, node.buffers)
    parts: List[Dual] = []
    for group in range(groups):
        mine = slice(group * each, (group + 1) * each)
        of_group = images if groups == 1 else images[..., group * channels : (group + 1) * channels]
        parts.append(correlation.run(of_group, weight[..., mine].linear(np.ascontiguousarray), bias[mine]))
    return parts[0] if groups == 1 else joined(parts, -1)


def _way(geometry: Geometry, channels: int, groups: int) -> Type[Correlation]:
    if channels == 1 and groups > 1:
        return DepthwiseCorrelation
    if channels < FEW or not ShiftedCorrelation.fits(geometry):
        return PatchCorrelation
    return ShiftedCorrelation


def _deconvolution(node: Node, x: Dual, weight: Dual, bias: Optional[Dual] = None) -> Dual:
    """Spread every input (B, C, ...) over its places, with weights (C, maps of a group, ...), and add up."""
    last = node.arguments["channel_last"]
    images = _channels_last(node, x, last)
    axes = weight.value.ndim
    if last:
        weight = weight.transpose([0, axes - 1, *range(1, axes - 1)])
    groups = node.arguments["group"]
    inputs = weight.value.shape[0] // groups
    parts = [
        _spread(node, images[..., g * inputs : (g + 1) * inputs], weight[g * inputs : (g + 1) * inputs])
        for g in range(groups)
    ]
    y = joined(parts, -1)
    return _as_nnabla_has_it(node, y if bias is None else y + bias, last)


def _spread(node: Node, images: Dual, weight: Dual) -> Dual:
    """Return (B, ..., maps) of one group."""
    kernel = weight.value.shape[2:]
    batch, *size, channels = images.value.shape
    rows = images.linear(lambda a: np.ascontiguousarray(a).reshape(-1, channels))
    matrix = weight.linear(lambda a: np.ascontiguousarray(a.transpose(0, *range(2, a.ndim), 1)).reshape(channels, -1))
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
}
"""By NNabla's type of the function."""
