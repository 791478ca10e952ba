"""Columns whose values are rows of a table: class labels, and the inputs of embeddings.

NNabla reads a class or a row that does not exist from wherever it would lie in memory, so what is in a column is
checked before it is used.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..array import Array
from ..dataset.dataset import Dataset
from ..errors import DataError

__all__ = ["LookupColumn"]

SHOWN_ROWS = 20
SHOWN_VALUES = 3  # of a row


class LookupColumn(NamedTuple):
    """A data-set column that a network looks up in a table.

    Args:
        column: Its name.
        size: Rows of the table; values are 0 to size - 1.
        table: What the table is, for messages.

    >>> from nnabla_influence import Dataset
    >>> LookupColumn("y", 2, "the classes of the network").check(Dataset.from_arrays({"y": [0, 1, 1]}))
    """

    column: str
    size: int
    table: str

    def check(self, dataset: Dataset) -> None:
        """Refuse values that are no row of the table.

        Raises:
            DataError: The first of them are listed.
        """
        values = dataset.column(self.column).reshape(len(dataset), -1)
        wrong = (values < 0) | (values >= self.size) | (values != np.floor(values))  # (N, ...)
        rows = np.flatnonzero(wrong.any(axis=1))
        if len(rows):
            lines = [
                f"  {_place(dataset, row)}, column '{self.column}', value {_spelled(values[row][wrong[row]])}"
                for row in rows[:SHOWN_ROWS]
            ]
            more = f"\n  and {len(rows) - SHOWN_ROWS} more" if len(rows) > SHOWN_ROWS else ""
            raise DataError(
                f"{dataset.path}: column '{self.column}' should hold whole numbers from 0 to {self.size - 1}, "
                f"{self.table}:\n" + "\n".join(lines) + more + "\nCorrect these values, or use a network with more "
                "of them (a built-in has as many classes as the training data)."
            )


def _place(dataset: Dataset, row: int) -> str:
    return f"line {dataset.table.line(row)}" if dataset.table is not None else f"row {row}"


def _spelled(values: Array) -> str:
    more = ", ..." if len(values) > SHOWN_VALUES else ""
    return ", ".join(f"{value:g}" for value in values[:SHOWN_VALUES]) + more
