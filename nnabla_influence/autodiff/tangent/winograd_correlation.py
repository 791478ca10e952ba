"""Convolutions of 3x3 places and stride 1 by Winograd's minimal filtering, as by Lavin and Gray (arXiv:1509.09308).

A direct convolution takes 9 multiplications for each output, channel and map. Minimal filtering computes a tile of 2x2
outputs from the 4x4 pixels d that it reads with 16 multiplications instead of 36:

    y = A' [(G g G') * (B' d B)] A

with g the 3x3 weights, ``*`` place by place, and

         1  0 -1  0
    B' = 0  1  1  0    A' = 1  1  1  0
         0 -1  1  0         0  1 -1 -1
         0  1  0 -1

which only add and subtract; G (`FILTERS`) halves. Over all channels, the products at each of the 16 places are one
product of matrices, (tiles, channels) with (channels, maps). What is left is 4/9 of the multiplications and a few sums
for every pixel and output, so it pays where there are enough channels.

Everything is linear in d and in g, so tangents take the same way as values, and a cotangent goes back by the transposed
matrices. Sums run over the channels of one place, where patches sum over all nine at once: the error is of the same
size.

The arrays have the tile's line first, then its column, then the sample. So what is added lies one after the other in
memory, whatever the size of an image: NumPy's strided additions take three times as long.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import Iterator, Sequence, Tuple

import numpy as np

from ...array import Array
from .buffers import Buffers
from .correlations import Block, Correlation, Geometry, PatchCorrelation
from .matrix_products import multiply, multiply_transposed

__all__ = ["WinogradCorrelation", "dense_correlation"]

FILTERS = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.0, 0.0, 1.0]])
"""G, (4, 3)."""

PLACES = len(FILTERS) ** 2

PARITIES = tuple(np.ndindex(2, 2))
"""Even and odd lines, even and odd columns."""

# A place that A' carries to all four outputs of a tile with a one: what is added there is added to all of them.
EVERYWHERE = 5

# Multiplications that take as long as the additions for one pixel or output of one place of a tile.
ADDITIONS = 10.0

# NumPy first copies what it adds if that lies in pieces of fewer elements. Its own default, 8192, makes it slower.
SHORT_LINE = 512


def dense_correlation(geometry: Geometry, channels: int, maps: int, buffers: Buffers) -> Correlation:
    """Return the quickest way to compute a convolution in which every output reads all channels."""
    way = WinogradCorrelation if WinogradCorrelation.suits(geometry, channels, maps) else PatchCorrelation
    return way(geometry, channels, maps, buffers)


class WinogradCorrelation(Correlation):
    """Products of transformed tiles with transformed weights, place by place."""

    BLOCK = 1 << 18
    LINES = 2

    @staticmethod
    def suits(geometry: Geometry, channels: int, maps: int) -> bool:
        """Return whether this way is possible, and quicker than patches."""
        if geometry.kernel != (3, 3) or {*geometry.stride, *geometry.dilation} != {1}:
            return False
        direct = math.prod(geometry.kernel) * math.prod(geometry.output) * channels * maps
        tiles = math.prod(_tiles(geometry.output))
        return PLACES * tiles * (channels * maps + ADDITIONS * (channels + maps)) <= direct

    def numbers(self) -> int:
        """See `Correlation.numbers`."""
        return PLACES * math.prod(_tiles(self.geometry.output)) * max(self.channels, self.maps)

    def prepared(self, weight: Array) -> Array:
        """See `Correlation.prepared`: ``G g G'``, (places of a tile, channels, maps)."""
        transform = np.kron(FILTERS, FILTERS).astype(weight.dtype)
        return _carried_over(transform, weight)

    def returned(self, products: Array) -> Array:
        """See `Correlation.returned`: ``G' p G``."""
        return _carried_over(np.kron(FILTERS, FILTERS).T, products)

    def operand(self, images: Array, block: Block) -> Array:
        """See `Correlation.operand`: ``B' d B``, (places of a tile, tiles, channels)."""
        x = block.read(images)
        lines, columns = _tiles(block.geometry.output)
        padded = self.buffers.empty((2, lines + 1, 2, columns + 1, len(x), self.channels), x.dtype)
        padded[...] = 0.0
        for line, column in PARITIES:
            (top, first_line), (left, first_column) = map(_begin, (line, column), block.geometry.pad)
            pixels = x[:, first_line::2, first_column::2].transpose(1, 2, 0, 3)
            padded[line, top : top + len(pixels), column, left : left + pixels.shape[1]] = pixels
        half = self.buffers.empty((4, lines, *padded.shape[2:]), x.dtype)
        _of_pixels(padded[:, :-1], padded[:, 1:], half)
        tiles = self.buffers.empty((4, 4, lines, columns, len(x), self.channels), x.dtype)
        by_column = half.transpose(2, 0, 1, 3, 4, 5)
        with _short_lines():
            _of_pixels(by_column[:, :, :, :-1], by_column[:, :, :, 1:], tiles.swapaxes(0, 1))
        return tiles.reshape(PLACES, -1, self.channels)

    def sum(self, terms: Sequence[Tuple[Array, Array]], bias: Array, into: Array) -> None:
        """See `Correlation.sum`: ``A' p A`` of the sums p of the products."""
        if not terms:
            into[...] = bias
            return
        products = self.buffers.empty((PLACES, terms[0][0].shape[1], self.maps), into.dtype)
        for count, (tiles, weight) in enumerate(terms):
            for place in range(PLACES):
                multiply(tiles[place], weight[place], products[place], add=count > 0)
        products[EVERYWHERE] += bias
        half = self.buffers.empty((2, 4, products[0].size), into.dtype)
        _of_products(products.reshape(4, -1), half.reshape(2, -1))
        outputs = self.buffers.empty((2, 2, *_tiles(into.shape[1:3]), len(into), self.maps), into.dtype)
        for of_line, made in zip(half, outputs):
            _of_products(of_line, made.reshape(2, -1))
        for line, column in PARITIES:
            reached = into[:, line::2, column::2]
            reached[...] = outputs[line, column, : reached.shape[1], : reached.shape[2]].transpose(2, 0, 1, 3)

    def products(self, operand: Array, upper: Array) -> Array:
        """See `Correlation.products`: of ``B' d B`` with ``A c A'``, summed over the tiles at every place of a tile."""
        tiles = _tiles(upper.shape[1:3])
        cotangents = self.buffers.empty((2, 2, *tiles, len(upper), self.maps), upper.dtype)
        cotangents[...] = 0.0
        for line, column in PARITIES:
            part = upper[:, line::2, column::2].transpose(1, 2, 0, 3)
            cotangents[line, column, : len(part), : part.shape[1]] = part
        half = self.buffers.empty((4, 2, cotangents[0, 0].size), upper.dtype)
        _of_outputs(cotangents.reshape(2, -1), half.reshape(4, -1))
        spread = self.buffers.empty((4, 4, half.shape[-1]), upper.dtype)
        for of_line, made in zip(half, spread):
            _of_outputs(of_line, made)
        sums = np.empty((PLACES, self.channels, self.maps), upper.dtype)
        for place, one in enumerate(spread.reshape(PLACES, -1, self.maps)):
            multiply_transposed(operand[place], one, sums[place])
        return sums


