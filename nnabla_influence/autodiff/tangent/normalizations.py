"""Normalisations: values less their mean, over their standard deviation, along some axes.

With ``xhat = (x - mean) r``, ``r = (var + eps)^-1/2`` and means over the n values that share a mean,

    dxhat = r (dx - mean(dx) - xhat mean(dx xhat)),

so where the mean is that of a batch, every sample's tangent depends on all samples', as it should. With running
statistics mean and r are constants, and ``dxhat = r dx``. Sums are float32 within a line of an image and float64 across
lines: single float32 sums over a batch of images cost 7e-3 of the scores' accuracy.
"""

from __future__ import annotations

import math
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from ...array import Array
from ...errors import UnsupportedError
from .activations import rectified
from .buffers import Buffers
from .dual import Dual
from .node import Node, Rule

__all__ = [
    "RULES",
    "Channels",
    "channels_of",
    "grouped_shape",
    "lines_of",
    "mean_over_lines",
    "mean_product",
    "others",
    "standardized",
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


def _batch_normalization(node: Node, x: Dual, *parameters: Dual) -> Dual:
    """Normalise every channel, by the batch's statistics or by given ones."""
    axes = [axis % x.value.ndim for axis in node.arguments["axes"]]
    order = [axis for axis in range(x.value.ndim) if axis not in axes] + axes
    images = x.transpose(order)
    lines = images.linear(lambda a: lines_of(a, len(axes)))
    y = _normalized(node, lines, channels_of(node, parameters, lines.value))
    return y.reshape(*images.value.shape).transpose(np.argsort(order).tolist())


def channels_of(node: Node, parameters: Sequence[Dual], lines: Array) -> Channels:
    """Return the parameters of a normalisation of lines (lines, values of a line, channels)."""
    waiting = [parameter.reshape(-1) for parameter in parameters]
    none = np.zeros(lines.shape[-1], lines.dtype)
    beta = Dual(none) if node.arguments.get("no_bias") else waiting.pop(0)
    gamma = Dual(none + 1) if node.arguments.get("no_scale") else waiting.pop(0)
    return Channels(beta, gamma, waiting[0].value, waiting[1].value)


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


def _fused_batch_normalization(node: Node, x: Dual, *others: Dual) -> Dual:
    """Normalise, add another input if there is one, and rectify."""
    parameters = 4 - bool(node.arguments.get("no_bias")) - bool(node.arguments.get("no_scale"))
    y = _batch_normalization(node, x, *others[:parameters])
    for other in others[parameters:]:
        y = y + other
    return rectified(y) if node.arguments["nonlinearity"] == "relu" else y


def standardized(x: Dual, axes: Sequence[int], eps: float) -> Tuple[Dual, Dual]:
    """Return ``xhat = (x - mean) r`` and ``r = (variance + eps)^-1/2`` over axes."""
    centred = x - x.mean(axes)
    r = ((centred * centred).mean(axes) + eps).power(-0.5)
    return centred * r, r


def _scaled(node: Node, xhat: Dual, parameters: Sequence[Dual]) -> Dual:
    """Multiply by gamma and add beta, if the layer has them."""
    waiting = list(parameters)
    beta = None if node.arguments.get("no_bias") else waiting.pop(0)
    gamma = None if node.arguments.get("no_scale") else waiting.pop(0)
    if gamma is not None:
        xhat = xhat * gamma
    return xhat if beta is None else xhat + beta


def others(ndim: int, kept: Sequence[int]) -> List[int]:
    """Return the axes that are not kept."""
    return [axis for axis in range(ndim) if axis not in {k % ndim for k in kept}]


def _layer_normalization(node: Node, x: Dual, *parameters: Dual) -> Dual:
    axes = others(x.value.ndim, node.arguments["batch_axis"])
    return _scaled(node, standardized(x, axes, node.arguments["eps"])[0], parameters)


def _instance_normalization(node: Node, x: Dual, *parameters: Dual) -> Dual:
    axes = others(x.value.ndim, [*node.arguments["batch_axis"], node.arguments["channel_axis"]])
    return _scaled(node, standardized(x, axes, node.arguments["eps"])[0], parameters)


def _group_normalization(node: Node, x: Dual, *parameters: Dual) -> Dual:
    """Normalise the channels of a group together."""
    shape, kept = grouped_shape(node, x.value.shape)
    xhat, _ = standardized(x.reshape(*shape), others(len(shape), kept), node.arguments["eps"])
    return _scaled(node, xhat.reshape(*x.value.shape), parameters)


def grouped_shape(node: Node, shape: Sequence[int]) -> Tuple[List[int], List[int]]:
    """Return a shape with an axis of groups in front of that of a group's channels, and the axes not to sum over."""
    channel = node.arguments["channel_axis"] % len(shape)
    groups = node.arguments["num_groups"]
    parted = [*shape[:channel], groups, shape[channel] // groups, *shape[channel + 1 :]]
    batch = [axis % len(shape) for axis in node.arguments["batch_axis"]]
    return parted, [axis + (axis > channel) for axis in batch] + [channel]


def _weight_normalization(node: Node, weight: Dual, length: Dual) -> Dual:
    """Give every map's weights a length of its own: ``g w / |w|``."""
    ndim = weight.value.ndim
    kept = node.arguments["dim"] % ndim
    squares = (weight * weight).sum(others(ndim, [kept]))
    length = length.reshape(*(-1 if axis == kept else 1 for axis in range(ndim)))
    return weight * (squares + float(node.arguments["eps"])).power(-0.5) * length


def _weight_standardization(node: Node, weight: Dual) -> Dual:
    axes = others(weight.value.ndim, [int(node.arguments["channel_axis"])])
    return standardized(weight, axes, node.arguments["eps"])[0]


def _spectral_norm(node: Node, weight: Dual, start: Dual) -> Dual:
    """Divide by the largest singular value, ``u' W v`` by power iteration; u and v count as constants, as in NNabla."""
    ndim = weight.value.ndim
    kept = node.arguments["dim"] % ndim
    matrix = weight.transpose([kept, *others(ndim, [kept])]).reshape(weight.value.shape[kept], -1)
    u = start.value.reshape(-1)
    for _ in range(node.arguments["itr"]):
        v = _unit(u @ matrix.value, node.arguments["eps"])
        u = _unit(matrix.value @ v, node.arguments["eps"])
    largest = matrix.linear(lambda a: np.asarray(u @ a @ v))
    return weight / largest


def _unit(vector: Array, eps: float) -> Array:
    unit: Array = vector / np.sqrt((vector * vector).sum() + eps)
    return unit


def _norm_normalization(node: Node, x: Dual) -> Dual:
    """Divide by the p-norm over axes."""
    p = node.arguments["p"]
    powers = x.mapped(np.abs(x.value) ** p, lambda: p * np.sign(x.value) * np.abs(x.value) ** (p - 1.0))
    return x * (powers.sum(node.arguments["axes"]) + float(node.arguments["eps"])).power(-1.0 / p)


def _mean_subtraction(node: Node, x: Dual, mean: Dual, count: Dual) -> Dual:
    """Subtract the running mean, which scoring holds still.

    Raises:
        UnsupportedError: It is not held still.
    """
    if node.arguments["update_running_mean"]:
        raise UnsupportedError(f"The forward mode knows {node.kind} with its mean held still only.")
    return x - Dual(mean.value)


RULES: Dict[str, Rule] = {
    "BatchNormalization": _batch_normalization,
    "SyncBatchNormalization": _batch_normalization,
    "FusedBatchNormalization": _fused_batch_normalization,
    "LayerNormalization": _layer_normalization,
    "InstanceNormalization": _instance_normalization,
    "GroupNormalization": _group_normalization,
    "WeightNormalization": _weight_normalization,
    "WeightStandardization": _weight_standardization,
    "SpectralNorm": _spectral_norm,
    "NormNormalization": _norm_normalization,
    "MeanSubtraction": _mean_subtraction,
}
"""By NNabla's type of the function."""
