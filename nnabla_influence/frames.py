"""Data frames in memory: one comes in as the arrays of a data set, numbers of samples go out as one.

A frame has one row per sample. If its columns are called as in the header of an NNC data set (``x__0, x__1, y``), they
are its variables. Otherwise the label columns become ``y`` and all others, in their order, the vector ``x``. Only
numbers come in this way: how text, dates and missing cells become numbers has to be the same for training and
validation data, and `import_data` decides it once for both.
"""

from __future__ import annotations

from typing import Dict, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np
import pandas as pd

from .array import Array, IntArray
from .dataset.header import group_columns, parse_header
from .dataset.importing.column_cells import ColumnCells, read_column
from .dataset.importing.label_plan import LabelPlan, plan_labels
from .dataset.importing.usual_names import guessed_label
from .errors import DataError
from .similar_names import did_you_mean

__all__ = ["Frame", "FrameArrays", "arrays_of", "frame_of"]

Frame = pd.DataFrame

_IN_ADVANCE = "Make numbers of it, or let import_data do so for training and validation data together."


class FrameArrays(NamedTuple):
    """What a frame holds.

    Attributes:
        arrays: (N, k) numbers by variable.
        classes: The names of the classes in the order of their numbers; empty if the labels are no classes.
    """

    arrays: Dict[str, Array]
    classes: Tuple[str, ...]


def arrays_of(
    frame: Frame, label: Union[str, Sequence[str], None] = None, classes: Optional[Sequence[str]] = None
) -> FrameArrays:
    """Turn a frame into the arrays of a data set.

    Args:
        frame: One row per sample.
        label: The label columns; None: those of an NNC header, else the one with a usual name.
        classes: The names of the classes in the order of their numbers; None: labels that are numbers stay as they
            are, text is numbered in the order of all names that occur.

    Raises:
        DataError: There is no such column, a column holds no numbers, cells are missing, or a class has no name.

    Example:
        >>> frame = pd.DataFrame({"length": [1.5, 2.0, 0.5], "kind": ["cat", "dog", "cat"]})
        >>> arrays_of(frame, "kind").arrays["y"].ravel().tolist(), arrays_of(frame, "kind").classes
        ([0.0, 1.0, 0.0], ('cat', 'dog'))
    """
    names = [str(name) for name in frame.columns]
    if label is None and any("__" in name for name in names):
        groups = group_columns(parse_header(names, "data frame"))
        members = {variable: [column.position for column in columns] for variable, columns in groups.items()}
        return FrameArrays({name: _numbers(frame, positions) for name, positions in members.items()}, ())
    labels = _label_columns(names, label)
    inputs = [position for position, name in enumerate(names) if name not in labels]
    if not inputs:
        raise DataError(f"Expected columns beside the label, got {', '.join(names)} only.")
    values, known = _labels({name: read_column(frame.iloc[:, names.index(name)], name) for name in labels}, classes)
    missing = int(np.isnan(values).any(axis=1).sum())
    if missing:
        raise DataError(f"Expected a label in every row, got none in {missing:,}. Leave these rows out.")
    return FrameArrays({"x": _numbers(frame, inputs), "y": values}, tuple(known))


def frame_of(columns: Mapping[str, Array], rows: IntArray, index: str) -> Frame:
    """Make a frame of numbers of samples.

    Args:
        columns: (N,) numbers by the name of their column.
        rows: The row numbers of the samples, in the order of the frame.
        index: What the row numbers are called.
    """
    chosen = {name: np.asarray(values)[rows] for name, values in columns.items()}
    return pd.DataFrame(chosen, index=pd.Index(rows, name=index))


def _label_columns(names: Sequence[str], label: Union[str, Sequence[str], None]) -> Tuple[str, ...]:
    wanted = guessed_label(names) if label is None else label
    if wanted is None:
        raise DataError(
            f"Expected a column with a usual name of labels, such as label or class, got {', '.join(names)}. Say which "
            "one it is: label=..."
        )
    columns = (wanted,) if isinstance(wanted, str) else tuple(wanted)
    missing = [name for name in columns if name not in names]
    if missing:
        meant = did_you_mean(missing[0], names) or " Check the name."
        raise DataError(f"Expected one of the columns {', '.join(names)}, got {missing[0]!r}.{meant}")
    return columns


def _labels(cells: Mapping[str, ColumnCells], classes: Optional[Sequence[str]]) -> Tuple[Array, Sequence[str]]:
    """Return labels (N, k), numbers as they are, and the names of text in the order of its numbers."""
    numbers = [column.numbers for column in cells.values() if column.numbers is not None]
    if len(numbers) == len(cells) and classes is None:
        return np.stack(numbers, axis=1), ()
    plan = plan_labels(cells)
    return (plan.values, plan.classes) if classes is None else _numbered(plan, classes)


def _numbered(plan: LabelPlan, classes: Sequence[str]) -> Tuple[Array, Sequence[str]]:
    """Return the numbers (N, 1) of the classes by a list of names that another data set made."""
    numbers = {name: number for number, name in enumerate(classes)}
    unknown = [name for name in plan.classes if name not in numbers]
    if unknown or not plan.classes:
        arrived = repr(unknown[0]) if unknown else "values"
        raise DataError(f"Expected the classes {', '.join(classes)} in column {plan.columns[0]!r}, got {arrived}.")
    lookup = np.array([*(numbers[name] for name in plan.classes), np.nan])  # the last of missing labels
    return lookup[np.nan_to_num(plan.values, nan=len(plan.classes)).astype(np.int64)], classes


def _numbers(frame: Frame, positions: Sequence[int]) -> Array:
    """Return columns of numbers (N, k).

    Raises:
        DataError: One holds something else, or cells are missing.
    """
    for position in positions:
        column = frame.iloc[:, position]
        name = frame.columns[position]
        if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)):
            raise DataError(f"Expected numbers in column {str(name)!r}, got {column.dtype}. {_IN_ADVANCE}")
        if column.isna().any():
            raise DataError(
                f"Expected a number in every row of column {str(name)!r}, got {int(column.isna().sum()):,} missing. "
                f"Fill them in, or let import_data do so for training and validation data together."
            )
    return np.stack([frame.iloc[:, position].to_numpy(np.float64) for position in positions], axis=1)
