"""The rows of a table of numbers as a CSV has them, made while they are written: text needs ten times the room."""

from __future__ import annotations

from typing import Collection, Iterator, List, Sequence

import numpy as np

from ...array import Array, IntArray
from .imported_data import cell_of
from .input_column import InputColumn

__all__ = ["NumberRows"]

_BLOCK = 5_000  # rows that are made at once


class NumberRows(Collection[List[str]]):
    """Some rows of a table.

    Args:
        columns: What the network reads, without missing numbers.
        labels: (N, k) the labels.
        rows: Which of the N rows.
    """

    def __init__(self, columns: Sequence[InputColumn], labels: Array, rows: IntArray) -> None:
        self._columns = columns
        self._labels = labels
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, cells: object) -> bool:
        return any(row == cells for row in self)

    def __iter__(self) -> Iterator[List[str]]:
        for start in range(0, len(self), _BLOCK):
            rows = self._rows[start : start + _BLOCK]
            inputs = [column.of_rows(rows) for column in self._columns]
            for numbers in np.concatenate([*inputs, self._labels[rows]], axis=1).tolist():
                yield list(map(cell_of, numbers))
