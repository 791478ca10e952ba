"""The squared norm of each sample's own gradient in one layer, from what went in and what came back.

After one backward pass of ``sum_i l_i`` a layer knows its input x and the gradient d of its output, both (B, ...), and
row i of them belongs to sample i alone. The gradient of sample i in the layer's parameters is a product of the two,
whose norm is at hand before the samples are summed (Goodfellow, *Efficient per-example gradient computations*, 2015,
for affine layers):

===================  ======================================  ===========================================
layer                gradient of sample i, positions t       its squared norm
===================  ======================================  ===========================================
affine               ``sum_t x_it d_it'``                    ``sum_st (x_is . x_it) (d_is . d_it)``
convolution          ``sum_t patch_t(x_i) d_it'``            the entries squared and summed
embedding            ``sum_t d_it`` in the row t looks up    ``sum_st [same row] (d_is . d_it)``
frozen batch norm    ``sum_t xhat_it d_it`` (gamma)          the entries squared and summed
any bias, beta       ``sum_t d_it``                          the entries squared and summed
===================  ======================================  ===========================================

With a single position the first is ``|x_i|^2 |d_i|^2``. The matrix of a convolution comes from a convolution: d are the
kernels that run over the channels of x, every sample and group a group of its own, stride and dilation exchanged.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, NamedTuple, Sequence

import nnabla as nn
import nnabla.functions as F
import numpy as np

__all__ = ["Layer", "squared_norms"]

LARGEST = 1 << 24
"""Numbers of a layer's sample gradients that are held at once: 64 MB."""


class Layer(NamedTuple):
    """A layer with parameters, after a backward pass.

    Args:
        kind: NNabla's name of the function.
        arguments: Its settings by NNabla's names.
        x: Its input (B, ...).
        d: The gradient of its output (B, ...), row i that of sample i's loss.
        parameters: Its parameters, as the function reads them behind x.
        trains: Which of them are differentiated.

    >>> x, d = (nn.Variable.from_numpy_array(np.array(rows, np.float32)) for rows in ([[3, 4], [0, 1]], [[2], [1]]))
    >>> norms = squared_norms(Layer("Affine", {"base_axis": 1}, x, d, [nn.Variable((2, 1))], [True]))
    >>> norms.forward()
    >>> norms.d.tolist()  # |x|^2 |d|^2
    [100.0, 1.0]
    """

    kind: str
    arguments: Dict[str, Any]
    x: nn.Variable
    d: nn.Variable
    parameters: List[nn.Variable]
    trains: List[bool]

    @property
    def known(self) -> bool:
        """Whether there is a formula for it."""
        frozen = not self.arguments.get("batch_stat", False) and len(self.arguments.get("axes", [1])) == 1
        usual = frozen and not self.arguments.get("channel_last", False)
        scaled = not self.arguments.get("no_scale", False) and not self.arguments.get("no_bias", False)
        same = self.x.ndim > 0 and self.d.ndim > 0 and self.x.shape[0] == self.d.shape[0]
        inner = self.arguments.get("base_axis", 1) == 1 or self.kind == "Affine"
        return self.kind in FORMULAS and usual and scaled and same and inner


def squared_norms(layer: Layer) -> nn.Variable:
    """Return the squared norms (B,) of the samples' gradients in the layer's parameters."""
    formulas = FORMULAS[layer.kind]
    terms = [formula(layer) for formula, trains in zip(formulas, layer.trains) if trains]
    return terms[0] if len(terms) == 1 else F.add_n(*terms)


def _affine_weights(layer: Layer) -> nn.Variable:
    axis = layer.arguments["base_axis"]
    samples = layer.x.shape[0]
    positions = int(np.prod(layer.x.shape[1:axis]))
    x = F.reshape(layer.x, (samples, positions, -1))
    d = F.reshape(layer.d, (samples, positions, -1))
    if positions**2 <= x.shape[2] * d.shape[2]:
        return _per_sample(_products(x, x) * _products(d, d))
    return _squared(F.batch_matmul(x, d, transpose_a=True))


