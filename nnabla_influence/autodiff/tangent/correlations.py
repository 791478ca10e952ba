"""Convolutions of values and tangents as products of matrices, for images with the channels last.

The output y of a convolution with weights w moves by ``dy = dx * w + x * dw``: three convolutions forwards, where a
gradient takes one forwards and two backwards. They are computed for a few samples at a time, or a few lines of a large
one, which stay in the processor's cache, in one of three ways:

* `PatchCorrelation`: a product of the weights with the matrix of all patches of the images, which serves both w and dw.
* `WinogradCorrelation`: products of tiles of the images with transformed weights, 4/9 of the multiplications of 3x3.
* `DepthwiseCorrelation`: a weighted sum of shifted views, where every output reads one channel only.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from functools import partial
from typing import List, NamedTuple, Sequence, Tuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ...array import Array
from .buffers import Buffers
from .dual import Dual, product
from .matrix_products import multiply, transposed_product

__all__ = ["Block", "Correlation", "DepthwiseCorrelation", "Geometry", "PatchCorrelation"]


class Geometry(NamedTuple):
    """The shapes of a convolution, along every axis of the image.

    Args:
        size: Pixels.
        kernel: Places of the kernel.
        pad: Zeros in front of the pixels; behind them there are as many as the outputs read.
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
        """Return the pixels and zeros that the outputs read, and pixels that none reads."""
        axes = zip(self.size, self.kernel, self.pad, self.stride, self.dilation, self.output)
        return tuple(max(p + s, (o - 1) * step + d * (k - 1) + 1) for s, k, p, step, d, o in axes)

    def lines(self, first: int, last: int) -> Tuple[slice, Geometry]:
        """Return which pixels some of the outputs read, along the first axis, and the shapes of that part.

        Args:
            first: The first output.
            last: The one after the last.
        """
        step, pad, reach = self.stride[0], self.pad[0], self.dilation[0] * (self.kernel[0] - 1)
        start = min(max(first * step - pad, 0), self.size[0])
        stop = min(max((last - 1) * step - pad + reach + 1, start), self.size[0])
        zeros = max(pad - first * step, 0)
        part = self._replace(
            size=(stop - start, *self.size[1:]),
            pad=(zeros, *self.pad[1:]),
            output=(last - first, *self.output[1:]),
        )
        return slice(start, stop), part


