"""Cotangents through convolutions: ``x * c`` for the weights, and c spread over where it came from for the images."""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence

import numpy as np

from ...array import Array
from ..tangent.batch_normalizations import lines_of, sum_over_lines
from ..tangent.convolutions import as_grouped, as_nnabla_has_it, channels_last, geometry_of, grouped, taps_of
from ..tangent.correlations import DepthwiseCorrelation, Geometry
from ..tangent.dual import Dual, product
from ..tangent.matrix_products import multiply
from ..tangent.node import Node
from ..tangent.shapes import joined
from ..tangent.winograd_correlation import dense_correlation
from .kept import Kept, Pull

__all__ = ["PULLS"]


def _convolution(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    x, weight = kept.inputs[:2]
    images, upper = (channels_last(node, dual) for dual in (x, c))
    upper = upper.linear(np.ascontiguousarray)
    taps = taps_of(weight)  # (places, channels of a group, maps)
    geometry = geometry_of(node, images.value.shape[1:-1], weight.value.shape[2:])
    cotangents: List[Optional[Dual]] = [None] * len(kept.inputs)
    if kept.wanted[0]:
        down = _of_images(node, geometry, images.value.shape[-1], taps, upper)
        cotangents[0] = as_nnabla_has_it(node, down, x.value.shape)
    if kept.wanted[1]:
        cotangents[1] = _as_weights(_of_taps(node, geometry, images, taps, upper, kept.ends[1]), weight.value.shape)
    if len(kept.inputs) > 2:
        cotangents[2] = upper.linear(lambda a: sum_over_lines(lines_of(a, 1)))
    return cotangents


def _depthwise_convolution(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    groups = len(kept.inputs[1].value) // node.arguments["multiplier"]
    return _depthwise(_convolution, node._replace(arguments={**node.arguments, "group": groups}), kept, c)


def _depthwise(pull: Pull, grouped: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    """Go back through a layer in groups, whose weights lack the axis of a group's channels or maps."""
    inputs = [kept.inputs[0], kept.inputs[1][:, None], *kept.inputs[2:]]
    cotangents = pull(grouped, kept._replace(inputs=inputs), c)
    if cotangents[1] is not None:
        cotangents[1] = cotangents[1][:, 0]
    return cotangents


def _deconvolution(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    """Convolve: a deconvolution is a convolution's way back, so its own way back is that convolution."""
    x, weight = kept.inputs[:2]
    images, made = channels_last(node, c), channels_last(node, x).linear(np.ascontiguousarray)
    pad, stride, dilation = (tuple(node.arguments[name]) for name in ("pad", "stride", "dilation"))
    size, output = images.value.shape[1:-1], made.value.shape[1:-1]
    geometry = Geometry(size, weight.value.shape[2:], pad, stride, dilation, output)
    taps = taps_of(weight)
    cotangents: List[Optional[Dual]] = [None] * len(kept.inputs)
    if kept.wanted[0]:
        none = Dual(np.zeros(len(weight.value), weight.value.dtype))
        cotangents[0] = as_nnabla_has_it(node, grouped(node, geometry, images, taps, none), x.value.shape)
    if kept.wanted[1]:
        cotangents[1] = _as_weights(_of_taps(node, geometry, images, taps, made, kept.ends[1]), weight.value.shape)
    if len(kept.inputs) > 2:
        cotangents[2] = images.linear(lambda a: sum_over_lines(lines_of(a, 1)))
    return cotangents


def _as_weights(of_taps: Dual, shape: Sequence[int]) -> Dual:
    """Turn (places, channels of a group, maps) into weights (maps, channels of a group, ...)."""
    by_place = of_taps.reshape(*shape[2:], *of_taps.value.shape[1:])
    return by_place.transpose([len(shape) - 1, len(shape) - 2, *range(len(shape) - 2)])


def _of_taps(node: Node, geometry: Geometry, images: Dual, taps: Dual, upper: Dual, tangent_alone: bool) -> Dual:
    """Return the cotangent (places, channels of a group, maps) of the weights, see `product`."""
    groups = node.arguments["group"]
    _, channels, maps = taps.value.shape
    if channels == 1 and groups > 1:
        repeated = images.linear(lambda a: a.repeat(maps // groups, -1))
        return DepthwiseCorrelation(geometry, maps, maps, node.buffers).weight_cotangent(repeated, upper, tangent_alone)
    each = maps // groups
    correlation = dense_correlation(geometry, channels, each, node.buffers)
    parts = []
    for group in range(groups):
        read = images[..., group * channels : (group + 1) * channels]
        made = upper[..., group * each : (group + 1) * each].linear(np.ascontiguousarray)
        parts.append(correlation.weight_cotangent(read, made, tangent_alone))
    return joined(parts, -1)


def _of_images(node: Node, geometry: Geometry, channels: int, taps: Dual, upper: Dual) -> Dual:
    """Return the cotangent (B, ..., C) of the images."""
    groups = node.arguments["group"]
    maps = upper.value.shape[-1]
    if taps.value.shape[1] == 1 and groups > 1 and _turns(geometry):
        correlation = DepthwiseCorrelation(_turned(geometry), maps, maps, node.buffers)
        down = correlation.run(upper, taps[::-1], Dual(np.zeros(maps, upper.value.dtype)))
        return down.linear(lambda a: a.reshape(*a.shape[:-1], groups, -1).sum(axis=-1))
    each = maps // groups
    parts = []
    for group in range(groups):
        made = slice(group * each, (group + 1) * each)
        parts.append(_spread(node, geometry, taps[..., made], upper[..., made].linear(np.ascontiguousarray)))
    return parts[0] if groups == 1 else joined(parts, -1)


def _spread(node: Node, geometry: Geometry, taps: Dual, upper: Dual) -> Dual:
    """Return the cotangent of one group's images: for stride 1 a convolution with the weights turned round."""
    if not _turns(geometry):
        return product(lambda a, b: _added_up(node, geometry, a, b), taps, upper)
    turned = taps.linear(lambda a: np.ascontiguousarray(a[::-1].transpose(0, 2, 1)))
    _, maps, channels = turned.value.shape
    correlation = dense_correlation(_turned(geometry), maps, channels, node.buffers)
    return correlation.run(upper, turned, Dual(np.zeros(channels, upper.value.dtype)))


def _turns(geometry: Geometry) -> bool:
    """Return whether the way back is a convolution too."""
    return set(geometry.stride) == {1} and min(_turned(geometry).pad) >= 0


def _turned(geometry: Geometry) -> Geometry:
    """Return the shapes of the convolution from the outputs to the pixels, with the kernel turned round."""
    reach = [d * (k - 1) for d, k in zip(geometry.dilation, geometry.kernel)]
    pad = tuple(r - p for r, p in zip(reach, geometry.pad))
    return geometry._replace(size=geometry.output, pad=pad, output=geometry.size)


def _added_up(node: Node, geometry: Geometry, taps: Array, upper: Array) -> Array:
    channels = taps.shape[1]
    down = np.zeros((len(upper), *geometry.padded_size(), channels), upper.dtype)
    part = node.buffers.empty((upper.size // upper.shape[-1], channels), upper.dtype)
    for place, tap in zip(np.ndindex(*geometry.kernel), taps):
        multiply(upper.reshape(len(part), -1), np.ascontiguousarray(tap.T), part)
        axes = zip(np.multiply(place, geometry.dilation), geometry.output, geometry.stride)
        reached = tuple(slice(first, first + (o - 1) * step + 1, step) for first, o, step in axes)
        down[(slice(None),) + reached] += part.reshape(*upper.shape[:-1], channels)
    return down[(slice(None),) + tuple(slice(p, p + s) for p, s in zip(geometry.pad, geometry.size))]


PULLS: Dict[str, Pull] = {
    "Convolution": _convolution,
    "DepthwiseConvolution": _depthwise_convolution,
    "Deconvolution": _deconvolution,
    "DepthwiseDeconvolution": lambda node, kept, c: _depthwise(_deconvolution, as_grouped(node), kept, c),
}
"""By NNabla's type of the function."""
