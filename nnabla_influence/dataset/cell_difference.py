"""Where two tables with the same rows differ: the first cell that is another number, or a file of another name."""

from __future__ import annotations

from pathlib import PureWindowsPath
from typing import Optional, Sequence, Tuple

from .csv import Table, is_number

__all__ = ["first_difference", "same_cell"]


def first_difference(expected: Table, actual: Table, places: Sequence[Tuple[int, int]]) -> Optional[str]:
    """Say where the first cell lies that differs, row by row, and what either table holds there; None without one.

    Args:
        expected: A table.
        actual: A table whose row k is about the same sample as the other's row k.
        places: The columns to compare, as places in the rows of both.

    >>> from pathlib import Path
    >>> a, b = (Table(Path(name), ["x", "y"], [["0", "1"], ["5", label]]) for name, label in (("a", "2"), ("b", "3")))
    >>> first_difference(a, b, [(0, 0), (1, 1)])
    "b: line 3, column 'y': expected '2' as on line 3 of a, found '3'."
    """
    for row, (ours, theirs) in enumerate(zip(expected.rows, actual.rows)):
        for mine, other in places:
            if not same_cell(ours[mine], theirs[other]):
                return (
                    f"{actual.path}: line {actual.line(row)}, column {actual.header[other]!r}: expected {ours[mine]!r} "
                    f"as on line {expected.line(row)} of {expected.path}, found {theirs[other]!r}."
                )
    return None


def same_cell(first: str, second: str) -> bool:
    """Whether two cells are equal numbers, or files of the same name."""
    if first == second:  # nearly always, and cheap
        return True
    if is_number(first) and is_number(second):
        return float(first) == float(second)
    # Relative paths differ where the folders of the CSVs do. A Windows path splits at both kinds of slash.
    return PureWindowsPath(first).name == PureWindowsPath(second).name