def _tiles(outputs: Sequence[int]) -> Tuple[int, int]:
    """Return how many tiles cover an image of outputs, along both axes."""
    height, width = outputs
    return -(-height // 2), -(-width // 2)


def _begin(parity: int, pad: int) -> Tuple[int, int]:
    """Return where even or odd lines of a padded image begin: behind how many such lines of zeros, at which pixel."""
    pixel = (parity - pad) % 2
    return (pixel + pad) // 2, pixel


def _carried_over(transform: Array, weight: Array) -> Array:
    """Apply a matrix to the places of weights (places, channels, maps)."""
    carried: Array = transform @ weight.reshape(len(weight), -1)
    return carried.reshape(-1, *weight.shape[1:])


def _of_pixels(first: Array, second: Array, into: Array) -> None:
    """Write ``B' d`` (4, ...) of the even and odd (2, ...) lines of each tile: its first two, and its second two."""
    np.subtract(first[0], second[0], out=into[0])
    np.add(first[1], second[0], out=into[1])
    np.subtract(second[0], first[1], out=into[2])
    np.subtract(first[1], second[1], out=into[3])


def _of_products(products: Array, into: Array) -> None:
    """Write ``A' p`` (2, ...) of (4, ...)."""
    np.add(products[1], products[2], out=into[0])
    np.add(into[0], products[0], out=into[0])
    np.subtract(products[1], products[2], out=into[1])
    np.subtract(into[1], products[3], out=into[1])


def _of_outputs(cotangents: Array, into: Array) -> None:
    """Write ``A c`` (4, ...) of (2, ...)."""
    np.copyto(into[0], cotangents[0])
    np.add(cotangents[0], cotangents[1], out=into[1])
    np.subtract(cotangents[0], cotangents[1], out=into[2])
    np.negative(cotangents[1], out=into[3])


@contextmanager
def _short_lines() -> Iterator[None]:
    """Have NumPy add in place what lies in pieces, in this thread."""
    before = np.setbufsize(SHORT_LINE)
    try:
        yield
    finally:
        np.setbufsize(before)
