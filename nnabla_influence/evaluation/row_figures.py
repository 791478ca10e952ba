"""What retrained networks say of each row: figures of every retraining, kept in a file beside the curve's table.

A table has means, from which nobody can tell how far chance in the rows goes. So the losses of all measured rows, and
whether the predicted class was right, lie in ``<table>.rows.npz``, each under the job it came from. A retraining counts
as finished only if both files hold it.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from ..archives.npz_arrays import pack_arrays, unpack_arrays
from ..array import Array
from ..errors import CorruptFileError, DataError, TooLargeError
from ..files import write_bytes_atomic
from ..objective import Objective
from ..remedies import remedy

__all__ = ["RowFigures", "row_errors", "rows_file"]

Rows = Tuple[Array, Optional[Array]]
"""The losses (rows,) of a data set, and whether the predicted classes are the labels (rows,)."""

LOSSES = "losses"
RIGHT = "right"
SCALE = "scale"
FOLD_NAMES = "folds"
CLASSES = "classes"
SMALLEST = 1e-4  # probabilities beyond are as good as certain


def row_errors(losses: Array, right: Optional[Array], objective: Objective, probabilities: bool) -> Array:
    """Compute the error of each row, between 0 and 1.

    Of a probability p of the row's label three errors can be made, and each alone misleads:

    * the expected error ``1 - p`` falls when a network merely grows surer of itself. Leaving out all doubtful samples
      does that, and costs accuracy;
    * whether the predicted class is wrong moves in steps of a whole row, so that it takes many rows to see anything;
    * the *levelled* error ``1 / (1 + exp(z / median |z|))`` of the log-odds ``z = log(p / (1 - p))`` is the same
      however sure a network is, because its own median levels it, but hardly moves where most rows are easy.

    The error is the mean of the third and of the mean of the first two.

    Args:
        losses: Their losses (rows,); all of them infinite if the training diverged, and so are the errors then.
        right: Whether the predicted class is the label (rows,); None where no class is predicted.
        objective: Says how a loss becomes an expected error.
        probabilities: Whether that is one of probabilities; for real values it is all that can be said.

    Example:
        >>> losses = -np.log([0.9, 0.4])
        >>> row_errors(losses, np.array([True, False]), Objective("error"), True).round(2).tolist()
        [0.1, 0.69]
    """
    if np.isposinf(losses).all():  # the training diverged
        return np.full(len(losses), math.inf)
    expected = objective.terms(losses)  # 1 - p
    if not probabilities:
        return expected
    plain = expected if right is None else (expected + ~right) / 2
    errors: Array = (_levelled(expected) + plain) / 2
    return errors


def _levelled(expected: Array) -> Array:
    """Return the levelled errors of expected errors (rows,)."""
    bounded = np.clip(expected, SMALLEST, 1 - SMALLEST)
    odds = np.log1p(-bounded) - np.log(bounded)  # z
    level = float(np.median(np.abs(odds))) or 1.0
    errors: Array = 1 / (1 + np.exp(odds / level))
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
        (True, [0.1, 0.6])
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

    @property
    def folds(self) -> List[str]:
        """The names of the trainings without a fold, fold by fold; empty if there are none."""
        names = self._arrays.get(FOLD_NAMES)
        return [] if names is None else [str(name) for name in names]

    @property
    def classes(self) -> int:
        """How many classes the training labels have; 0 if that was not asked."""
        return int(self._arrays.get(CLASSES, 0))

    def begin_folds(self, names: Sequence[str], classes: int) -> None:
        """Say which trainings without a fold there will be; what is known of any others is forgotten.

        Args:
            names: Of the trainings, fold by fold.
            classes: How many classes the training labels have.
        """
        for other in set(self.folds) - set(names):
            for key in [key for key in self._arrays if key.startswith(f"{other}.")]:
                del self._arrays[key]
        self._arrays[FOLD_NAMES] = np.array(names)
        self._arrays[CLASSES] = np.array(classes)

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
                figures._arrays = unpack_arrays(path.read_bytes())
                figures._check()
            except (OSError, CorruptFileError, TooLargeError) as error:
                raise DataError(f"'{path}' is broken ({error}).", remedy("replace-curve")) from error
        return figures

    def _check(self) -> None:
        """Refuse what is not as `write` wrote it.

        Raises:
            CorruptFileError: A number or a list of names is something else.
        """
        for name in (SCALE, CLASSES):
            if name in self._arrays and (self._arrays[name].shape or self._arrays[name].dtype.kind not in "if"):
                raise CorruptFileError(f"expected '{name}' to be a number")
        names = self._arrays.get(FOLD_NAMES)
        if names is not None and (names.ndim != 1 or names.dtype.kind != "U"):
            raise CorruptFileError(f"expected '{FOLD_NAMES}' to be a list of names")

    def write(self, table: Path) -> None:
        """Write the file beside a table, whole or not at all; which retraining ended first changes no byte."""
        arrays = {name: self._arrays[name] for name in sorted(self._arrays)}
        write_bytes_atomic(rows_file(table), pack_arrays(arrays))

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
        return Objective.of_real_values(self.losses(job, data))

    def losses(self, job: str, data: str) -> Array:
        """Return the losses (rows,) of a data set's rows after a retraining; infinite if it diverged."""
        losses: Array = self._arrays[f"{job}.{data}.{LOSSES}"].astype(float)
        return losses

    def errors(self, job: str, data: str, objective: Objective) -> Array:
        """Return the errors (rows,) of a data set's rows after a retraining, see `row_errors`."""
        losses = self.losses(job, data)
        right = self._arrays.get(f"{job}.{data}.{RIGHT}")
        return row_errors(losses, right, objective, not math.isnan(self.scale))

    def wrong(self, job: str, data: str) -> Optional[Array]:
        """Return whether the predicted classes are wrong (rows,), 0 or 1; None where no class is predicted."""
        right = self._arrays.get(f"{job}.{data}.{RIGHT}")
        return None if right is None else (~right).astype(float)
