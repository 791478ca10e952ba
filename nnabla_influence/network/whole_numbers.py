"""Columns whose values are places in a table: class labels, and the inputs of embeddings.

NNabla reads a class or a row that does not exist from wherever it would lie in memory, so what is in a column is
checked before it is used.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..errors import DataError

SHOWN, SHOWN_IN_A_ROW = 20, 3


class WholeNumbers(NamedTuple):
    """What a column must hold.

    Args:
        column: Its name.
        size: Rows of the table; values are 0 to size - 1.
        table: What the table is, for messages.
    """

    column: str
    size: int
    table: str

    def check(self, dataset: Any) -> None:
        """Refuses values that are no place in the table.

        Raises:
            DataError: The first of them are listed.
        """
        values = dataset.column(self.column).reshape(len(dataset), -1)
        wrong = (values < 0) | (values >= self.size) | (values != np.floor(values))  # (N, ...)
        rows = np.flatnonzero(wrong.any(axis=1))
        if len(rows):
            lines = [
                f"  {_place(dataset, row)}, column '{self.column}', value {_spelled(values[row][wrong[row]])}"
                for row in rows[:SHOWN]
            ]
            more = f"\n  and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
            raise DataError(
                f"{dataset.path}: column '{self.column}' should hold whole numbers from 0 to {self.size - 1}, "
                f"{self.table}:\n" + "\n".join(lines) + more + "\nCorrect these values, or use a network with more "
                "of them (a built-in has as many classes as the training data)."
            )


def _place(dataset: Any, row: int) -> str:
    return f"line {dataset.table.line(row)}" if dataset.table is not None else f"row {row}"


def _spelled(values: np.ndarray) -> str:
    more = ", ..." if len(values) > SHOWN_IN_A_ROW else ""
    return ", ".join(f"{value:g}" for value in values[:SHOWN_IN_A_ROW]) + more
