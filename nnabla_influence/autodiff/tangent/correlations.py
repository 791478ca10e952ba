"""Convolutions of values and tangents as products of matrices, for images with the channels last.

The output y of a convolution with weights w moves by ``dy = dx * w + x * dw``: three convolutions forwards, where a
gradient takes one forwards and two backwards. Each is computed for a few samples at a time, which stay in the
processor's cache, in one of three ways:

* `ShiftedCorrelation`: a product of matrices for every place of the kernel, on views of one padded copy of the samples.
  Nothing but the padding is copied; for stride 1.
* `PatchCorrelation`: one product with a matrix of all patches; for any geometry, and for few channels.
* `DepthwiseCorrelation`: a weighted sum of shifted views, where every output reads one channel only.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import List, NamedTuple, Sequence, Tuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ...array import Array
from .buffers import Buffers
from .dual import Dual
from .matrix_products import multiply

__all__ = ["Correlation", "DepthwiseCorrelation", "Geometry", "PatchCorrelation", "ShiftedCorrelation"]

# Numbers of the largest array of a block of samples: what the cache of one core holds, beside two others of its kind.
BLOCK = 1 << 17


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

    def places(self) -> List[Tuple[int, ...]]:
        """Return where the places of the kernel lie in a padded image, the last axis fastest."""
        return [tuple(np.multiply(place, self.dilation)) for place in np.ndindex(*self.kernel)]


class Correlation(ABC):
    """One way to compute a convolution.

    Args:
        geometry: Its shapes.
        channels: Channels of the input.
        maps: Channels of the output.
        buffers: Memory to compute in.
    """

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
        samples = max(1, BLOCK // self.numbers())
        for first in range(0, len(x.value), samples):
            self._block(x, weight, bias, y, slice(first, first + samples))
        return y

    def _block(self, x: Dual, weight: Dual, bias: Dual, y: Dual, samples: slice) -> None:
        operand = self.operand(x.value[samples], "value")
        self.sum([(operand, weight.value)], bias.value, y.value[samples])
        if y.tangent is None:
            return
        terms = [] if weight.tangent is None else [(operand, weight.tangent)]
        if x.tangent is not None:
            terms.append((self.operand(x.tangent[samples], "tangent"), weight.value))
        self.sum(terms, np.zeros_like(bias.value) if bias.tangent is None else bias.tangent, y.tangent[samples])

    def padded(self, x: Array, key: str, behind: Sequence[int]) -> Array:
        """Copy images between zeros: ``pad`` in front of each axis, and so many behind it."""
        geometry = self.geometry
        widths = [p + s + b for p, s, b in zip(geometry.pad, geometry.size, behind)]
        padded = self.buffers.zeros((key, geometry, self.channels), (len(x), *widths, self.channels), x.dtype)
        padded[_of_all([slice(p, p + s) for p, s in zip(geometry.pad, geometry.size)])] = x
        return padded

    @abstractmethod
    def numbers(self) -> int:
        """Return the size of the largest array that one sample needs."""

    @abstractmethod
    def operand(self, x: Array, key: str) -> Array:
        """Prepare images; what is returned lives until the next call with the same key."""

    @abstractmethod
    def sum(self, terms: Sequence[Tuple[Array, Array]], bias: Array, into: Array) -> None:
        """Write the sum of the convolutions of operands with weights, and the bias."""


class ShiftedCorrelation(Correlation):
    """Products on shifted views, for stride 1.

    Samples lie one after the other as rows of channels, each image line followed by the zeros of its padding, which are
    those in front of the next line too. A place of the kernel then shifts all rows by one number. What the rows of the
    zeros receive is left out in the end.
    """

    @staticmethod
    def fits(geometry: Geometry) -> bool:
        """Return whether a geometry can be computed so."""
        reach = [d * (k - 1) for d, k in zip(geometry.dilation, geometry.kernel)]
        return set(geometry.stride) == {1} and all(p <= r for p, r in zip(geometry.pad, reach))

    def lines(self) -> Tuple[int, ...]:
        """Return the pixels of every axis with the zeros behind them."""
        return tuple(s + p for s, p in zip(self.geometry.size, self.geometry.pad))

    def numbers(self) -> int:
        """See `Correlation.numbers`."""
        return int(np.prod(self.lines())) * max(self.channels, self.maps)

    def _steps(self) -> Tuple[int, ...]:
        """Return how many rows one pixel along every axis is."""
        return tuple(int(np.prod(self.lines()[axis + 1 :])) for axis in range(len(self.lines())))

    def operand(self, x: Array, key: str) -> Array:
        """See `Correlation.operand`: rows (zeros, samples, zeros; channels)."""
        geometry = self.geometry
        rows = len(x) * int(np.prod(self.lines()))
        lead = int(np.dot(geometry.pad, self._steps()))
        reach = int(np.dot(np.max(geometry.places(), axis=0), self._steps()))  # of the last place, from the first
        flat = self.buffers.zeros((key, geometry), (rows + reach, self.channels), x.dtype)
        grid = flat[lead : lead + rows].reshape(len(x), *self.lines(), self.channels)
        grid[_of_all([slice(s) for s in geometry.size])] = x
        return flat

    def sum(self, terms: Sequence[Tuple[Array, Array]], bias: Array, into: Array) -> None:
        """See `Correlation.sum`."""
        rows = len(into) * int(np.prod(self.lines()))
        total = self.buffers.empty((rows, self.maps), into.dtype)
        starts = [int(np.dot(place, self._steps())) for place in self.geometry.places()]
        products = [(flat[start : start + rows], w) for flat, weight in terms for start, w in zip(starts, weight)]
        for count, (shifted, w) in enumerate(products):
            multiply(shifted, w, total, add=count > 0)
        if not products:
            total[...] = 0.0
        grid = total.reshape(len(into), *self.lines(), self.maps)
        np.add(grid[_of_all([slice(o) for o in self.geometry.output])], bias, out=into)


class PatchCorrelation(Correlation):
    """One product with the matrix of all patches."""

    def numbers(self) -> int:
        """See `Correlation.numbers`."""
        return int(np.prod(self.geometry.output)) * max(len(self.geometry.places()) * self.channels, self.maps)

    def operand(self, x: Array, key: str) -> Array:
        """See `Correlation.operand`: the patches (rows, places x channels)."""
        geometry = self.geometry
        patches = _patches(self.padded(x, key, _behind(geometry)), geometry)
        rows = self.buffers.empty(patches.shape, x.dtype)
        np.copyto(rows, patches)
        return rows.reshape(-1, len(geometry.places()) * self.channels)

    def sum(self, terms: Sequence[Tuple[Array, Array]], bias: Array, into: Array) -> None:
        """See `Correlation.sum`."""
        total = into.reshape(-1, self.maps)
        for count, (rows, weight) in enumerate(terms):
            multiply(rows, weight.reshape(-1, self.maps), total, add=count > 0)
        np.add(total if terms else 0.0, bias, out=total)


class DepthwiseCorrelation(Correlation):
    """Weighted sums of shifted views; as many maps as channels, and weights (places, 1, maps)."""

    def numbers(self) -> int:
        """See `Correlation.numbers`."""
        return int(np.prod(np.add(self.geometry.size, self.geometry.pad))) * self.maps

    def operand(self, x: Array, key: str) -> Array:
        """See `Correlation.operand`: the views (B, ..., places, channels)."""
        return _patches(self.padded(x, key, _behind(self.geometry)), self.geometry)

    def sum(self, terms: Sequence[Tuple[Array, Array]], bias: Array, into: Array) -> None:
        """See `Correlation.sum`."""
        into[...] = bias
        product = self.buffers.empty(into.shape, into.dtype)
        for views, weight in terms:
            by_place = np.moveaxis(views, range(-1 - len(self.geometry.kernel), -1), range(len(self.geometry.kernel)))
            for place, w in zip(np.ndindex(*self.geometry.kernel), weight):
                np.multiply(by_place[place], w[0], out=product)
                into += product


def _of_all(cuts: List[slice]) -> Tuple[slice, ...]:
    """Return the index of a part of every sample's image."""
    return (slice(None), *cuts)


def _behind(geometry: Geometry) -> List[int]:
    """Return the zeros behind each axis that the last patch reads."""
    last = [(o - 1) * s + d * (k - 1) + 1 for o, s, d, k in zip(*(getattr(geometry, name) for name in LAST_PIXEL))]
    return [max(read - p - s, 0) for read, p, s in zip(last, geometry.pad, geometry.size)]


LAST_PIXEL = ("output", "stride", "dilation", "kernel")


def _patches(padded: Array, geometry: Geometry) -> Array:
    """Return a view (B, *output, *kernel, channels) of padded images (B, ..., channels)."""
    steps = padded.strides[1:-1]
    shape = (len(padded), *geometry.output, *geometry.kernel, padded.shape[-1])
    between_outputs = [s * step for s, step in zip(geometry.stride, steps)]
    between_places = [d * step for d, step in zip(geometry.dilation, steps)]
    strides = (padded.strides[0], *between_outputs, *between_places, padded.strides[-1])
    return as_strided(padded, shape, strides, writeable=False)
