"""Read what an influence CSV holds about every sample: score, rank, class, and what else was noted beside them.

An influence CSV has the training data's own columns, then ``influence``, further columns of numbers
(``predicted_label`` and ``loss`` have a meaning of their own here, any other is shown as it is) and
``datasource_index``. Somebody may have sorted the file anew in a spreadsheet, so the rank (1 is the most harmful) comes
from the scores, not from the lines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Union

import numpy as np

from ..array import Array, IntArray
from ..choices import OBJECTIVES
from ..dataset.class_names import NO_NAMES, ClassNames
from ..dataset.csv import Column, Table
from ..dataset.indexed_column import IndexedColumn
from ..objective import LOSS, Objective
from ..scores import INDEX_COLUMN, LABEL_COLUMN, LOSS_COLUMN, SCORE_COLUMN
from ..scores_passport import warn_if_edited
from .classes import Classes

__all__ = ["ScoredSamples"]


@dataclass(frozen=True)
class ScoredSamples:
    """N samples in the order of the CSV's lines; made by `read`.

    Attributes:
        table: The influence CSV.
        scores: (N,) influence scores; negative is harmful.
        score_cells: The scores as they are written.
        indexes: (N,) rows of the training CSV.
        extras: (N,) further columns of numbers by name, ``loss`` among them if there is one; NaN where a cell is empty.
        predicted: (N,) predicted classes as numbers, or None.
        classes: Every sample's class, or None if the data have no classes.
        data_columns: The training data's own columns.
        objective: What the scores are changes of, where the header says it: ``error``; else ``loss``.
    """

    table: Table
    scores: Array
    score_cells: List[str]
    indexes: IntArray
    extras: Dict[str, Array]
    predicted: Optional[Array]
    classes: Optional[Classes]
    data_columns: List[Column]
    objective: Objective = LOSS

    @classmethod
    def read(cls, path: Union[str, Path], label: Optional[str] = None, names: ClassNames = NO_NAMES) -> ScoredSamples:
        """Read an influence CSV.

        Args:
            path: The CSV that ``score`` or ``run`` wrote.
            label: The variable with the classes; left out, ``y`` if it holds classes.
            names: What the classes are called.

        Raises:
            DataError: The file is missing, no influence CSV, or has broken cells (all listed); or has no such label.
        """
        table = Table.read(path)
        by_index = IndexedColumn.read_scores(table, SCORE_COLUMN)
        warn_if_edited(table.path, len(table))
        (score,) = table.variables[SCORE_COLUMN]
        # The layout of an influence CSV: the data's own columns, the score, further numbers, the index.
        data = [column for column in table.columns if column.position < score.position]
        extras = _extras(table, score.position)
        return cls(
            table=table,
            scores=by_index.values,
            score_cells=[row[score.position].strip() for row in table.rows],
            indexes=by_index.samples,
            predicted=extras.pop(LABEL_COLUMN, None),
            extras=extras,
            classes=Classes.read(table, data, label, names),
            data_columns=data,
            objective=Objective(score.label) if score.label in OBJECTIVES else LOSS,
        )

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def order(self) -> IntArray:
        """Lines (N,), most harmful first; ties by their row in the training data, whatever the order of the file."""
        order: IntArray = np.lexsort((self.indexes, self.scores))
        return order

    @property
    def harmful(self) -> int:
        """The number of samples with a negative score."""
        return int((self.scores < 0).sum())

    @property
    def signed(self) -> bool:
        """Whether the sign separates harmful from helpful: `loss` and `self-influence` have no positive scores."""
        return bool((self.scores > 0).any())

    @property
    def losses(self) -> Optional[Array]:
        """(N,) losses, or None."""
        return self.extras.get(LOSS_COLUMN)

    def differs(self, line: int) -> bool:
        """Whether the network predicts another class than the label says."""
        if self.predicted is None or self.classes is None or math.isnan(self.predicted[line]):
            return False
        return self.classes.name_of_number(self.predicted[line]) != self.classes.name(line)


def _column(table: Table, position: int) -> Array:
    """Read a column (N,) with NaN for whatever is no number."""
    return np.array([_number(row[position]) for row in table.rows], dtype=np.float64)


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan


def _extras(table: Table, score: int) -> Dict[str, Array]:
    """Read the columns of numbers beside the score, by name."""
    extras = {}
    for column in table.columns:
        if column.position > score and column.name != INDEX_COLUMN:
            values = _column(table, column.position)
            if np.isfinite(values).any():
                extras[table.header[column.position].strip()] = np.where(np.isfinite(values), values, math.nan)
    return extras
