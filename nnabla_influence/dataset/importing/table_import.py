"""From a table to NNC data sets: every column is judged, the rows are dealt out, numbers are written as they were."""

from __future__ import annotations

from pathlib import Path
from typing import List, Optional, Sequence, Tuple

import numpy as np

from ...array import Array
from ...errors import DataError
from ...remedies import remedy
from ..decoding import decoder_name
from .column_cells import ColumnCells, read_column, text_cells
from .image_import import import_images
from .import_note import ImportNote, listed, sentences
from .import_settings import ImportSettings
from .imported_data import ImportedData, cell_of, label_cells, label_header
from .input_column import InputColumn, judge_column
from .label_plan import guessed_label, plan_labels
from .row_parts import assign_rows, copies_note
from .source_table import SourceTable

__all__ = ["import_table"]

MOST_NAMED = 30


def import_table(
    source: SourceTable, settings: ImportSettings, folder: Path, given: Optional[Sequence[str]] = None
) -> ImportedData:
    """Turn a table into NNC data sets.

    Args:
        source: The table.
        settings: What the user says about it.
        folder: Where the data sets are to be written, for the paths of images.
        given: The part of each row, where the source states it.

    Raises:
        DataError: No column is the label, a named one does not exist, a column holds dates, or nothing is left.
    """
    decisions = list(source.notes)
    names = [str(name) for name in source.frame.columns]
    labels = _label_columns(names, settings, decisions)
    ignored = _known(settings.ignore, names)
    plan = plan_labels({name: _cells(source, name) for name in labels}, settings.task)
    decisions += plan.notes
    rows = np.flatnonzero(plan.present)
    if len(rows) < len(plan.values):
        decisions.append(ImportNote(f"rows left out, without a label: {len(plan.values) - len(rows):,}"))
    inputs = [name for name in names if name not in labels and name not in ignored]
    if ignored:
        decisions.append(ImportNote(f"left out as asked: {listed(ignored)}"))
    stated = ["training"] * len(plan.values) if given is None else given
    pictures = _image_column(source, inputs)
    if pictures is not None:
        others = [name for name in inputs if name != pictures]
        decisions.append(ImportNote("names the images", pictures))
        if others:
            decisions.append(ImportNote(f"left out beside the images: {listed(others)}"))
        return import_images(_paths(source, pictures), plan, stated, settings, folder, decisions)
    columns = _judged(source, inputs, decisions)
    keys = _keys(columns, rows)
    decisions += copies_note(keys, [tuple(values) for values in plan.values[rows]])
    strata = plan.strata
    parts, notes = assign_rows(
        keys,
        [stated[row] for row in rows],
        dict(settings.shares),
        settings.seed,
        None if strata is None else strata[rows],
    )
    numbers = np.concatenate([column.values(rows[parts["training"]]) for column in columns], axis=1)  # (N, inputs)
    headers = [header for column in columns for header in column.headers]
    header = [f"x__{number}:{name}" for number, name in enumerate(headers)] + label_header(plan.headers)
    cells = {
        part: [[cell_of(value) for value in numbers[row]] + label_cells(plan.values[row]) for row in rows[members]]
        for part, members in parts.items()
    }
    return ImportedData(header, cells, plan.classes, sentences(decisions + notes))


def _label_columns(names: List[str], settings: ImportSettings, decisions: List[ImportNote]) -> Tuple[str, ...]:
    if settings.labels:
        return _known(settings.labels, names)
    guessed = guessed_label([name for name in names if name not in settings.ignore])
    if guessed is None:
        raise DataError(
            f"Expected a label column with a usual name such as label or class, got the columns {_some(names)}.",
            remedy("name-label-column"),
        )
    decisions.append(ImportNote("taken as the label, by its name", guessed))
    return (guessed,)


def _known(wanted: Sequence[str], names: List[str]) -> Tuple[str, ...]:
    """Return the columns by their full names; letters of another case and blanks around are overlooked.

    Raises:
        DataError: There is no such column.
    """
    by_plain = {name.strip().lower(): name for name in reversed(names)}
    missing = [name for name in wanted if name not in names and name.strip().lower() not in by_plain]
    if missing:
        raise DataError(f"Expected one of the columns {_some(names)}, got {missing[0]!r}. Check the name.")
    return tuple(name if name in names else by_plain[name.strip().lower()] for name in wanted)


def _cells(source: SourceTable, name: str) -> ColumnCells:
    return read_column(source.frame[name], name, source.commas_are_decimal)


def _judged(source: SourceTable, names: Sequence[str], decisions: List[ImportNote]) -> List[InputColumn]:
    columns: List[InputColumn] = []
    for name in names:
        column, notes = judge_column(name, _cells(source, name), source.frame[name])
        decisions += notes
        if column is not None:
            columns.append(column)
    if not columns:
        raise DataError(
            f"Expected a column of numbers or categories beside the label, got none of use in {_some(names)}."
        )
    return columns


def _keys(columns: Sequence[InputColumn], rows: Array) -> List[bytes]:
    """Return what makes rows equal: all that the network reads of them, with missing numbers as such."""
    blocks = [column.numbers[:, None] if column.numbers is not None else column.values(rows) for column in columns]
    whole = np.ascontiguousarray(np.concatenate(blocks, axis=1)[rows]) + 0.0  # -0.0 and 0.0 are the same number
    return [row.tobytes() for row in whole]


def _image_column(source: SourceTable, names: Sequence[str]) -> Optional[str]:
    """Return the column whose cells are names of images, None if there is none."""
    for name in names:
        cells = [cell for cell in text_cells(source.frame[name]) if cell]
        if cells and all(decoder_name(cell) == "image" for cell in cells):
            return name
    return None


def _paths(source: SourceTable, name: str) -> List[Path]:
    """Return the files that a column names, relative to the table; backslashes separate folders on every system."""
    base = Path() if source.path is None else source.path.parent
    return [base / cell.replace("\\", "/") for cell in text_cells(source.frame[name])]


def _some(names: Sequence[str]) -> str:
    """List columns in a message, some of very many."""
    return ", ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")
