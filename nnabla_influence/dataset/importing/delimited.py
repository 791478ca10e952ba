"""From the text of a table to its cells: which separator, and whether the first line names the columns.

The separator is the one that cuts the first lines into the same number of cells, the more the better. The first line is
a header if none of its cells is a number while others below are, or if one of them is a usual name of labels; of a
table of text only, if its cells are all different and none of them occurs again below itself.
"""

from __future__ import annotations

import csv
from itertools import chain, count, islice
from pathlib import Path
from typing import List, NamedTuple, Optional, Sequence, Tuple

import pandas as pd

from ...array import Array
from ...errors import DataError
from .column_cells import is_missing, is_written_number
from .delimited_cells import DelimitedCells
from .import_note import ImportNote
from .usual_names import USUAL_NAMES

__all__ = ["DelimitedText", "read_delimited", "read_text_columns"]

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_LINES = 50  # looked at to find the separator and the header


class DelimitedText(NamedTuple):
    """A table cut into cells.

    Attributes:
        frame: One column per column of the table, by its name; numbered from 1 where there is no header. Columns of
            plain numbers and empty cells are float64, others text.
        notes: What was found out, in sentences.
        commas_are_decimal: Whether ``1,234`` is rather 1.234, because commas do not separate the cells.
    """

    frame: pd.DataFrame
    notes: List[ImportNote]
    commas_are_decimal: bool = False


class _Opened(NamedTuple):
    """A text that is ready to be read: its cells, the names of its columns, and whether the first row has them."""

    cells: DelimitedCells
    names: List[str]
    named: bool
    notes: List[ImportNote]


def read_delimited(text: str, path: Path, header: Optional[bool] = None) -> DelimitedText:
    """Cut a table into cells.

    Args:
        text: The file's text.
        path: Where it comes from, for messages.
        header: Whether the first line names the columns; None: find out.

    Raises:
        DataError: It is empty, or its lines have different numbers of cells.
    """
    cells, names, named, notes = _opened(text, path, header)
    # Without a copy, which would be as large again.
    frame = pd.DataFrame(dict(zip(names, cells.columns(named))), copy=False)
    return DelimitedText(frame, notes, cells.separator != ",")


def read_text_columns(text: str, path: Path, header: Optional[bool], wanted: Sequence[str]) -> List[Array]:
    """Return the cells of some columns as text, each (N,), those of numbers too; see `read_delimited`."""
    cells, names, named, _ = _opened(text, path, header)
    places = [names.index(name) for name in wanted]
    columns = cells.texts(places, named)
    return [columns[place] for place in places]


def _opened(text: str, path: Path, header: Optional[bool]) -> _Opened:
    if "\x00" in text:
        raise DataError(f"{path}: expected a table, got text with NUL characters. Is it a file of another kind?")
    sample = [line for line in text.splitlines()[:_LINES] if line.strip()]
    if not sample:
        raise DataError(f"{path}: expected a table, got an empty file. Check that this is the right file.")
    separator = _separator(sample)
    cells = DelimitedCells(text, separator, path)
    first = list(islice(cells.rows(), _LINES))
    named = _has_header(first) if header is None else header
    notes = [] if separator == "," else [ImportNote(f"cells are separated by {_SEPARATORS[separator]}")]
    if not named:
        notes.append(ImportNote("there is no header; columns are called by their numbers, from 1"))
    elif len(first) == 1:
        raise DataError(f"{path}: expected lines of data below the header, got none.")
    names = unique_names(first[0]) if named else [str(number) for number in range(1, len(first[0]) + 1)]
    return _Opened(cells, names, named, notes)


def unique_names(names: List[str]) -> List[str]:
    """Name every column once: a nameless one by its number, a repeated one with a number behind.

    Example:
        >>> unique_names(["", "size", "size"])
        ['column 1', 'size', 'size (2)']
    """
    unique: List[str] = []
    for number, name in enumerate(names, start=1):
        plain = " ".join(name.split()) or f"column {number}"
        copies = (f"{plain} ({copy})" for copy in count(2))
        unique.append(next(copy for copy in chain([plain], copies) if copy not in unique))
    return unique


def _separator(lines: List[str]) -> str:
    return max(_SEPARATORS, key=lambda separator: _fit(lines, separator))


def _fit(lines: List[str], separator: str) -> Tuple[float, int]:
    """Return how well a separator fits: the share of lines with the usual number of cells, and that number."""
    counts = [len(row) for row in csv.reader(lines, delimiter=separator) if row]
    usual = max(set(counts), key=counts.count) if counts else 1
    # One cell a line fits every file; it is the last resort.
    return (counts.count(usual) / len(counts), usual) if usual > 1 else (0.0, 1)


def _has_header(rows: Sequence[Sequence[str]]) -> bool:
    first, *below = rows
    if not below:
        return False
    columns = [set(column) for column in zip(*below)]
    repeats = any(cell in column for cell, column in zip(first, columns) if not is_missing(cell))
    if any(is_written_number(cell) for cell in first):  # years, perhaps
        return not repeats and any(cell.strip().lower() in USUAL_NAMES for cell in first)
    if any(is_written_number(cell) for column in columns for cell in column):
        return True
    return len(set(first)) == len(first) and not repeats
