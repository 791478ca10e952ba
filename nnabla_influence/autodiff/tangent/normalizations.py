"""Normalisations of a sample or of weights: values less their mean, over their standard deviation, along some axes.

Written with dual numbers, whose tangents follow from those of sums and products. Batch normalisation, which couples
the samples, is in `batch_normalizations`.
"""

from __future__ import annotations

from typing import Dict, List, Sequence, Tuple

import numpy as np

from ...array import Array
from ...errors import UnsupportedError
from .batch_normalizations import places_of_parameters
from .dual import Dual
from .node import Node, Rule

__all__ = ["RULES", "grouped_shape", "others", "standardized"]


def standardized(x: Dual, axes: Sequence[int], eps: float) -> Tuple[Dual, Dual]:
    """Return ``xhat = (x - mean) r`` and ``r = (variance + eps)^-1/2`` over axes."""
    centred = x - x.mean(axes)
    r = ((centred * centred).mean(axes) + eps).power(-0.5)
    return centred * r, r


def _scaled(node: Node, xhat: Dual, inputs: Sequence[Dual]) -> Dual:
    """Multiply by gamma and add beta, if the layer has them."""
    places = places_of_parameters(node)
    if "gamma" in places:
        xhat = xhat * inputs[places["gamma"]]
    return xhat + inputs[places["beta"]] if "beta" in places else xhat


def others(ndim: int, kept: Sequence[int]) -> List[int]:
    """Return the axes that are not kept."""
    return [axis for axis in range(ndim) if axis not in {k % ndim for k in kept}]


def _layer_normalization(node: Node, *inputs: Dual) -> Dual:
    x = inputs[0]
    axes = others(x.value.ndim, node.arguments["batch_axis"])
    return _scaled(node, standardized(x, axes, node.arguments["eps"])[0], inputs)


def _instance_normalization(node: Node, *inputs: Dual) -> Dual:
    x = inputs[0]
    axes = others(x.value.ndim, [*node.arguments["batch_axis"], node.arguments["channel_axis"]])
    return _scaled(node, standardized(x, axes, node.arguments["eps"])[0], inputs)


def _group_normalization(node: Node, *inputs: Dual) -> Dual:
    """Normalise the channels of a group together."""
    x = inputs[0]
    shape, kept = grouped_shape(node, x.value.shape)
    xhat, _ = standardized(x.reshape(*shape), others(len(shape), kept), node.arguments["eps"])
    return _scaled(node, xhat.reshape(*x.value.shape), inputs)


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