def _kernels(layer: Layer) -> nn.Variable:
    """Return the norms of kernel gradients, for as many samples at a time as fit."""
    samples = layer.x.shape[0]
    at_once = max(1, LARGEST // layer.parameters[0].size)
    parts = [_kernels_of(layer, first, min(first + at_once, samples)) for first in range(0, samples, at_once)]
    return parts[0] if len(parts) == 1 else F.concatenate(*parts, axis=0)


def _kernels_of(layer: Layer, first: int, last: int) -> nn.Variable:
    arguments = layer.arguments
    kernel = layer.parameters[0].shape[2:]
    groups = (last - first) * arguments["group"]
    x = _rows(layer.x, first, last)
    x = F.reshape(x, (groups, layer.x.shape[1] // arguments["group"], *layer.x.shape[2:]))
    x = F.transpose(x, (1, 0, *range(2, x.ndim)))  # (channels of a group, groups, ...)
    d = _rows(layer.d, first, last)
    d = F.reshape(d, (d.shape[0] * d.shape[1], 1, *d.shape[2:]))
    swapped = {"pad": arguments["pad"], "stride": arguments["dilation"], "dilation": arguments["stride"]}
    products = F.convolution(x, d, None, group=groups, **swapped)  # (channels, samples * maps, kernel, maybe more)
    # A stride that does not divide the width leaves columns the kernel never met.
    products = F.slice(
        products, start=(0,) * products.ndim, stop=(*products.shape[:2], *kernel), step=(1,) * products.ndim
    )
    products = F.transpose(F.reshape(products, (products.shape[0], last - first, -1)), (1, 0, 2))
    return _squared(products)


def _lookups(layer: Layer) -> nn.Variable:
    samples = layer.x.shape[0]
    rows = F.reshape(layer.x, (samples, -1, 1))
    d = F.reshape(layer.d, (samples, rows.shape[1], -1))
    same = F.equal(F.broadcast(rows, (*rows.shape[:2], rows.shape[1])), F.transpose(
        F.broadcast(rows, (*rows.shape[:2], rows.shape[1])), (0, 2, 1)))  # fmt: skip
    return _per_sample(same * _products(d, d))


def _biases(layer: Layer) -> nn.Variable:
    """Return the norms of ``sum_t d_it``: of an affine layer over its inner axes, else over all but the channels."""
    return _squared(_sums(layer, layer.d))


def _scales(layer: Layer) -> nn.Variable:
    mean, variance = layer.parameters[2:4]
    normalized = (layer.x - mean) * (variance + layer.arguments["eps"]) ** -0.5
    return _squared(_sums(layer, layer.d * normalized))


def _sums(layer: Layer, values: nn.Variable) -> nn.Variable:
    """Sum (B, ...) over the positions t."""
    if layer.kind == "Affine":
        over: Sequence[int] = range(1, layer.arguments["base_axis"])
    else:
        channels = layer.arguments.get("axes", [1])[0]
        over = [axis for axis in range(1, values.ndim) if axis != channels]
    return F.sum(values, axis=list(over)) if len(over) else values


def _products(a: nn.Variable, b: nn.Variable) -> nn.Variable:
    """Return the inner products (B, T, T) of the rows of (B, T, K)."""
    return F.batch_matmul(a, b, transpose_b=True)


def _rows(variable: nn.Variable, first: int, last: int) -> nn.Variable:
    if (first, last) == (0, variable.shape[0]):
        return variable
    rest = variable.shape[1:]
    return F.slice(variable, (first, *(0 for _ in rest)), (last, *rest), (1,) * variable.ndim)


def _squared(gradients: nn.Variable) -> nn.Variable:
    return _per_sample(gradients**2)


def _per_sample(values: nn.Variable) -> nn.Variable:
    return F.sum(F.reshape(values, (values.shape[0], -1)), axis=1)


FORMULAS: Dict[str, Sequence[Callable[[Layer], nn.Variable]]] = {
    "Affine": (_affine_weights, _biases),
    "Convolution": (_kernels, _biases),
    "Embed": (_lookups,),
    "BatchNormalization": (_biases, _scales),
}
"""How the norm in each of a layer's parameters is found, in the order in which NNabla's function reads them."""
