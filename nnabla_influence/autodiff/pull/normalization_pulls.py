"""Cotangents through normalisations.

The derivative of ``xhat = (x - mean) r`` is symmetric, so

    c_x = gamma r (c - mean(c) - xhat mean(c xhat)),   c_gamma = sum c xhat,   c_beta = sum c,

and without the means where the statistics are given. Where the way back moves, each of these moves by the product rule,
with ``dr = -r^2 mean(dx xhat)`` and dxhat as in `tangent.batch_normalizations`.
"""

from __future__ import annotations

from functools import partial
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np

from ...array import Array
from ..tangent.batch_normalizations import (
    Channels,
    channels_of,
    lines_of,
    mean_over_lines,
    mean_product,
    places_of_parameters,
    standardized_lines,
)
from ..tangent.buffers import Buffers
from ..tangent.dual import Dual, product
from ..tangent.node import Node
from ..tangent.normalizations import grouped_shape, others, standardized
from .elementwise_pulls import reduced
from .kept import Kept, Pull

__all__ = ["PULLS"]


def _batch_normalization(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    x = kept.inputs[0]
    ndim = x.value.ndim
    axes = [axis % ndim for axis in node.arguments["axes"]]
    order = [axis for axis in range(ndim) if axis not in axes] + axes
    upper, lines = (dual.transpose(order).linear(lambda a: lines_of(a, len(axes))) for dual in (c, x))
    channels = channels_of(node, kept.inputs, upper.value)
    xhat, r = _standardized(node, lines, channels)
    count = upper.value.shape[0] * upper.value.shape[1]
    mean_c, mean_c_xhat = upper.linear(mean_over_lines), product(mean_product, upper, xhat)
    means = {"beta": mean_c, "gamma": mean_c_xhat}
    cotangents: List[Optional[Dual]] = [None] * len(kept.inputs)
    for name, place in places_of_parameters(node).items():
        cotangents[place] = (means[name] * count).reshape(*kept.inputs[place].value.shape)
    if kept.wanted[0]:
        uncoupled = (
            _uncoupled(node.buffers, upper, mean_c, xhat, mean_c_xhat) if node.arguments["batch_stat"] else upper
        )
        down = product(partial(_multiplied, node.buffers), uncoupled, channels.gamma * r)
        shape = x.transpose(order).value.shape
        cotangents[0] = down.reshape(*shape).transpose(np.argsort(order).tolist())
    return cotangents


def _standardized(node: Node, x: Dual, channels: Channels) -> Tuple[Dual, Dual]:
    """Return xhat, of the shape of x, and r (C,)."""
    xhat, r = standardized_lines(node, x.value, channels)
    if x.tangent is None:
        return Dual(xhat), Dual(r)
    moved = _multiplied(node.buffers, x.tangent, r)
    if not node.arguments["batch_stat"]:
        return Dual(xhat, moved), Dual(r)
    moving_together = r * mean_product(x.tangent, xhat)
    moved -= r * mean_over_lines(x.tangent)
    moved -= _multiplied(node.buffers, xhat, moving_together)
    return Dual(xhat, moved), Dual(r, -r * moving_together)


def _uncoupled(buffers: Buffers, c: Dual, mean_c: Dual, xhat: Dual, mean_c_xhat: Dual) -> Dual:
    """Return ``c - mean(c) - xhat mean(c xhat)``."""
    coupled = product(partial(_multiplied, buffers), xhat, mean_c_xhat)
    coupled.value += mean_c.value
    if coupled.tangent is not None and mean_c.tangent is not None:
        coupled.tangent += mean_c.tangent
    np.subtract(c.value, coupled.value, out=coupled.value)
    if coupled.tangent is not None:  # else c has none either
        np.subtract(0.0 if c.tangent is None else c.tangent, coupled.tangent, out=coupled.tangent)
    return coupled


def _multiplied(buffers: Buffers, lines: Array, of_channels: Array) -> Array:
    """Multiply every channel of (lines, values of a line, C) by its number (C,)."""
    return np.multiply(lines, of_channels, out=buffers.like(lines))


def _of_standardized(x: Dual, axes: Sequence[int], eps: float, c: Dual) -> Tuple[Dual, Dual]:
    """Return xhat, standardised over axes, and the cotangent of x for that of xhat."""
    xhat, r = standardized(x, axes, eps)
    return xhat, r * (c - c.mean(axes) - xhat * (c * xhat).mean(axes))


def _scaled(node: Node, kept: Kept, c: Dual, axes: Sequence[int], shape: Sequence[int]) -> List[Optional[Dual]]:
    """Return the cotangents of ``gamma xhat + beta``, x standardised over axes after a reshape."""
    x = kept.inputs[0]
    places = places_of_parameters(node)
    upper = c * kept.inputs[places["gamma"]] if "gamma" in places else c
    xhat, down = _of_standardized(x.reshape(*shape), axes, node.arguments["eps"], upper.reshape(*shape))
    cotangents: List[Optional[Dual]] = [down.reshape(*x.value.shape), *[None] * (len(kept.inputs) - 1)]
    for name, place in places.items():
        product_with = c if name == "beta" else c * xhat.reshape(*x.value.shape)
        cotangents[place] = product_with.linear(partial(reduced, shape=kept.inputs[place].value.shape))
    return cotangents


def _layer_normalization(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    shape = kept.inputs[0].value.shape
    return _scaled(node, kept, c, others(len(shape), node.arguments["batch_axis"]), shape)


def _instance_normalization(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    shape = kept.inputs[0].value.shape
    kept_axes = [*node.arguments["batch_axis"], node.arguments["channel_axis"]]
    return _scaled(node, kept, c, others(len(shape), kept_axes), shape)


def _group_normalization(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    shape, kept_axes = grouped_shape(node, kept.inputs[0].value.shape)
    return _scaled(node, kept, c, others(len(shape), kept_axes), shape)


def _weight_normalization(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    """Return the cotangents of ``g w / |w|``: that of the direction is at right angles to it."""
    weight, length = kept.inputs
    axes = others(weight.value.ndim, [node.arguments["dim"] % weight.value.ndim])
    r = ((weight * weight).sum(axes) + float(node.arguments["eps"])).power(-0.5)
    along = (c * weight).sum(axes) * r
    g = length.reshape(*r.value.shape)
    of_weight = g * r * (c - weight * (along * r))
    return [of_weight, along.reshape(*length.value.shape)]


def _weight_standardization(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    (weight,) = kept.inputs
    axes = others(weight.value.ndim, [int(node.arguments["channel_axis"])])
    return [_of_standardized(weight, axes, node.arguments["eps"], c)[1]]


PULLS: Dict[str, Pull] = {
    **dict.fromkeys(("BatchNormalization", "SyncBatchNormalization"), _batch_normalization),
    "LayerNormalization": _layer_normalization,
    "InstanceNormalization": _instance_normalization,
    "GroupNormalization": _group_normalization,
    "WeightNormalization": _weight_normalization,
    "WeightStandardization": _weight_standardization,
    "MeanSubtraction": lambda node, kept, c: [c, None, None],
}
"""By NNabla's type of the function."""
