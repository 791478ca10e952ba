"""Writes a data set's rows with further columns: what the influence CSV and the list of suspicious rows share.

The cells stay as they are, relative paths are rewritten when the folder differs, and numbers of each row are added
behind them, in the end its number in the original CSV, ``datasource_index``, counted from 0. Text comments are left
out: Neural Network Console opens tables of numbers and files only.
"""

from __future__ import annotations

from pathlib import Path
from typing import List, Mapping, Optional, Set, Tuple, Union

from ..array import Array, IntArray
from .csv import Table, is_number, write_csv

__all__ = ["INDEX_COLUMN", "write_with_columns"]

INDEX_COLUMN = "datasource_index"


def write_with_columns(
    path: Union[str, Path], table: Optional[Table], added: Mapping[str, Array], rows: IntArray, what: str
) -> List[str]:
    """Write some rows of a data set with further numbers.

    Args:
        path: The file to write, whole or not at all.
        table: The data set's raw cells; None: it has none, and the numbers are written alone.
        added: (N,) numbers of all its rows, by the header of their column.
        rows: The row numbers to write, in this order.
        what: What the table is called in a notice, e.g. ``training data``.

    Returns:
        Notices: columns that were replaced or dropped.
    """
    path = Path(path).absolute()
    numbers = ([*(f"{values[row]:.9g}" for values in added.values()), str(row)] for row in rows)
    if table is None:
        write_csv(path, [*added, INDEX_COLUMN], numbers)
        return []
    kept, notices = _kept_columns(table, {name.split(":")[0] for name in added} | {INDEX_COLUMN}, what)
    cells = ([cells[place] for place in kept] for cells in table.rows_in(path.parent, rows))
    lines = (own + further for own, further in zip(cells, numbers))
    write_csv(path, [*(table.header[i] for i in kept), *added, INDEX_COLUMN], lines)
    return notices


def _kept_columns(table: Table, replaced: Set[str], what: str) -> Tuple[List[int], List[str]]:
    """Return the positions of the columns to carry over, and notices about the others."""
    kept: List[int] = []
    notices: List[str] = []
    for column in table.columns:
        header = table.header[column.position]
        if column.name in replaced:
            notices.append(f"column '{header}' of the {what} is replaced")
        elif column.comment and not all(is_number(row[column.position]) for row in table.rows):
            notices.append(
                f"comment column '{header}' is left out: Neural Network Console takes numbers and files only"
            )
        else:
            kept.append(column.position)
    return kept, notices
