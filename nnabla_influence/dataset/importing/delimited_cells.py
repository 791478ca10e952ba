r"""From the text of a table to its columns: arrays of numbers, and text where a column is more than numbers.

A table of a million rows is cut up piece by piece. Pieces of plain numbers never become Python strings; of others every
column is tried by itself. Only the columns that turn out to hold text are read a second time, as text, in which equal
cells are one string. So what is kept of a table of numbers is eight bytes a cell.
"""

from __future__ import annotations

import csv
import re
from itertools import chain, islice
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Sequence, Union

import numpy as np

from ...array import Array
from ...errors import DataError
from ..csv_rows import CsvRows
from .column_cells import is_missing

__all__ = ["DelimitedCells"]

Row = List[str]

PIECE = 1 << 23  # characters of a text without quotes that are cut up at once
ROWS = 20_000  # of strings that are held at once
MOST_SHARED = 1 << 16  # different cells of a column of text; where there are more, hardly any are equal
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


class DelimitedCells:
    r"""The cells of a text; lines without any are passed over.

    Args:
        text: The text.
        separator: What stands between two cells.
        path: Where it comes from, for messages.

    Example:
        >>> cells = DelimitedCells("a;b\n1,5;2\n3;\n", ";", Path("table.csv"))
        >>> next(cells.rows())
        ['a', 'b']
        >>> [column.tolist() for column in cells.columns(header=True)]
        [['1,5', '3'], [2.0, nan]]
    """

    def __init__(self, text: str, separator: str, path: Path) -> None:
        self._text = text
        self.separator = separator
        self._path = path
        self._width: Optional[int] = None

    def rows(self) -> Iterator[Row]:
        """Go through the rows of text.

        Raises:
            DataError: A line has another number of cells than the first.
        """
        return chain.from_iterable(self._blocks(any_numbers=False))  # no arrays among them

    def columns(self, header: bool) -> List[Array]:
        """Read the columns.

        Args:
            header: Whether the first row is none of data.

        Returns:
            One array (N,) for each: float64, NaN where a cell is missing, if all others are plain numbers; else
            objects, the text of every cell.

        Raises:
            DataError: A line has another number of cells than the first.
        """
        width = self._width or len(next(self.rows()))
        pieces: Dict[int, List[Array]] = {place: [] for place in range(width)}
        for block in _below(header, self._blocks(any_numbers=True)):
            for place in list(pieces):
                numbers = block[:, place].copy() if isinstance(block, np.ndarray) else _numbers(block, place)
                if numbers is None:
                    del pieces[place]
                else:
                    pieces[place].append(numbers)
        text = self.texts([place for place in range(width) if place not in pieces], header)
        # One by one, so that nothing is held twice.
        return [np.concatenate(pieces.pop(place)) if place in pieces else text[place] for place in range(width)]

    def texts(self, places: Sequence[int], header: bool) -> Dict[int, Array]:
        """Read columns as text, whatever they hold; see `columns`.

        Args:
            places: Their numbers, from 0.
            header: Whether the first row is none of data.
        """
        columns: Dict[int, List[str]] = {place: [] for place in places}
        shared: Dict[int, Dict[str, str]] = {place: {} for place in places}
        for block in _below(header, self._blocks(any_numbers=False)) if places else ():
            for place in places:
                cells = [row[place] for row in block]
                known = shared[place]
                columns[place] += map(known.setdefault, cells, cells) if len(known) <= MOST_SHARED else cells
        return {place: np.array(columns.pop(place), object) for place in places}

    def _blocks(self, any_numbers: bool) -> Iterator[Union[Array, List[Row]]]:
        """Cut the text up, into numbers (n, width) where that is allowed and possible, else into rows of text."""
        line = 0
        for piece in self._pieces():
            numbers = self._plain_numbers(piece) if any_numbers else None
            if numbers is None:
                yield from self._split(piece, line)
            else:
                yield numbers
            line += piece.count("\n") + _lone_returns(piece)

    def _pieces(self) -> Iterator[str]:
        """Cut the text at the ends of lines, behind the first one first; quoted cells may hold such ends."""
        start, most = 0, 0
        while start < len(self._text):
            end = 0 if '"' in self._text else self._text.find("\n", start + most) + 1
            yield self._text[start : end or len(self._text)]
            start, most = end or len(self._text), PIECE

    def _plain_numbers(self, piece: str) -> Optional[Array]:
        """Read a piece without a Python object for each cell; None if it holds anything but finite numbers."""
        if self._width is None or '"' in piece or (self.separator != "," and "," in piece):
            return None
        try:
            rows, _ = CsvRows.scan(piece.replace(self.separator, ",").encode("ascii"))
        except (UnicodeEncodeError, csv.Error):
            return None
        if not rows.plain or not len(rows) or not rows.all_have(self._width):
            return None
        try:
            numbers = np.concatenate([block for _, block in rows.number_blocks(many=True)])
        except ValueError:
            return None
        return numbers if np.isfinite(numbers).all() else None

    def _split(self, piece: str, before: int) -> Iterator[List[Row]]:
        """Split a piece into rows of text, some thousands at a time.

        Args:
            piece: The piece.
            before: The number of lines before it, for messages.
        """
        # Not pandas' own reader: it fills short lines up without a word.
        reader = csv.reader((match.group() for match in _LINE.finditer(piece)), delimiter=self.separator)
        rows = (row for row in reader if row)
        try:
            while True:
                block: List[Row] = []
                for row in islice(rows, ROWS):
                    if self._width is None:
                        self._width = len(row)
                    if len(row) != self._width:
                        raise DataError(
                            f"{self._path}: line {before + reader.line_num}: expected {self._width} cells as in the "
                            f"first line, got {len(row)}. Quote cells that hold the separator, and fill short lines up."
                        )
                    block.append(row)
                if not block:
                    return
                yield block
        except csv.Error as error:
            line = before + reader.line_num
            raise DataError(f"{self._path}: line {line}: expected a table, got the error: {error}.") from error


def _lone_returns(text: str) -> int:
    return text.count("\r") - text.count("\r\n")


def _below(header: bool, blocks: Iterator[Union[Array, List[Row]]]) -> Iterator[Union[Array, List[Row]]]:
    """Leave out the first row if it is a header."""
    for block in blocks:
        if len(block) > header:
            yield block[header:]
        header = False


def _numbers(rows: Sequence[Row], place: int) -> Optional[Array]:
    """Return the cells of a column as numbers, NaN where they are missing; None if there is anything else in it."""
    cells = [row[place] for row in rows]
    missing = [is_missing(cell) for cell in cells]
    try:
        numbers = np.array([np.nan if gap else float(cell) for cell, gap in zip(cells, missing)])
    except ValueError:
        return None
    # Python reads "1_000", "inf" and "-nan" too; whoever wrote them meant a word, perhaps.
    whole = np.isfinite(numbers) | np.array(missing)
    return numbers if whole.all() and not any("_" in cell for cell in cells) else None
