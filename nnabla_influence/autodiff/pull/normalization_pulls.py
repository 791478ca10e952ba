"""Cotangents through batch normalisation.

The derivative of ``xhat = (x - mean) r`` is symmetric, so

    c_x = gamma r (c - mean(c) - xhat mean(c xhat)),   c_gamma = sum c xhat,   c_beta = sum c,

and without the means where the statistics are given. Where the way back moves, each of these moves by the product rule,
with ``dr = -r^2 mean(dx xhat)`` and dxhat as in `tangent.normalizations`.
"""

from __future__ import annotations

from functools import partial
from typing import Dict, List, Optional, Tuple

import numpy as np

from ...array import Array
from ..tangent.buffers import Buffers
from ..tangent.dual import Dual, product
from ..tangent.node import Node
from ..tangent.normalizations import (
    Channels,
    channels_of,
    lines_of,
    mean_over_lines,
    mean_product,
    standardized_lines,
)
from .kept import Kept, Pull

__all__ = ["PULLS"]


def _batch_normalization(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    x = kept.inputs[0]
    ndim = x.value.ndim
    axes = [axis % ndim for axis in node.arguments["axes"]]
    order = [axis for axis in range(ndim) if axis not in axes] + axes
    upper, lines = (dual.transpose(order).linear(lambda a: lines_of(a, len(axes))) for dual in (c, x))
    channels = channels_of(node, kept.inputs[1:], upper.value)
    xhat, r = _standardized(node, lines, channels)
    count = upper.value.shape[0] * upper.value.shape[1]
    mean_c, mean_c_xhat = upper.linear(mean_over_lines), product(mean_product, upper, xhat)
    parameters = [mean_c * count] * (not node.arguments.get("no_bias"))
    parameters += [mean_c_xhat * count] * (not node.arguments.get("no_scale"))
    cotangents: List[Optional[Dual]] = [None] * len(kept.inputs)
    for place, cotangent in enumerate(parameters, start=1):
        cotangents[place] = cotangent.reshape(*kept.inputs[place].value.shape)
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


PULLS: Dict[str, Pull] = dict.fromkeys(("BatchNormalization", "SyncBatchNormalization"), _batch_normalization)
"""By NNabla's type of the function."""
