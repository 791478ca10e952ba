"""From a table to NNC data sets: every column is judged, the rows are dealt out, numbers are written as they were."""

from __future__ import annotations

from pathlib import Path
from typing import List, Optional, Sequence, Tuple

import numpy as np

from ...errors import DataError
from ...remedies import remedy
from ...similar_names import did_you_mean
from ..decoding import decoder_name
from .column_cells import ColumnCells, read_column, text_cells
from .image_import import import_images
from .import_note import ImportNote, listed, sentences
from .import_settings import ImportSettings
from .imported_data import ImportedData, label_header
from .input_column import InputColumn, judge_column
from .label_plan import LabelPlan, plan_labels
from .number_rows import NumberRows
from .row_parts import assign_rows, copies_note, numbered_rows
from .source_table import SourceTable
from .usual_names import guessed_label, label_group

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
    labels, inputs = _chosen_columns(source, settings, decisions)
    plan = plan_labels({name: _cells(source, name) for name in labels}, settings.task)
    decisions += plan.notes
    stated = ["training"] * len(plan.values) if given is None else given
    pictures = _image_column(source, inputs)
    if pictures is not None:
        decisions += _picture_notes(pictures, inputs)
        return import_images(_paths(source, pictures), plan, stated, settings, folder, decisions)
    return _import_numbers(_judged(source, inputs, given, decisions), plan, stated, settings, decisions)


def _import_numbers(
    columns: List[InputColumn],
    plan: LabelPlan,
    stated: Sequence[str],
    settings: ImportSettings,
    decisions: List[ImportNote],
) -> ImportedData:
    rows = np.flatnonzero(plan.present)
    # What makes rows equal: all that the network reads of them, with missing numbers as such.
    keys = numbered_rows(column.cells[rows] for column in columns)
    decisions += copies_note(keys, numbered_rows(plan.values[rows].T))
    parts, notes = assign_rows(keys, [stated[row] for row in rows], settings.shares, settings.seed, plan.strata(rows))
    training = rows[parts["training"]]
    plan.require_trained(training)
    headers = [header for column in columns for header in column.headers]
    header = [f"x__{number}:{name}" for number, name in enumerate(headers)] + label_header(plan.headers)
    whole = [column.filled(training) for column in columns]
    cells = {part: NumberRows(whole, plan.values, rows[members]) for part, members in parts.items()}
    return ImportedData(header, cells, plan.classes, sentences(decisions + notes), plan.regression)


def _chosen_columns(
    source: SourceTable, settings: ImportSettings, decisions: List[ImportNote]
) -> Tuple[Tuple[str, ...], List[str]]:
    """Return the columns of labels, and those that are left for the network to read."""
    names = [str(name) for name in source.frame.columns]
    labels = _label_columns(source, names, settings, decisions)
    ignored = _known(settings.ignore, names)
    if ignored:
        decisions.append(ImportNote(f"left out as asked: {listed(ignored)}"))
    return labels, [name for name in names if name not in (*labels, *ignored)]


def _picture_notes(pictures: str, inputs: Sequence[str]) -> List[ImportNote]:
    others = [name for name in inputs if name != pictures]
    notes = [ImportNote("names the images", pictures)]
    return notes + ([ImportNote(f"left out beside the images: {listed(others)}")] if others else [])


def _label_columns(
    source: SourceTable, names: List[str], settings: ImportSettings, decisions: List[ImportNote]
) -> Tuple[str, ...]:
    if settings.labels:
        return _known(settings.labels, names)
    left = [name for name in names if name not in settings.ignore]
    guessed = guessed_label(left)
    group = label_group(left) if guessed is None else []
    if group and _are_one_hot(source, group):
        decisions.append(ImportNote(f"taken as the label, by their names: {listed(group)}"))
        return tuple(group)
    if guessed is None:
        raise DataError(
            f"Expected a label column with a usual name such as label or class, got the columns {_some(names)}.",
            remedy("name-label-column"),
        )
    decisions.append(ImportNote("taken as the label, by its name", guessed))
    return (guessed,)


def _are_one_hot(source: SourceTable, names: Sequence[str]) -> bool:
    """Whether columns hold one 1 in every row, and 0 besides."""
    numbers = [_cells(source, name).numbers for name in names]
    values = [column for column in numbers if column is not None]
    whole = np.stack(values, axis=1) if len(values) == len(names) else np.zeros((1, 1))
    return bool(np.isin(whole, (0, 1)).all() and (whole.sum(axis=1) == 1).all())


def _known(wanted: Sequence[str], names: List[str]) -> Tuple[str, ...]:
    """Return the columns by their full names; letters of another case and blanks around are overlooked.

    Raises:
        DataError: There is no such column.
    """
    by_plain = {name.strip().lower(): name for name in reversed(names)}
    missing = [name for name in wanted if name not in names and name.strip().lower() not in by_plain]
    if missing:
        meant = did_you_mean(missing[0], names) or " Check the name."
        raise DataError(f"Expected one of the columns {_some(names)}, got {missing[0]!r}.{meant}")
    return tuple(name if name in names else by_plain[name.strip().lower()] for name in wanted)


def _cells(source: SourceTable, name: str) -> ColumnCells:
    return read_column(source.frame[name], name, source.commas_are_decimal)


def _judged(
    source: SourceTable, names: Sequence[str], given: Optional[Sequence[str]], decisions: List[ImportNote]
) -> List[InputColumn]:
    columns: List[InputColumn] = []
    given = given if given is not None and len(set(given)) > 1 else None
    before = len(decisions)
    for name in names:
        column, notes = judge_column(name, _cells(source, name), source.frame[name], given)
        decisions += notes
        if column is not None:
            columns.append(column)
    if not columns:
        reasons = "; ".join(sentences(decisions[before:])) or "the label alone"
        raise DataError(f"Expected a column of numbers or categories beside the label, got none of use: {reasons}.")
    return columns


def _image_column(source: SourceTable, names: Sequence[str]) -> Optional[str]:
    """Return the column whose cells are names of images, None if there is none."""
    for name in names:
        column = source.frame[name]
        # The first cell tells most columns apart, before all of them are looked at.
        if decoder_name(str(column.iloc[0])) == "image" and all(
            decoder_name(cell) == "image" for cell in text_cells(column) if cell
        ):
            return name
    return None


def _paths(source: SourceTable, name: str) -> List[Path]:
    """Return the files that a column names, relative to the table; backslashes separate folders on every system."""
    base = Path() if source.path is None else source.path.parent
    return [base / cell.replace("\\", "/") for cell in text_cells(source.frame[name])]


def _some(names: Sequence[str]) -> str:
    """List columns in a message, some of very many."""
    return ", ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")
