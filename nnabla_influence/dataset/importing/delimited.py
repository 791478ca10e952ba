"""From the text of a table to its cells: which separator, and whether the first line names the columns.

The separator is the one that cuts the first lines into the same number of cells, the more the better. The first line is
a header if none of its cells is a number while others below are, or if one of them is a usual name of labels; of a
table of text only, if its cells are all different and none of them occurs again below itself.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import List, NamedTuple, Optional, Tuple

import pandas as pd

from ...errors import DataError
from .column_cells import is_missing, is_written_number
from .import_note import ImportNote
from .usual_names import USUAL_NAMES

__all__ = ["DelimitedText", "read_delimited"]

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_LINES = 50  # looked at to find the separator and the header


class DelimitedText(NamedTuple):
    """A table cut into cells.

    Attributes:
        frame: One column of text per column of the table, by its name; numbered from 1 where there is no header.
        notes: What was found out, in sentences.
        commas_are_decimal: Whether ``1,234`` is rather 1.234, because commas do not separate the cells.
    """

    frame: pd.DataFrame
    notes: List[ImportNote]
    commas_are_decimal: bool = False


def read_delimited(text: str, path: Path, header: Optional[bool] = None) -> DelimitedText:
    """Cut a table into cells.

    Args:
        text: The file's text.
        path: Where it comes from, for messages.
        header: Whether the first line names the columns; None: find out.

    Raises:
        DataError: It is empty, or its lines have different numbers of cells.
    """
    if "\x00" in text:
        raise DataError(f"{path}: expected a table, got text with NUL characters. Is it a file of another kind?")
    sample = [line for line in text.splitlines()[:_LINES] if line.strip()]
    if not sample:
        raise DataError(f"{path}: expected a table, got an empty file. Check that this is the right file.")
    separator = _separator(sample)
    cells = _cells(text, separator, path)
    named = _has_header(cells) if header is None else header
    notes = [] if separator == "," else [ImportNote(f"cells are separated by {_SEPARATORS[separator]}")]
    if not named:
        notes.append(ImportNote("there is no header; columns are called by their numbers, from 1"))
        cells.columns = pd.Index([str(number) for number in range(1, cells.shape[1] + 1)])
        return DelimitedText(cells, notes, separator != ",")
    names = unique_names([str(cell) for cell in cells.iloc[0]])
    body = cells.iloc[1:].reset_index(drop=True)
    body.columns = pd.Index(names)
    if not len(body):
        raise DataError(f"{path}: expected lines of data below the header, got none.")
    return DelimitedText(body, notes, separator != ",")


def unique_names(names: List[str]) -> List[str]:
    """Name every column once: a nameless one by its number, a repeated one with a number behind.

    Example:
        >>> unique_names(["", "size", "size"])
        ['column 1', 'size', 'size (2)']
    """
    unique: List[str] = []
    for number, name in enumerate(names, start=1):
        plain = " ".join(name.split()) or f"column {number}"
        copies = sum(other == plain or other.startswith(plain + " (") for other in unique)
        unique.append(f"{plain} ({copies + 1})" if copies else plain)
    return unique


def _separator(lines: List[str]) -> str:
    return max(_SEPARATORS, key=lambda separator: _fit(lines, separator))


def _fit(lines: List[str], separator: str) -> Tuple[float, int]:
    """Return how well a separator fits: the share of lines with the usual number of cells, and that number."""
    counts = [len(row) for row in csv.reader(lines, delimiter=separator) if row]
    usual = max(set(counts), key=counts.count) if counts else 1
    # One cell a line fits every file; it is the last resort.
    return (counts.count(usual) / len(counts), usual) if usual > 1 else (0.0, 1)


def _cells(text: str, separator: str, path: Path) -> pd.DataFrame:
    """Read every cell as text; lines without any are passed over.

    Raises:
        DataError: A line has another number of cells than the first.
    """
    # Not pandas' own reader: it fills short lines up without a word.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows: List[List[str]] = []
    try:
        for row in reader:
            if row and rows and len(row) != len(rows[0]):
                raise DataError(
                    f"{path}: line {reader.line_num}: expected {len(rows[0])} cells as in the first line, got "
                    f"{len(row)}. Quote cells that hold the separator, and fill short lines up."
                )
            rows += [row] if row else []
    except csv.Error as error:
        raise DataError(f"{path}: line {reader.line_num}: expected a table, got the error: {error}.") from error
    return pd.DataFrame(rows, dtype=object)


def _has_header(cells: pd.DataFrame) -> bool:
    first = [str(cell) for cell in cells.iloc[0]]
    below = cells.iloc[1:_LINES]
    if not len(below):
        return False
    repeats = any(cell in set(below.iloc[:, position]) for position, cell in enumerate(first) if not is_missing(cell))
    if any(is_written_number(cell) for cell in first):  # years, perhaps
        return not repeats and any(cell.strip().lower() in USUAL_NAMES for cell in first)
    if any(is_written_number(str(cell)) for cell in below.to_numpy().ravel()):
        return True
    return len(set(first)) == len(first) and not repeats
