"""Cotangents through batch normalisation.

The derivative of ``xhat = (x - mean) r`` is symmetric, so

    c_x = gamma r (c - mean(c) - xhat mean(c xhat)),   c_gamma = sum c xhat,   c_beta = sum c,

and without the means where the statistics are given.
"""

from __future__ import annotations

from typing import Dict, List, Optional

import numpy as np

from ...array import Array
from ..tangent.dual import Dual
from ..tangent.node import Node
from ..tangent.normalizations import channels_of, lines_of, mean_over_lines, mean_product, standardized_lines
from .kept import Kept, Pull

__all__ = ["PULLS"]


def _batch_normalization(node: Node, kept: Kept, c: Array) -> List[Optional[Array]]:
    x = kept.inputs[0]
    axes = [axis % x.ndim for axis in node.arguments["axes"]]
    order = [axis for axis in range(x.ndim) if axis not in axes] + axes
    upper = lines_of(c.transpose(order), len(axes))
    channels = channels_of(node, [Dual(array) for array in kept.inputs[1:]], upper)
    xhat, r = standardized_lines(node, lines_of(x.transpose(order), len(axes)), channels)
    count = upper.shape[0] * upper.shape[1]
    mean_c, mean_c_xhat = mean_over_lines(upper), mean_product(upper, xhat)
    parameters = [count * mean_c] * (not node.arguments.get("no_bias"))
    parameters += [count * mean_c_xhat] * (not node.arguments.get("no_scale"))
    cotangents: List[Optional[Array]] = [None] * len(kept.inputs)
    for place, cotangent in enumerate(parameters, start=1):
        cotangents[place] = cotangent.reshape(kept.inputs[place].shape)
    if kept.wanted[0]:
        down = upper if not node.arguments["batch_stat"] else _uncoupled(upper, mean_c, xhat, mean_c_xhat)
        down = np.multiply(down, channels.gamma.value * r, out=node.buffers.like(down))
        cotangents[0] = down.reshape(x.transpose(order).shape).transpose(np.argsort(order))
    return cotangents


def _uncoupled(c: Array, mean_c: Array, xhat: Array, mean_c_xhat: Array) -> Array:
    """Return ``c - mean(c) - xhat mean(c xhat)``; xhat is used up."""
    xhat *= mean_c_xhat
    xhat += mean_c
    return np.subtract(c, xhat, out=xhat)


PULLS: Dict[str, Pull] = dict.fromkeys(("BatchNormalization", "SyncBatchNormalization"), _batch_normalization)
"""By NNabla's type of the function."""
