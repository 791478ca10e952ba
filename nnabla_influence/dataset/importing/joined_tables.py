"""Several tables that are the parts of one data set, as one table, whose columns are judged once.

Numbers of classes, categories and medians have to agree between training and validation data; so the tables are joined
by the names of their columns, and each row is told which part it belongs to.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, List, Mapping, NamedTuple, Optional, Sequence

import pandas as pd

from ...errors import DataError
from ..decoding import decoder_name
from .column_cells import text_cells
from .import_note import ImportNote, listed
from .source_table import SourceTable

__all__ = ["JoinedTables", "join_tables"]


class JoinedTables(NamedTuple):
    """One table, and where its rows are from.

    Attributes:
        table: All rows, those of the training data first.
        given: The part of each row.
    """

    table: SourceTable
    given: List[str]


def join_tables(tables: Mapping[str, SourceTable]) -> JoinedTables:
    """Join the tables of the parts.

    Args:
        tables: One table for each part, the training data first.

    Raises:
        DataError: A part lacks a column that the training data has.
    """
    first, *_ = tables.values()
    names = list(first.frame.columns)
    for part, table in tables.items():
        missing = [name for name in names if name not in table.frame.columns]
        if missing:
            raise DataError(
                f"{table.path or f'{part} data'}: expected the columns of the training data, got none called "
                f"{listed(missing)}. Give both tables the same names."
            )
    mixed = [name for name in names if len({_holds_numbers(table.frame[name]) for table in tables.values()}) > 1]
    frames = [_with_paths(_with_text(table, mixed), first.path) for table in tables.values()]
    notes = [
        ImportNote(f"{part} rows: those of {t.path.name}")
        for part, t in tables.items()
        if t.path and part != "training"
    ]
    notes += [
        note._replace(text=f"{part}: {note.text}" if part != "training" else note.text)
        for part, table in tables.items()
        for note in table.notes
    ]
    given = [part for part, table in tables.items() for _ in range(len(table.frame))]
    whole = frames[0] if len(frames) == 1 else pd.concat([frame[names] for frame in frames], ignore_index=True)
    commas = any(table.commas_are_decimal for table in tables.values())
    return JoinedTables(SourceTable(whole, notes, first.path, commas), given)


def _with_text(table: SourceTable, names: Sequence[str]) -> SourceTable:
    """Return a table whose columns are text, as far as it was text: one part's numbers may be another's words."""
    wanted = [name for name in names if _holds_numbers(table.frame[name])]
    if table.read_text is None or not wanted:
        return table
    frame = table.frame.copy(deep=False)
    for name, cells in zip(wanted, table.read_text(wanted)):
        frame[name] = cells
    return table._replace(frame=frame)


def _holds_numbers(column: pd.Series[Any]) -> bool:
    return pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)


def _with_paths(table: SourceTable, reference: Optional[Path]) -> pd.DataFrame:
    """Return a table whose names of images are found from the folder of another one."""
    if table.path is None or (reference is not None and table.path.parent == reference.parent):
        return table.frame
    base = table.path.parent.absolute()
    frame = table.frame.copy()
    for name in frame.columns:
        if decoder_name(str(frame[name].iloc[0])) == "image":
            frame[name] = [str(base / cell) if cell else cell for cell in text_cells(frame[name])]
    return frame
