"""Convolutions of values and tangents as products of matrices, for images with the channels last.

The output y of a convolution with weights w moves by ``dy = dx * w + x * dw``: three convolutions forwards, where a
gradient takes one forwards and two backwards. A few samples at a time, so that they stay in the processor's cache, in
one of two ways:

* `PatchCorrelation`: a product of the weights with the matrix of all patches of the images, which serves both w and dw.
* `DepthwiseCorrelation`: a weighted sum of shifted views, where every output reads one channel only.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import List, NamedTuple, Sequence, Tuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ...array import Array
from .buffers import Buffers
from .dual import Dual
from .matrix_products import multiply

__all__ = ["Correlation", "DepthwiseCorrelation", "Geometry", "PatchCorrelation"]


class Geometry(NamedTuple):
    """The shapes of a convolution, along every axis of the image.

    Args:
        size: Pixels.
        kernel: Places of the kernel.
        pad: Zeros in front of and behind the pixels.
        stride: Pixels from one output to the next.
        dilation: Pixels from one place of the kernel to the next.
        output: Outputs.
    """

    size: Tuple[int, ...]
    kernel: Tuple[int, ...]
    pad: Tuple[int, ...]
    stride: Tuple[int, ...]
    dilation: Tuple[int, ...]
    output: Tuple[int, ...]

    def padded_size(self) -> Tuple[int, ...]:
        """Return the pixels and zeros that the outputs read, and those in front of and behind them."""
        axes = zip(self.size, self.kernel, self.pad, self.stride, self.dilation, self.output)
        return tuple(max(s + 2 * p, (o - 1) * step + d * (k - 1) + 1) for s, k, p, step, d, o in axes)


class Correlation(ABC):
    """One way to compute a convolution.

    Args:
        geometry: Its shapes.
        channels: Channels of the input.
        maps: Channels of the output.
        buffers: Memory to compute in.
    """

    # Numbers of the largest array of a block of samples: what the processor's cache holds.
    BLOCK: int

    def __init__(self, geometry: Geometry, channels: int, maps: int, buffers: Buffers) -> None:
        self.geometry = geometry
        self.channels = channels
        self.maps = maps
        self.buffers = buffers

    def run(self, x: Dual, weight: Dual, bias: Dual) -> Dual:
        """Compute a batch.

        Args:
            x: Images (B, ..., channels).
            weight: (places, channels, maps).
            bias: (maps,).

        Returns:
            (B, ..., maps).
        """
        shape = (len(x.value), *self.geometry.output, self.maps)
        y = Dual(self.buffers.empty(shape, x.value.dtype))
        if any(a.tangent is not None for a in (x, weight, bias)):
            y.tangent = self.buffers.empty(shape, x.value.dtype)
        for samples in self.blocks(len(x.value)):
            self._block(x, weight, bias, y, samples)
        return y

    def blocks(self, batch: int) -> List[slice]:
        """Cut a batch into samples that are computed together."""
        samples = max(1, self.BLOCK // self.numbers())
        return [slice(first, first + samples) for first in range(0, batch, samples)]

    def _block(self, x: Dual, weight: Dual, bias: Dual, y: Dual, samples: slice) -> None:
        operand = self.operand(x.value[samples])
        self.sum([(operand, weight.value)], bias.value, y.value[samples])
        if y.tangent is None:
            return
        terms = [] if weight.tangent is None else [(operand, weight.tangent)]
        if x.tangent is not None:
            terms.append((self.operand(x.tangent[samples]), weight.value))
        self.sum(terms, np.zeros_like(bias.value) if bias.tangent is None else bias.tangent, y.tangent[samples])

    def patches(self, x: Array) -> Array:
        """Return the patches of images (B, ..., channels): a view (B, *output, *kernel, channels) of a padded copy."""
        geometry = self.geometry
        padded = self.buffers.empty((len(x), *geometry.padded_size(), self.channels), x.dtype)
        padded[...] = 0.0
        inside = tuple(slice(p, p + s) for p, s in zip(geometry.pad, geometry.size))
        padded[(slice(None),) + inside] = x
        steps = padded.strides[1:-1]
        between_outputs = [s * step for s, step in zip(geometry.stride, steps)]
        between_places = [d * step for d, step in zip(geometry.dilation, steps)]
        strides = (padded.strides[0], *between_outputs, *between_places, padded.strides[-1])
        shape = (len(padded), *geometry.output, *geometry.kernel, self.channels)
        return as_strided(padded, shape, strides, writeable=False)

    @abstractmethod
    def numbers(self) -> int:
        """Return the size of the largest array that one sample needs."""

    @abstractmethod
    def operand(self, x: Array) -> Array:
        """Prepare images."""

    @abstractmethod
    def sum(self, terms: Sequence[Tuple[Array, Array]], bias: Array, into: Array) -> None:
        """Write the sum of the convolutions of operands with weights, and the bias."""


class PatchCorrelation(Correlation):
    """Products with the matrix of all patches."""

    BLOCK = 1 << 20

    def numbers(self) -> int:
        """See `Correlation.numbers`."""
        outputs = math.prod(self.geometry.output)
        return outputs * max(math.prod(self.geometry.kernel) * self.channels, self.maps)

    def operand(self, x: Array) -> Array:
        """See `Correlation.operand`: the patches (rows, places x channels)."""
        patches = self.patches(x)
        rows = self.buffers.empty(patches.shape, x.dtype)
        np.copyto(rows, patches)
        return rows.reshape(-1, math.prod(self.geometry.kernel) * self.channels)

    def sum(self, terms: Sequence[Tuple[Array, Array]], bias: Array, into: Array) -> None:
        """See `Correlation.sum`."""
        total = into.reshape(-1, self.maps)
        for count, (rows, weight) in enumerate(terms):
            multiply(rows, weight.reshape(-1, self.maps), total, add=count > 0)
        np.add(total if terms else 0.0, bias, out=total)


class DepthwiseCorrelation(Correlation):
    """Weighted sums of shifted views; as many maps as channels, and weights (places, 1, maps)."""

    BLOCK = 1 << 16

    def numbers(self) -> int:
        """See `Correlation.numbers`."""
        return math.prod(self.geometry.padded_size()) * self.maps

    def operand(self, x: Array) -> Array:
        """See `Correlation.operand`: the views (*kernel, B, *output, channels)."""
        axes = len(self.geometry.kernel)
        return np.moveaxis(self.patches(x), range(-1 - axes, -1), range(axes))

    def sum(self, terms: Sequence[Tuple[Array, Array]], bias: Array, into: Array) -> None:
        """See `Correlation.sum`."""
        into[...] = bias
        product = self.buffers.empty(into.shape, into.dtype)
        for views, weight in terms:
            for place, w in zip(np.ndindex(*self.geometry.kernel), weight):
                into += np.multiply(views[place], w[0], out=product)
