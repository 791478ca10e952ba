"""What NNC Desktop takes as a data set, checked beforehand so that it opens and trains.

NNC Desktop 0.2 checks a CSV when it imports one: ASCII cells, none of them empty, each a number or the name of a file
that is there, and in a column all of one kind. A data set that breaks these rules is refused here as it is there.
"""

from __future__ import annotations

import os
from typing import List, Tuple

from ...dataset.csv import Table, is_number
from ...dataset.problems import Problem, Problems

__all__ = ["NUMBER", "column_kinds"]

NUMBER = "number"

IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff")
FILES = (*IMAGES, ".wav", ".csv")
"""Kinds of files that NNC Desktop imports and this program can draw; Desktop's ``.dcm`` is none of these."""

_TAKES = f"NNC Desktop takes numbers and files ({', '.join(FILES)}); leave other columns out of the CSV."
_ASCII = "NNC Desktop takes ASCII text only, also in the names of files and folders; rename or move the files."


def column_kinds(table: Table) -> List[str]:
    """Check a data set by the rules of NNC Desktop's import.

    Args:
        table: The CSV.

    Returns:
        For each column `NUMBER`, or the extension of its files as it is written, e.g. ``.png``.

    Raises:
        DataError: A cell breaks the rules; all of them are named.
    """
    kinds = [_kind(cell) for cell in table.rows[0]]
    if table.holds_only_numbers:
        return kinds
    problems = Problems(table.path)
    for row, cells in enumerate(table.rows):
        for position, cell in enumerate(cells):
            message, advice = _fault(table, cell, kinds[position])
            if message:
                place = (table.line(row), position, table.header[position])
                problems.add(Problem(*place, cell, message, whole_column=True), advice)
    problems.raise_if_any()
    return kinds


def _kind(cell: str) -> str:
    return NUMBER if is_number(cell) else os.path.splitext(cell)[1]


def _fault(table: Table, cell: str, kind: str) -> Tuple[str, str]:
    """Return what is wrong with a cell and how to mend it, twice empty if nothing is."""
    if is_number(cell):
        return ("", "") if kind == NUMBER else (f"expected a file ({kind}) as on the first line, got a number", _TAKES)
    if not cell.strip():
        return "expected a number or a file, got an empty cell", "Fill the cells, or leave their lines out."
    path = table.resolve(cell)
    if not str(path).isascii():
        return f"expected a path of ASCII characters, got {path}", _ASCII
    if _kind(cell).lower() not in FILES:
        return "expected a number or a file", _TAKES
    if _kind(cell) != kind:
        return f"expected {kind} as on the first line, got another kind", _TAKES
    if not path.is_file():
        return f"expected a file, got none at {path}", "Check the paths; they are relative to the CSV's folder."
    return "", ""
