"""The rows of a CSV, split into cells only when they are looked at.

A million rows of twenty cells are 180 MB of text, but twenty million Python strings are 1.5 GB. So the text stays as it
was read and only the place of every row in it is kept, sixteen bytes each. Going through all rows splits them block by
block; any one row is found by its place.

A text without quotes and without line ends of other kinds (nearly all large tables) is *plain*: its rows end where its
lines end, and its numbers are read block by block, without a Python object per cell.
"""

from __future__ import annotations

import csv
import io
import re
from typing import Iterable, Iterator, List, Optional, Sequence, Tuple, Union, overload

import numpy as np

from ..array import Array, IntArray
from .number_text import read_numbers

__all__ = ["CsvRows"]

BLOCK = 20_000  # rows that are split at once, fewer where they are long
BLOCK_BYTES = 1 << 23
MANY = 1 << 25  # bytes of a text whose numbers are many
PIECE = 1 << 24  # bytes that are searched at once
FIELD_LIMIT = 131_072  # characters of a cell beyond which Python's csv module complains
LINE_END = re.compile(rb"\r\n|\r|\n")
COMMA = ord(",")
NEWLINE = ord("\n")


class CsvRows(Sequence[List[str]]):
    r"""Rows of text; made by `scan`.

    Example:
        >>> rows, lines = CsvRows.scan(b'x,y\n1,2\n"a\nb",3\n')
        >>> len(rows), rows[2], lines
        (3, ['a\nb', '3'], [1, 2, 3])
        >>> list(rows.chosen([1, 0]))
        [['1', '2'], ['x', 'y']]

    Args:
        text: UTF-8 text.
        begins: Offset of each row in it (R,).
        ends: Offset behind each row (R,), line end included.
        plain: Whether no cell of the text is quoted, and every line is a row.
        places: The cells of the text's rows that a row has, in this order; None for all of them.
    """

    def __init__(
        self, text: bytes, begins: IntArray, ends: IntArray, plain: bool, places: Optional[Sequence[int]] = None
    ) -> None:
        self._text = text
        self._begins = begins
        self._ends = ends
        self._places = places
        self.plain = plain

    @classmethod
    def scan(cls, text: bytes) -> Tuple[CsvRows, Sequence[int]]:
        """Find the rows of a text, without the blank lines at its end.

        Returns:
            The rows, and the line on which each starts; empty if they stand on consecutive lines from 1 on.

        Raises:
            csv.Error: The text is no CSV; its argument names no line, `CsvRows.lines_read` of the error does.
        """
        rows = cls._of_lines(text)
        if rows is not None:
            return rows._without_blank_end(), ()
        begins, lines = _starts(text)
        all_rows = cls(text, np.array(begins, np.int64), np.array([*begins[1:], len(text)], np.int64), False)
        kept = all_rows._without_blank_end()
        return kept, lines[: len(kept)]

    @classmethod
    def _of_lines(cls, text: bytes) -> Optional[CsvRows]:
        """Return the rows of a plain text; None if it is not plain."""
        if b'"' in text or b"\0" in text or _has_lone_returns(text):
            return None
        pieces = range(0, len(text), PIECE)
        ends = np.concatenate([_newlines(text, start) for start in pieces]) + 1 if text else np.zeros(0, np.int64)
        if not text.endswith(b"\n"):
            ends = np.append(ends, len(text))
        begins = np.append(0, ends[:-1]) if len(ends) else ends
        if len(ends) and int((ends - begins).max()) > FIELD_LIMIT:
            return None
        return cls(text, begins, ends, True)

    def _without_blank_end(self) -> CsvRows:
        count = len(self)
        while count and self._blank(count - 1):
            count -= 1
        return self[:count]

    def _blank(self, row: int) -> bool:
        return self._text[self._begins[row] : self._ends[row]] in (b"", b"\n", b"\r", b"\r\n")

    def __len__(self) -> int:
        return len(self._begins)

    @overload
    def __getitem__(self, row: int) -> List[str]: ...

    @overload
    def __getitem__(self, row: slice) -> CsvRows: ...

    def __getitem__(self, row: Union[int, slice]) -> Union[List[str], CsvRows]:
        if isinstance(row, slice):
            return CsvRows(self._text, self._begins[row], self._ends[row], self.plain, self._places)
        return self._kept(next(_split(self._text[self._begins[row] : self._ends[row]]), []))

    def __iter__(self) -> Iterator[List[str]]:
        for block in self._blocks():
            cells = _split(block._joined())
            yield from cells if self._places is None else map(self._kept, cells)

    def _kept(self, cells: List[str]) -> List[str]:
        return cells if self._places is None else [cells[place] for place in self._places]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(ours == theirs for ours, theirs in zip(self, other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"CsvRows({len(self):,} rows)"

    def are_of(self, text: bytes) -> bool:
        """Tell whether this is the text that they are in."""
        return self._text == text

    def chosen(self, rows: Iterable[int]) -> CsvRows:
        """Return some of the rows, in the given order."""
        wanted = np.fromiter(rows, np.int64)
        return CsvRows(self._text, self._begins[wanted], self._ends[wanted], self.plain, self._places)

    def with_cells(self, places: Sequence[int]) -> CsvRows:
        """Return the same rows with some of their cells, in the given order."""
        of_text = places if self._places is None else [self._places[place] for place in places]
        return CsvRows(self._text, self._begins, self._ends, self.plain, of_text)

    def all_have(self, cells: int) -> bool:
        """Tell whether every row has so many cells."""
        if not self.plain:
            return all(len(row) == cells for row in self)
        return all(block._have(cells) for block in self._blocks())

    def number_blocks(self, many: Optional[bool] = None) -> Iterator[Tuple[slice, Array]]:
        """Read the rows as numbers, some thousands at a time.

        Args:
            many: Whether there are so many that loading pandas pays; None: the text's size decides.

        Yields:
            Which rows, and their numbers (n, cells), float64, as Python's ``float`` reads them.

        Raises:
            ValueError: A cell of the text is no number, or not one that can be read this way (it is quoted, say).
        """
        start = 0
        for block in self._blocks():
            yield slice(start, start + len(block)), block._numbers(len(self._text) > MANY if many is None else many)
            start += len(block)

    def _blocks(self) -> Iterator[CsvRows]:
        mean = int((self._ends - self._begins).mean()) if len(self) else 1
        rows = max(1, min(BLOCK, BLOCK_BYTES // max(1, mean)))
        return (self[start : start + rows] for start in range(0, len(self), rows))

    def _joined(self) -> bytes:
        """Return the text of all rows, one behind the other."""
        if (self._begins[1:] == self._ends[:-1]).all():
            return self._text[self._begins[0] : self._ends[-1]]
        pieces = (self._text[begin:end] for begin, end in zip(self._begins, self._ends))
        return b"".join(piece if piece.endswith((b"\n", b"\r")) else piece + b"\n" for piece in pieces)

    def _have(self, cells: int) -> bool:
        """Tell whether every row of a block of a scanned plain text has so many cells; a blank row has none."""
        commas = np.frombuffer(self._joined(), np.uint8) == COMMA
        counts = np.add.reduceat(commas, self._begins - self._begins[0], dtype=np.int64)
        blank = any(self._blank(row) for row in np.flatnonzero(self._ends - self._begins <= len(b"\r\n")))
        return not blank and bool((counts == cells - 1).all())

    def _numbers(self, many: bool) -> Array:
        """Read a block as numbers (n, cells).

        Raises:
            ValueError: That cannot be done.
        """
        if not self.plain:
            raise ValueError("some cells are quoted")
        text = self._joined()
        if not text.endswith(b"\n"):
            text += b"\n"  # NumPy would leave out an empty cell at the very end
        if b"\r" in text:
            text = text.replace(b"\r\n", b"\n")
        numbers = read_numbers(text, len(self), many=many)
        return numbers if self._places is None else numbers[:, list(self._places)]


def _has_lone_returns(text: bytes) -> bool:
    return b"\r" in text and text.count(b"\r") != text.count(b"\r\n")


def _newlines(text: bytes, start: int) -> IntArray:
    """Return where newlines stand in a piece of a text; all of it at once would need as much memory again."""
    piece = np.frombuffer(text, np.uint8, count=min(PIECE, len(text) - start), offset=start)
    places: IntArray = np.flatnonzero(piece == NEWLINE) + start
    return places


def _split(text: bytes) -> Iterator[List[str]]:
    """Split text that begins and ends with whole rows."""
    return csv.reader(io.StringIO(text.decode("utf-8"), newline=""))


def _starts(text: bytes) -> Tuple[List[int], List[int]]:
    """Find where each row begins, in bytes and in lines; a quoted cell may contain line ends."""
    offsets = [0, *(match.end() for match in LINE_END.finditer(text))]
    if offsets[-1] != len(text):
        offsets.append(len(text))
    lines = (text[begin:end].decode("utf-8") for begin, end in zip(offsets, offsets[1:]))
    reader = csv.reader(lines)
    begins: List[int] = []
    numbers: List[int] = []
    line = 0
    try:
        for _ in reader:
            begins.append(offsets[line])
            numbers.append(line + 1)
            line = reader.line_num
    except csv.Error as error:
        raise csv.Error(str(error), line + 1) from error
    return begins, numbers
