"""Batch normalisation, in lines of an image: (lines, values of a line, channels).

With ``xhat = (x - mean) r``, ``r = (var + eps)^-1/2`` and means over the n values of a channel,

    dxhat = r (dx - mean(dx) - xhat mean(dx xhat)),

so where the mean is that of a batch, every sample's tangent depends on all samples', as it should. With running
statistics mean and r are constants, and ``dxhat = r dx``. Sums are float32 within a line of an image and float64 across
lines: single float32 sums over a batch of images cost 7e-3 of the scores' accuracy.
"""

from __future__ import annotations

import math
from typing import Dict, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from ...array import Array
from .activations import rectified
from .buffers import Buffers
from .dual import Dual
from .node import Node, Rule

__all__ = [
    "RULES",
    "Channels",
    "channels_of",
    "lines_of",
    "mean_over_lines",
    "mean_product",
    "places_of_parameters",
    "standardized_lines",
    "sum_over_lines",
]


class Channels(NamedTuple):
    """What a normalisation by channels knows of them, each (C,).

    Args:
        beta: Added in the end.
        gamma: Multiplied with.
        mean: The running mean.
        variance: The running variance.
    """

    beta: Dual
    gamma: Dual
    mean: Array
    variance: Array


def places_of_parameters(node: Node) -> Dict[str, int]:
    """Return which of a normalisation's inputs are its beta and gamma, of those that it has."""
    missing = {"beta": "no_bias", "gamma": "no_scale"}
    names = [name for name, flag in missing.items() if not node.arguments.get(flag)]
    return {name: place for place, name in enumerate(names, start=1)}


def _batch_normalization(node: Node, *inputs: Dual) -> Dual:
    """Normalise every channel, by the batch's statistics or by given ones."""
    x = inputs[0]
    axes = [axis % x.value.ndim for axis in node.arguments["axes"]]
    order = [axis for axis in range(x.value.ndim) if axis not in axes] + axes
    images = x.transpose(order)
    lines = images.linear(lambda a: lines_of(a, len(axes)))
    y = _normalized(node, lines, channels_of(node, inputs, lines.value))
    return y.reshape(*images.value.shape).transpose(np.argsort(order).tolist())


def channels_of(node: Node, inputs: Sequence[Dual], lines: Array) -> Channels:
    """Return the parameters of a normalisation of lines (lines, values of a line, channels), from all its inputs."""
    places = places_of_parameters(node)
    none = Dual(np.zeros(lines.shape[-1], lines.dtype))
    given = {name: inputs[place].reshape(-1) for name, place in places.items()}
    mean, variance = (statistic.value.reshape(-1) for statistic in inputs[1 + len(places) : 3 + len(places)])
    return Channels(given.get("beta", none), given.get("gamma", none + 1.0), mean, variance)


def lines_of(a: Array, channel_axes: int) -> Array:
    """Return (lines, values of a line, channels), contiguous."""
    inner = a.shape[: a.ndim - channel_axes]
    line = inner[-1] if len(inner) > 1 else 1
    return np.ascontiguousarray(a).reshape(-1, line, math.prod(a.shape[len(inner) :]))


def mean_over_lines(a: Array) -> Array:
    """Compute every channel's mean (C,)."""
    mean: Array = (sum_over_lines(a) / (a.shape[0] * a.shape[1])).astype(a.dtype)
    return mean


def sum_over_lines(a: Array) -> Array:
    """Compute every channel's sum (C,), float64; within a line in the precision of (lines, values of a line, C)."""
    # NumPy's own sum over an axis in the middle takes 3 to 12 times as long.
    in_a_line = np.ones(a.shape[1], a.dtype) @ a
    total: Array = in_a_line.sum(axis=0, dtype=np.float64)
    return total


def mean_product(a: Array, b: Array) -> Array:
    """Compute every channel's mean of products (C,)."""
    total = np.einsum("lnc,lnc->lc", a, b).sum(axis=0, dtype=np.float64)
    mean: Array = (total / (a.shape[0] * a.shape[1])).astype(a.dtype)
    return mean


def _normalized(node: Node, x: Dual, channels: Channels) -> Dual:
    xhat, r = standardized_lines(node, x.value, channels)
    y = np.multiply(xhat, channels.gamma.value, out=node.buffers.like(x.value))
    y += channels.beta.value
    return Dual(y, _moved(node.buffers, x, xhat, channels, r, node.arguments["batch_stat"]))


def standardized_lines(node: Node, x: Array, channels: Channels) -> Tuple[Array, Array]:
    """Return xhat, of the shape of x, and r (C,)."""
    by_batch = node.arguments["batch_stat"]
    mean = mean_over_lines(x) if by_batch else channels.mean
    xhat = np.subtract(x, mean, out=node.buffers.like(x))
    variance = mean_product(xhat, xhat) if by_batch else channels.variance
    r = 1.0 / np.sqrt(variance + x.dtype.type(node.arguments["eps"]))
    xhat *= r
    return xhat, r


def _moved(buffers: Buffers, x: Dual, xhat: Array, channels: Channels, r: Array, by_batch: bool) -> Optional[Array]:
    """Return ``gamma dxhat + xhat dgamma + dbeta``, collected by what is multiplied; xhat is used up."""
    beta, gamma = channels.beta, channels.gamma
    if x.tangent is None and beta.tangent is None and gamma.tangent is None:
        return None
    of_xhat = np.zeros_like(r) if gamma.tangent is None else gamma.tangent
    of_one = np.zeros_like(r) if beta.tangent is None else beta.tangent
    of_dx = gamma.value * r
    if x.tangent is not None and by_batch:
        of_xhat = of_xhat - of_dx * mean_product(x.tangent, xhat)
        of_one = of_one - of_dx * mean_over_lines(x.tangent)
    xhat *= of_xhat
    xhat += of_one
    if x.tangent is not None:
        xhat += np.multiply(x.tangent, of_dx, out=x.tangent if x.spare else buffers.like(x.tangent))
    return xhat


def _fused_batch_normalization(node: Node, *inputs: Dual) -> Dual:
    """Normalise, add another input if there is one, and rectify."""
    own = 3 + len(places_of_parameters(node))
    y = _batch_normalization(node, *inputs[:own])
    for other in inputs[own:]:
        y = y + other
    return rectified(y) if node.arguments["nonlinearity"] == "relu" else y


RULES: Dict[str, Rule] = {
    "BatchNormalization": _batch_normalization,
    "SyncBatchNormalization": _batch_normalization,
    "FusedBatchNormalization": _fused_batch_normalization,
}
"""By NNabla's type of the function."""
