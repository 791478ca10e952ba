"""The class labels of a data set, read from its text.

A label column is one column of class numbers 0, 1, 2, ...; the cells decide, so that ``3`` and ``3.0`` are the same
class. Regression targets, vectors and text are no class labels.
"""

from __future__ import annotations

import numpy as np

from ..array import IntArray
from ..errors import DataError
from ..similar_names import did_you_mean
from .csv import Column, Table, is_number
from .problems import Problem, Problems

__all__ = ["class_labels", "label_column"]


def label_column(table: Table, label: str) -> Column:
    """Return the one column of a variable.

    Raises:
        DataError: There is no such variable, or it has several columns.
    """
    columns = table.variables.get(label, [])
    if len(columns) != 1:
        raise DataError(
            f"{table.path}: expected one label column {label!r}, got {len(columns) or 'none'}. The variables are "
            f"{list(table.variables)}; name the one with the class numbers.{did_you_mean(label, table.variables)}"
        )
    return columns[0]


def class_labels(table: Table, label: str) -> IntArray:
    """Read the class number of every row.

    Args:
        table: The data set's text.
        label: The variable that holds them, such as ``y``.

    Returns:
        (N,) int64.

    Raises:
        DataError: There is no such label column, or it holds something else than class numbers.
    """
    column = label_column(table, label)
    problems = Problems(table.path)
    labels = np.zeros(len(table), dtype=np.int64)
    for row, cells in enumerate(table.rows):
        cell = cells[column.position]
        if is_number(cell) and float(cell).is_integer() and float(cell) >= 0:
            labels[row] = int(float(cell))
        else:
            place = (table.line(row), column.position, table.header[column.position], cell)
            problems.add(
                Problem(*place, "expected a class number (0, 1, 2, ...)"),
                "Number the classes, or name a column that holds class numbers.",
            )
    problems.raise_if_any()
    return labels