class Block(NamedTuple):
    """Outputs that are computed together: all of some samples, or some lines of one.

    Args:
        samples: Of the batch.
        outputs: Lines of the outputs, along the first axis of the image.
        inputs: The lines of pixels that they read.
        geometry: The shapes of this part.
    """

    samples: slice
    outputs: slice
    inputs: slice
    geometry: Geometry

    def made(self, y: Array) -> Array:
        """Return the part of an array of outputs (B, ..., maps), contiguous if that is."""
        return y[self.samples, self.outputs]

    def read(self, x: Array) -> Array:
        """Return the part of images (B, ..., channels)."""
        return x[self.samples, self.inputs]


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

    # A part of one sample has a multiple of so many lines of outputs.
    LINES = 1

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
        prepared = weight.linear(self.prepared)
        for block in self.blocks(len(x.value)):
            self._block(x, prepared, bias, y, block)
        return y

    def weight_cotangent(self, x: Dual, upper: Dual, tangent_alone: bool = False) -> Dual:
        """Compute the cotangent of the weights, ``sum over samples and outputs of x c``.

        Args:
            x: Images (B, ..., channels).
            upper: The cotangent c of the outputs (B, ..., maps), contiguous.
            tangent_alone: Whether its tangent is enough, see `product`.

        Returns:
            (places, channels, maps), float64; sums of a block are in the images' precision.
        """
        total = Dual(np.zeros(()))
        for block in self.blocks(len(x.value)):
            operand = x.linear(partial(self.operand, block=block))
            part = product(self.products, operand, upper.linear(block.made), tangent_alone)
            total += part.linear(lambda a: a.astype(np.float64))
        return total.linear(self.returned)

    def blocks(self, batch: int) -> List[Block]:
        """Cut a batch into what is computed together."""
        geometry = self.geometry
        height = geometry.output[0]
        samples = self.BLOCK // self.numbers()
        lines = height if samples else self.LINES * max(1, self.BLOCK * height // self.numbers() // self.LINES)
        parts = [(first, min(first + lines, height)) for first in range(0, height, lines)]
        return [
            Block(slice(sample, sample + max(samples, 1)), slice(first, last), *geometry.lines(first, last))
            for sample in range(0, batch, max(samples, 1))
            for first, last in parts
        ]

    def _block(self, x: Dual, weight: Dual, bias: Dual, y: Dual, block: Block) -> None:
        operand = self.operand(x.value, block)
        self.sum([(operand, weight.value)], bias.value, block.made(y.value))
        if y.tangent is None:
            return
        terms = [] if weight.tangent is None else [(operand, weight.tangent)]
        if x.tangent is not None:
            terms.append((self.operand(x.tangent, block), weight.value))
        self.sum(terms, np.zeros_like(bias.value) if bias.tangent is None else bias.tangent, block.made(y.tangent))

    def patches(self, images: Array, block: Block) -> Array:
        """Return the patches of images (B, ..., channels): a view (B, *output, *kernel, channels) of a padded copy."""
        geometry = block.geometry
        x = block.read(images)
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

    def prepared(self, weight: Array) -> Array:
        """Turn weights (places, channels, maps) into what `sum` takes; linear."""
        return weight

    def returned(self, products: Array) -> Array:
        """Turn `products` into a cotangent of the weights, the transpose of `prepared`."""
        return products

    @abstractmethod
    def numbers(self) -> int:
        """Return the size of the largest array that one sample needs."""

    @abstractmethod
    def operand(self, images: Array, block: Block) -> Array:
        """Prepare a part of images."""

    @abstractmethod
    def sum(self, terms: Sequence[Tuple[Array, Array]], bias: Array, into: Array) -> None:
        """Write the sum of the convolutions of operands with prepared weights, and the bias."""

    @abstractmethod
    def products(self, operand: Array, upper: Array) -> Array:
        """Return the transpose of `sum`, of the outputs' cotangents (B, ..., maps), for the prepared weights."""


class PatchCorrelation(Correlation):
    """Products with the matrix of all patches."""

    BLOCK = 1 << 20

    def numbers(self) -> int:
        """See `Correlation.numbers`."""
        outputs = math.prod(self.geometry.output)
        return outputs * max(math.prod(self.geometry.kernel) * self.channels, self.maps)

    def operand(self, images: Array, block: Block) -> Array:
        """See `Correlation.operand`: the patches (rows, places x channels)."""
        patches = self.patches(images, block)
        rows = self.buffers.empty(patches.shape, images.dtype)
        np.copyto(rows, patches)
        return rows.reshape(-1, math.prod(self.geometry.kernel) * self.channels)

    def sum(self, terms: Sequence[Tuple[Array, Array]], bias: Array, into: Array) -> None:
        """See `Correlation.sum`."""
        total = into.reshape(-1, self.maps)
        for count, (rows, weight) in enumerate(terms):
            multiply(rows, weight.reshape(-1, self.maps), total, add=count > 0)
        np.add(total if terms else 0.0, bias, out=total)

    def products(self, operand: Array, upper: Array) -> Array:
        """See `Correlation.products`."""
        made = transposed_product(operand, upper.reshape(-1, self.maps))
        return made.reshape(-1, self.channels, self.maps)


class DepthwiseCorrelation(Correlation):
    """Weighted sums of shifted views; as many maps as channels, and weights (places, 1, maps)."""

    BLOCK = 1 << 16

    def numbers(self) -> int:
        """See `Correlation.numbers`."""
        return math.prod(self.geometry.padded_size()) * self.maps

    def operand(self, images: Array, block: Block) -> Array:
        """See `Correlation.operand`: the views (*kernel, B, *output, channels)."""
        axes = len(self.geometry.kernel)
        return np.moveaxis(self.patches(images, block), range(-1 - axes, -1), range(axes))

    def sum(self, terms: Sequence[Tuple[Array, Array]], bias: Array, into: Array) -> None:
        """See `Correlation.sum`."""
        into[...] = bias
        product = self.buffers.empty(into.shape, into.dtype)
        for views, weight in terms:
            for place, w in zip(np.ndindex(*self.geometry.kernel), weight):
                into += np.multiply(views[place], w[0], out=product)

    def products(self, operand: Array, upper: Array) -> Array:
        """See `Correlation.products`."""
        places = np.ndindex(*self.geometry.kernel)
        return np.stack([(operand[place] * upper).reshape(1, -1, self.maps).sum(axis=1) for place in places])
