"""Files of a data set that somebody changed or deleted after they were read.

A long job reads its files once, at the start; what it computes is about them as they were then. Whoever edits a picture
meanwhile should hear of it at the end. A file counts as changed if the operating system says that it was written, or
put in its place, after the reading began. Where a clock goes back meanwhile, a change may go unnoticed; nothing else
happens.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Iterator, List, Sequence, Tuple

from .csv import Table
from .decoding import decoder_name

__all__ = ["DELETED", "MOST_NAMED", "change_warning", "changed_files", "file_columns", "is_changed"]

DELETED = "deleted"
MOST_NAMED = 5
"""Changes that one sentence names."""


def changed_files(table: Table, since: int) -> Iterator[Tuple[Path, str]]:
    """Yield what was changed, with ``changed`` or ``deleted``: the CSV first, then its cells' files in file order.

    Args:
        table: The data set's text.
        since: When its reading began, in nanoseconds since 1970.
    """
    seen = set()
    files = file_columns(table)
    cells = (cells[position] for cells in (table.rows if files else ()) for position in files)
    for path in _each(table, cells):
        if path not in seen:
            seen.add(path)
            how = is_changed(path, since)
            if how:
                yield path, how


def file_columns(table: Table) -> List[int]:
    """Return the places of a row's cells that name files, by the first row."""
    columns = [column.position for column in table.columns if not column.comment]
    return [place for place in columns if decoder_name(table.rows[0][place])] if len(table) else []


def _each(table: Table, cells: Iterator[str]) -> Iterator[Path]:
    yield table.path
    for cell in cells:
        yield table.resolve(cell)


def is_changed(path: Path, since: int) -> str:
    """Return ``deleted``, ``changed`` or, of a file that is as it was, an empty text."""
    try:
        status = os.stat(str(path))
    except OSError:
        return DELETED
    # The change time cannot be set by hand; on Windows it is the time of creation.
    written = status.st_mtime_ns if sys.platform == "win32" else status.st_ctime_ns
    return "changed" if written > since else ""


def change_warning(changes: Sequence[Tuple[Path, str]]) -> str:
    """Return the sentence that names changes at the end of a job: the first `MOST_NAMED`, and whether there are more.

    Args:
        changes: Files, with ``changed`` or ``deleted``.
    """
    said = [f"{path} was {how}" for path, how in changes]
    more = ", and others were too" if len(said) > MOST_NAMED else ""
    return (
        f"{'; '.join(said[:MOST_NAMED])}{more} after it was read. The result is about the data as it was before; "
        "run again for the data as it is now."
    )
