"""What retrained networks say of each row: figures of every retraining, kept in a file beside the curve's table.

A table has means, from which nobody can tell how far chance in the rows goes. So the losses of all measured rows, and
whether the predicted class was right, lie in ``<table>.rows.npz``, each under the job it came from. A retraining counts
as finished only if both files hold it.
"""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Dict, Mapping, Optional, Tuple

import numpy as np

from ..array import Array
from ..errors import DataError
from ..files import atomic_path
from ..objective import Objective
from ..remedies import remedy

__all__ = ["RowFigures", "row_errors", "rows_file"]

Rows = Tuple[Array, Optional[Array]]
"""The losses (rows,) of a data set, and whether the predicted classes are the labels (rows,)."""

LOSSES = "losses"
RIGHT = "right"
SCALE = "scale"


def row_errors(losses: Array, right: Optional[Array], objective: Objective) -> Array:
    """Compute the error of each row, between 0 and 1.

    Where a class is predicted it is the mean of two: the expected error ``1 - p`` and whether the prediction is wrong.
    The first alone falls when a network merely grows surer of itself, which leaving out all doubtful samples does, and
    with them some accuracy; the second alone moves in steps of a whole row, so that it takes many rows to see anything.

    Args:
        losses: Their losses (rows,); all of them infinite if the training diverged, and so are the errors then.
        right: Whether the predicted class is the label (rows,); None where no class is predicted.
        objective: Says how a loss becomes an error.

    Example:
        >>> losses = -np.log([0.9, 0.4])
        >>> row_errors(losses, np.array([True, False]), Objective("error")).round(2).tolist()
        [0.05, 0.8]
    """
    if np.isposinf(losses).all():  # the training diverged
        return np.full(len(losses), math.inf)
    expected = objective.terms(losses)
    if right is None:
        return expected
    errors: Array = (expected + ~right) / 2
    return errors


def rows_file(table: Path) -> Path:
    """Return the file beside a curve's table that holds the rows' figures."""
    return table.with_name(f"{table.stem}.rows.npz")


class RowFigures:
    """Losses of rows, and whether their classes were predicted right, by job and data set.

    Example:
        >>> figures = RowFigures()
        >>> figures.add("job", {"selection": (-np.log([0.9, 0.4]), np.array([True, False]))})
        >>> "job" in figures, figures.errors("job", "selection", Objective("error")).round(2).tolist()
        (True, [0.05, 0.8])
    """

    def __init__(self) -> None:
        self._arrays: Dict[str, Array] = {}

    @property
    def scale(self) -> float:
        """By what -log p is multiplied to give the loss; NaN if the loss is something else."""
        return float(self._arrays.get(SCALE, math.nan))

    @scale.setter
    def scale(self, value: float) -> None:
        self._arrays[SCALE] = np.array(value)

    @classmethod
    def read(cls, table: Path) -> RowFigures:
        """Read the file beside a table; without one there are no figures.

        Raises:
            DataError: The file is broken.
        """
        path = rows_file(table)
        figures = cls()
        if path.is_file():
            try:
                with np.load(path, allow_pickle=False) as file:
                    figures._arrays = {name: file[name] for name in file.files}
            except (OSError, ValueError, EOFError) as error:
                raise DataError(f"'{path}' is broken ({error}).", remedy("replace-curve")) from error
        return figures

    def write(self, table: Path) -> None:
        """Write the file beside a table, whole or not at all."""
        packed = io.BytesIO()
        np.savez(packed, **self._arrays)
        with atomic_path(rows_file(table)) as temporary:
            temporary.write_bytes(packed.getbuffer())

    def add(self, job: str, measured: Mapping[str, Rows]) -> None:
        """Add what a retraining says of the rows of every measured data set."""
        for data, (losses, right) in measured.items():
            self._arrays[f"{job}.{data}.{LOSSES}"] = losses.astype(np.float32)
            if right is not None:
                self._arrays[f"{job}.{data}.{RIGHT}"] = right

    def update(self, others: RowFigures) -> None:
        """Add the figures of other retrainings."""
        self._arrays.update(others._arrays)

    def __contains__(self, job: str) -> bool:
        return any(name.startswith(f"{job}.") for name in self._arrays)

    def has(self, job: str, data: str) -> bool:
        """Tell whether a retraining was measured on a data set."""
        return f"{job}.{data}.{LOSSES}" in self._arrays

    def objective(self, job: str, data: str) -> Objective:
        """Return how losses become errors; for real values by the losses of one retraining, that without removal."""
        if not math.isnan(self.scale):
            return Objective("error", self.scale)
        return Objective.of_real_values(self._arrays[f"{job}.{data}.{LOSSES}"].astype(float))

    def errors(self, job: str, data: str, objective: Objective) -> Array:
        """Return the errors (rows,) of a data set's rows after a retraining, see `row_errors`."""
        losses = self._arrays[f"{job}.{data}.{LOSSES}"].astype(float)
        return row_errors(losses, self._arrays.get(f"{job}.{data}.{RIGHT}"), objective)
