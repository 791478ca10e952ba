"""Aligns a table as plain text, numbers to the right; Japanese characters take two columns."""

from __future__ import annotations

import unicodedata
from typing import List, Sequence

__all__ = ["format_table"]


def format_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> List[str]:
    """Return the lines of an aligned table.

    Args:
        header: The column names.
        rows: Cells in the order of `header`; floats are shown with four decimals, None as ``-``.
    """
    cells = [list(header)] + [[_cell(value) for value in row] for row in rows]
    widths = [max(_width(row[column]) for row in cells) for column in range(len(header))]
    right = [
        bool(rows) and all(isinstance(row[column], (int, float, type(None))) for row in rows)
        for column in range(len(header))
    ]
    lines = ["  ".join(map(_pad, row, widths, right)).rstrip() for row in cells]
    return [lines[0], "  ".join("-" * width for width in widths), *lines[1:]]


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _width(text: str) -> int:
    """Count the columns that a text takes on a terminal."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _pad(text: str, width: int, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space
