"""The noun *removal curve*: what removing the most harmful samples did to the loss, and how many to remove.

A curve is a table with one row per retraining (method, how many were removed, where retraining started, seed) and on
disk a CSV with these rows. From it come means with 95 % intervals over the seeds (see `interval`), differences to
removing nothing that are paired by seed, and the *choice*: the number that the selection data favours (see `choice`).
The test data says what the choice was worth, once; it never chooses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np

from ..array import Array
from ..errors import CacheMismatchError
from ..files import refuse_existing
from ..remedies import remedy
from .choice import Choice, best_number
from .curve_row import CurveRow, read_rows, write_rows
from .evaluation_data import SELECTION
from .interval import Interval
from .noise_excess import FoldErrors, NoiseExcess
from .row_figures import RowFigures, rows_file

__all__ = ["MEASURES", "NOTHING", "CurvePoint", "RemovalCurve"]

NOTHING = "none"  # the method of a row in which nothing was removed
WHOLE = (NOTHING, "remove", 0)
Point = Tuple[str, str, int]
"""Whose samples, what is done with them, and how many."""

MEASURES = ("selection_loss", "selection_accuracy", "test_loss", "test_accuracy")


@dataclass(frozen=True)
class CurvePoint:
    """A number of removed samples on a curve.

    Attributes:
        removed: How many samples were removed.
        value: The figure.
        change: Its difference to removing nothing, paired by seed.
    """

    removed: int
    value: Interval
    change: Interval


class RemovalCurve:
    """All retrainings of an experiment.

    Example:
        >>> nan = float("nan")
        >>> def row(method, removed, seed, loss):
        ...     return CurveRow(method, "remove", removed, "scratch", seed, loss, nan, nan, nan, 1.0, "CPU", "job", "e")
        >>> losses = {("none", 0): (1.0, 1.2), ("spectral", 30): (0.9, 1.08)}
        >>> curve = RemovalCurve([row(*key, seed, loss) for key in losses for seed, loss in enumerate(losses[key])])
        >>> curve.choice("spectral", "remove", "scratch").removed
        30
        >>> curve.points("spectral", "remove", "scratch", "selection_loss")[1].change.text()
        '-0.11 ± 0.13'

    Args:
        rows: One per retraining.
        figures: What each retraining says of every row of the data that was measured.
    """

    def __init__(self, rows: Sequence[CurveRow], figures: Optional[RowFigures] = None) -> None:
        self.rows = tuple(rows)
        self.figures = figures if figures is not None else RowFigures()

    def joined(self, other: RemovalCurve) -> RemovalCurve:
        """Return a curve with the retrainings of both; those of the other replace equal ones."""
        rows = {row.key: row for row in (*self.rows, *other.rows)}
        figures = RowFigures()
        figures.update(self.figures)
        figures.update(other.figures)
        return RemovalCurve(list(rows.values()), figures)

    # -- on disk -----------------------------------------------------------------------------------------------

    @classmethod
    def read_csv(cls, path: Union[str, Path]) -> RemovalCurve:
        """Read what `to_csv` wrote, and the figures of the rows if they lie beside it.

        Raises:
            DataError: The file is missing, lacks a column, or a cell is not what it should be.
        """
        return cls(read_rows(path), RowFigures.read(Path(path)))

    def to_csv(self, path: Union[str, Path], *, overwrite: bool = False) -> None:
        """Write one line per retraining, and beside them the figures of the rows if there are any.

        Each file is written whole or not at all.

        Args:
            path: The CSV to write.
            overwrite: Replace a file that is there.

        Raises:
            OutputExistsError: The file exists and `overwrite` is off.
        """
        refuse_existing([path], overwrite)
        if any(row.job in self.figures for row in self.rows):
            self.figures.write(Path(path))  # first: a retraining counts only if its figures are there
        write_rows(path, self.rows)

    @staticmethod
    def discard(path: Path) -> None:
        """Remove what `to_csv` wrote, if it is there."""
        for file in (path, rows_file(path)):
            if file.exists():
                file.unlink()

    # -- what it says ------------------------------------------------------------------------------------------

    @property
    def starts(self) -> List[str]:
        """The kinds of retraining, in the order of the rows."""
        return list(dict.fromkeys(row.start for row in self.rows))

    @property
    def series(self) -> List[Tuple[str, str]]:
        """(method, treatment) of every line of the curve, without `NOTHING`."""
        return list(dict.fromkeys((row.method, row.treatment) for row in self.rows if row.method != NOTHING))

    @property
    def seeds(self) -> int:
        """The number of different seeds."""
        return len({row.seed for row in self.rows})

    def has(self, measure: str) -> bool:
        """Say whether a measure, one of `MEASURES`, was taken."""
        return any(not math.isnan(getattr(row, measure)) for row in self.rows)

    def whole(self, start: str, measure: str) -> Interval:
        """Return a measure of removing nothing."""
        return Interval.of(list(self._without_removal(start, measure).values()))

    def control(self, control: str, start: str, measure: str) -> Interval:
        """Return what a control, one of `choices.CONTROLS`, changed of a measure; of 0 seeds if it was not run."""
        whole = self._without_removal(start, measure)
        values = self.by_seed(NOTHING, control, 0, start, measure)
        return Interval.of([value - whole[seed] for seed, value in values.items() if seed in whole])

    def points(self, method: str, treatment: str, start: str, measure: str) -> List[CurvePoint]:
        """Return a line of the curve, fewest removed first, beginning with removing nothing."""
        whole = self._without_removal(start, measure)
        line = [CurvePoint(0, Interval.of(list(whole.values())), Interval(0.0, 0.0, len(whole)))] if whole else []
        for removed in self.numbers(method, treatment, start):
            values = self.by_seed(method, treatment, removed, start, measure)
            changes = [value - whole[seed] for seed, value in values.items() if seed in whole]
            line.append(CurvePoint(removed, Interval.of(list(values.values())), Interval.of(changes)))
        return line

    def choice(self, method: str, treatment: str, start: str) -> Choice:
        """Return the number that the selection data favours, and what it changed."""
        removed = self._chosen(method, treatment, start)
        changes: Dict[str, Interval] = {}
        for measure in ("selection_loss", "test_loss", "test_accuracy"):
            points = self.points(method, treatment, start, measure) if self.has(measure) else []
            changes[measure] = next((p.change for p in points if p.removed == removed), Interval(math.nan, math.nan, 0))
        return Choice(method, treatment, start, removed, *changes.values())

    def choices(self) -> List[Choice]:
        """Return one choice for every line of the curve."""
        return [self.choice(*series, start) for start in self.starts for series in self.series]

    def by_seed(self, method: str, treatment: str, removed: int, start: str, measure: str) -> Dict[int, Any]:
        """Return a measure, or another column, of one number of removed samples, by seed."""
        key = (method, treatment, removed, start)
        return {row.seed: getattr(row, measure) for row in self.rows if row.key[:4] == key}

    def errors(self, points: Sequence[Point], start: str, data: str) -> List[Array]:
        """Return the errors (S, m) of m rows at some points of the curve, paired by seed.

        All have the same S seeds, in the same order: those that every point was trained with. A table that came without
        the figures of its rows, and points that were never trained, give an empty list.

        Args:
            points: Method, treatment and number of samples; number 0 is removing nothing, whatever the method.
            start: Where retraining started.
            data: ``selection`` or ``test``.
        """
        jobs = self._paired_jobs(points, start, data)
        if not jobs:
            return []
        whole = self.by_seed(*WHOLE, start, "job")
        objective = self.figures.objective(whole[min(whole)], data)
        return [np.stack([self.figures.errors(job, data, objective) for job in by_seed]) for by_seed in jobs]

    def wrong(self, points: Sequence[Point], start: str, data: str) -> List[Array]:
        """Return whether the predicted classes are wrong (S, m), as `errors` does; empty where none are predicted."""
        points_wrong = []
        for by_seed in self._paired_jobs(points, start, data):
            wrong = [self.figures.wrong(job, data) for job in by_seed]
            known = [of_rows for of_rows in wrong if of_rows is not None]
            if len(known) < len(wrong):
                return []
            points_wrong.append(np.stack(known))
        return points_wrong

    def _paired_jobs(self, points: Sequence[Point], start: str, data: str) -> List[List[str]]:
        """Return the jobs of points, those of the same seeds in the same order; empty where rows were not measured."""
        jobs = [self.by_seed(*(point if point[2] else WHOLE), start, "job") for point in points]
        seeds = sorted(set.intersection(*(set(by_seed) for by_seed in jobs)))
        paired = [[by_seed[seed] for seed in seeds] for by_seed in jobs]
        measured = all(self.figures.has(job, data) for by_seed in paired for job in by_seed)
        return paired if seeds and measured else []

    def noise_excess(self, rows: Optional[Array] = None) -> Optional[NoiseExcess]:
        """Return how many labels are wrong beyond the validation rows' share; None where no folds were trained.

        Args:
            rows: Rows of the selection data that may be asked; None for all.
        """
        folds = FoldErrors.of(self.figures)
        if folds is None:
            return None
        return folds.excess(np.arange(len(folds.selection)) if rows is None else rows)

    @property
    def label_noise(self) -> str:
        """How many labels seem wrong, in words; empty where no folds were trained."""
        folds = FoldErrors.of(self.figures)
        return "" if folds is None else folds.sentence

    def numbers(self, method: str, treatment: str, start: str) -> List[int]:
        """Return the numbers of samples that were removed by a method, ascending; 0 is not among them."""
        wanted = (method, treatment, start)
        return sorted({r.removed for r in self.rows if (r.method, r.treatment, r.start) == wanted and r.removed})

    # -- inside ------------------------------------------------------------------------------------------------

    def _without_removal(self, start: str, measure: str) -> Dict[int, float]:
        return self.by_seed(NOTHING, "remove", 0, start, measure)

    def _chosen(self, method: str, treatment: str, start: str) -> int:
        """Apply the one-standard-error rule over the seeds that every number has."""
        points = [(method, treatment, removed) for removed in (0, *self.numbers(method, treatment, start))]
        errors = self.errors(points, start, SELECTION) or self._losses(points, start)
        chosen = {removed: of_rows for (_, _, removed), of_rows in zip(points, errors)}
        return best_number(chosen, self.noise_excess()) if chosen else 0

    def _losses(self, points: Sequence[Point], start: str) -> List[Array]:
        """Return the mean losses as those of a single row (S, 1), for a table without the figures of rows."""
        losses = [self.by_seed(*(point if point[2] else WHOLE), start, "selection_loss") for point in points]
        seeds = sorted(set.intersection(*(set(by_seed) for by_seed in losses)))
        return [np.array([[by_seed[seed]] for seed in seeds]) for by_seed in losses] if seeds else []


def of_experiment(curve: RemovalCurve, experiment: str, path: Path) -> RemovalCurve:
    """Return the curve of an earlier run if its rows may stand beside new ones.

    Raises:
        CacheMismatchError: They belong to another experiment.
    """
    if any(row.experiment != experiment for row in curve.rows):
        raise CacheMismatchError(
            f"'{path}' holds a removal curve of other data, another network or other training settings.",
            remedy("replace-curve"),
        )
    return curve
