"""Other labels instead of fewer rows: often the label is wrong, not the picture.

The selected rows keep their place in the data set and get the label that the trained network predicts for them
(`predicted_label` of the influence CSV). It is a *proposal*: the network may be wrong, above all where it has learned
the wrong labels by heart, so look at the changed rows or measure what they do.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Iterator, List, Union

import numpy as np

from .array import IntArray
from .dataset.csv import write_csvs
from .dataset.labels import class_labels, label_column
from .errors import DataError
from .scored_data import ScoredData
from .scores import INDEX_COLUMN, LABEL_COLUMN

__all__ = ["CHANGE_COLUMNS", "Relabelling", "propose_labels", "relabel"]

CHANGE_COLUMNS = ("old_label", "new_label", INDEX_COLUMN)


@dataclass(frozen=True)
class Relabelling:
    """Labels before and after.

    Attributes:
        label: The variable with the class numbers.
        old: (N,) labels as they are.
        new: (N,) proposed labels.
        agreed: The number of selected rows that have the predicted label already.

    Example:
        >>> Relabelling("y", np.array([0, 1, 1]), np.array([0, 0, 1]), agreed=1).changed.tolist()
        [1]
    """

    label: str
    old: IntArray
    new: IntArray
    agreed: int

    @property
    def changed(self) -> IntArray:
        """Row numbers (k,) whose label changes, ascending."""
        return np.flatnonzero(self.old != self.new)


def propose_labels(data: ScoredData, rows: IntArray, label: str = "y") -> Relabelling:
    """Give the selected rows the label the network predicts.

    Args:
        data: The data set, whose influence CSV has a column ``predicted_label``.
        rows: (k,) row numbers.
        label: The variable with the class numbers.

    Raises:
        DataError: There are no predicted labels, or the label column holds no class numbers.
    """
    predicted = _predicted(data)  # first: its absence explains labels that are no classes
    old = class_labels(data.table, label)
    new = old.copy()
    new[rows] = predicted[rows]
    return Relabelling(label, old, new, int((old[rows] == predicted[rows]).sum()))


def relabel(data: ScoredData, proposal: Relabelling, output: Union[str, Path], changed: Union[str, Path]) -> None:
    """Write the relabelled data set and the list of what changed, both whole or none.

    Args:
        data: The data set.
        proposal: Its labels before and after.
        output: The CSV to write: all rows, original columns and order; label cells that change hold the new label.
        changed: The CSV to write with the changed rows as they were, and behind them the columns `CHANGE_COLUMNS`.

    Raises:
        OutputExistsError: An output is read, holds the whole data set, or both are the same file.
        OSError: A folder cannot be written.
    """
    kept = Path(output)
    listed = Path(changed)
    data.refuse_outputs(kept, listed, changed=len(proposal.changed) > 0)
    table = data.table
    rows = proposal.changed
    # Generators: rows are rewritten one by one while they are written.
    write_csvs(
        (kept, table.header, _relabelled(data, proposal, table.rows_in(kept.absolute().parent))),
        (
            listed,
            [*table.header, *CHANGE_COLUMNS],
            (
                [*cells, str(proposal.old[row]), str(proposal.new[row]), str(row)]
                for row, cells in zip(rows, table.rows_in(listed.absolute().parent, rows))
            ),
        ),
    )


def _relabelled(data: ScoredData, proposal: Relabelling, rows: Iterable[List[str]]) -> Iterator[List[str]]:
    position = label_column(data.table, proposal.label).position
    for cells, old, new in zip(rows, proposal.old, proposal.new):
        if old != new:  # a cell like 3.0 that stays class 3 keeps its spelling
            cells[position] = str(new)
        yield cells


def _predicted(data: ScoredData) -> IntArray:
    """Read the predicted class numbers (N,)."""
    try:
        values = data.column(LABEL_COLUMN)
    except DataError as error:
        raise DataError(
            f"{error.message} Relabelling needs the column {LABEL_COLUMN}, which score and run write for networks that "
            "predict one class number per sample.",
            error.remedy,
        ) from error
    if np.any(values != np.floor(values)) or np.any(values < 0):
        raise DataError(f"{data.influence}: expected class numbers in column {LABEL_COLUMN}, found others.")
    return values.astype(np.int64)
