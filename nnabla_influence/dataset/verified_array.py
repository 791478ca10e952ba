"""Decoded samples on the disk, whose checksums are verified when they are read for the first time.

An array is divided into *blocks* of whole samples, about a mebibyte each, with a CRC-32 of each block: a bit that
flipped on the disk would otherwise be other numbers, and other scores, without a word. A memory map reads what is asked
for, so the checksums are looked at block by block too, once in a process.
"""

from __future__ import annotations

import contextlib
import zlib
from pathlib import Path
from typing import List, Sequence, Tuple, Union

import numpy as np

from ..array import Array, IntArray
from ..errors import CorruptFileError
from ..remedies import remedy

__all__ = ["BlockChecksums", "VerifiedArray", "samples_per_block"]

BLOCK = 1 << 20  # bytes


def samples_per_block(sample_bytes: int) -> int:
    """Return how many samples a block has: whole ones, at least one."""
    return max(1, BLOCK // max(1, sample_bytes))


class BlockChecksums:
    """The CRC-32 of each block of an array that is written piece by piece.

    Args:
        block: Bytes of a block.

    >>> sums = BlockChecksums(4)
    >>> sums.update(memoryview(b"abcdef"))
    >>> sums.update(memoryview(b"gh"))
    >>> sums.values == [zlib.crc32(b"abcd"), zlib.crc32(b"efgh")]
    True
    """

    def __init__(self, block: int) -> None:
        self._block = block
        self._done: List[int] = []
        self._current = 0
        self._length = 0  # bytes of the current block so far

    def update(self, data: memoryview) -> None:
        """Add bytes."""
        while len(data):
            piece = data[: self._block - self._length]
            self._current = zlib.crc32(piece, self._current)
            self._length += len(piece)
            if self._length == self._block:
                self._done.append(self._current)
                self._current = self._length = 0
            data = data[len(piece) :]

    @property
    def values(self) -> List[int]:
        """The checksums so far, the last block's though it may be shorter."""
        return self._done + ([self._current] if self._length else [])


class VerifiedArray:
    """The samples of one variable, opened read-only.

    Args:
        array: (N, *shape), a memory map.
        checksums: The CRC-32 of each block.
        name: The variable, for messages.
        passport: The file that makes the decoded data count; removed if they are damaged, so that they are made anew.
    """

    def __init__(self, array: Array, checksums: Sequence[int], name: str, passport: Path) -> None:
        self._array = array
        self._checksums = checksums
        self._name = name
        self._passport = passport
        self._block = samples_per_block(array[:1].nbytes)
        self._seen = np.zeros(len(checksums), bool)

    @property
    def shape(self) -> Tuple[int, ...]:
        """The shape of the whole array."""
        return self._array.shape

    @property
    def ndim(self) -> int:
        """The number of its axes."""
        return self._array.ndim

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, rows: Union[IntArray, slice]) -> Array:
        """Read samples.

        Raises:
            CorruptFileError: They are not what was written.
        """
        numbers = np.arange(len(self))[rows] if isinstance(rows, slice) else rows
        blocks = np.unique(numbers // self._block)
        for block in blocks[~self._seen[blocks]].tolist():
            self._verify(block)
        chosen: Array = self._array[rows]
        return chosen

    def _verify(self, block: int) -> None:
        first = block * self._block
        samples = self._array[first : first + self._block]
        if zlib.crc32(samples.data) != self._checksums[block]:
            with contextlib.suppress(OSError):
                self._passport.unlink()
            raise CorruptFileError(
                f"The decoded data in '{self._passport.parent}' are damaged: samples {first} to "
                f"{first + len(samples) - 1} of variable '{self._name}' do not match their checksum. They will be "
                "decoded anew.",
                remedy("decode-again"),
            )
        self._seen[block] = True
