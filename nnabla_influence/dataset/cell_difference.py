"""Where two tables with the same rows differ: the first cell that is another number, or a file of another name."""

from __future__ import annotations

from pathlib import PureWindowsPath
from typing import NamedTuple, Optional, Sequence, Tuple

from .csv import Table, is_number

__all__ = ["CellDifference", "first_difference", "same_cell"]


class CellDifference(NamedTuple):
    """A cell that two tables do not share.

    Attributes:
        row: The row of both, from 0.
        first: Its place in the rows of the first table, from 0.
        second: Its place in those of the second.
    """

    row: int
    first: int
    second: int


def first_difference(first: Table, second: Table, places: Sequence[Tuple[int, int]]) -> Optional[CellDifference]:
    """Return the first cell that differs, row by row; None where there is none.

    Args:
        first: A table.
        second: A table whose row k is about the same sample as the first's row k.
        places: The columns to compare, as places in the rows of both.

    >>> from pathlib import Path
    >>> a, b = (Table(Path(name), ["x", "y"], [["0", "1"], ["5", label]]) for name, label in (("a", "2"), ("b", "3")))
    >>> first_difference(a, b, [(0, 0), (1, 1)])
    CellDifference(row=1, first=1, second=1)
    """
    for row, (ours, theirs) in enumerate(zip(first.rows, second.rows)):
        for mine, other in places:
            if not same_cell(ours[mine], theirs[other]):
                return CellDifference(row, mine, other)
    return None


def same_cell(first: str, second: str) -> bool:
    """Whether two cells are equal numbers, or files of the same name."""
    if first == second:  # nearly always, and cheap
        return True
    if is_number(first) and is_number(second):
        return float(first) == float(second)
    # Relative paths differ where the folders of the CSVs do. A Windows path splits at both kinds of slash.
    return PureWindowsPath(first).name == PureWindowsPath(second).name
