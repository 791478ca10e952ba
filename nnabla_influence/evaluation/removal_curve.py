"""The noun *removal curve*: what removing the most harmful samples did to the loss, and how many to remove.

A curve is a table with one row per retraining (method, how many were removed, where retraining started, seed) and on
disk a CSV with these rows. From it come means with 95 % intervals over the seeds (Student's t), differences to removing
nothing that are paired by seed, and the *choice*: the number that the selection data favours. The test data says what
the choice was worth, once; it never chooses.

**The choice** follows the one-standard-error rule: of all numbers, zero included, take the smallest whose selection
loss is not above the best one's by more than a standard error of their difference, paired by seed. So when removal does
not clearly pay, nothing is removed.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, List, Sequence, Tuple, Union, get_type_hints

import numpy as np
from scipy import stats

from ..dataset.csv import Table, write_csv
from ..errors import CacheMismatchError, DataError

NOTHING = "none"  # the method of a row in which nothing was removed
MEASURES = ("selection_loss", "selection_accuracy", "test_loss", "test_accuracy")
NEGLIGIBLE = 1e-12  # what rounding leaves of changes of losses or accuracies that cancel


@dataclass(frozen=True)
class CurveRow:
    """One retraining.

    Attributes:
        method: Whose ranking chose the samples; `NOTHING` without removal.
        treatment: ``remove``, or ``relabel`` for giving the samples their predicted label.
        removed: How many samples.
        start: ``last-epoch`` or ``scratch``.
        seed: The training's seed.
        selection_loss: Mean loss on the data that chooses.
        selection_accuracy: NaN unless the labels are class numbers.
        test_loss: NaN without test data.
        test_accuracy: NaN without test data or classes.
        seconds: Duration.
        cpu: CPU model it was computed on.
        job: Identifies everything the figures depend on.
        experiment: Identifies what all rows of a curve share: data, network, configuration.
    """

    method: str
    treatment: str
    removed: int
    start: str
    seed: int
    selection_loss: float
    selection_accuracy: float
    test_loss: float
    test_accuracy: float
    seconds: float
    cpu: str
    job: str
    experiment: str

    @property
    def key(self) -> Tuple[str, str, int, str, int]:
        """What is asked of a retraining; a curve has one row for each."""
        return self.method, self.treatment, self.removed, self.start, self.seed


COLUMNS = tuple(field.name for field in dataclasses.fields(CurveRow))


@dataclass(frozen=True)
class Interval:
    """A mean over seeds.

    Attributes:
        mean: The mean.
        half: Half the width of its 95 % interval; NaN with a single seed.
        seeds: How many.
    """

    mean: float
    half: float
    seeds: int

    @property
    def shown_mean(self) -> float:
        """The mean to print: 0 for what rounding leaves of changes that cancel, such as +1/20 and -1/20."""
        return 0.0 if abs(self.mean) < NEGLIGIBLE else self.mean

    @classmethod
    def of(cls, values: Sequence[float]) -> Interval:
        """Student's t interval."""
        array = np.asarray(values, float)
        count = len(array)
        if count < 2 or not np.isfinite(array).all():
            return cls(float(array.mean()) if count else math.nan, math.nan, count)
        half = float(stats.t.ppf(0.975, count - 1) * array.std(ddof=1) / math.sqrt(count))
        return cls(float(array.mean()), half, count)

    @property
    def decided(self) -> bool:
        """Whether zero lies outside."""
        return abs(self.mean) > self.half


@dataclass(frozen=True)
class Point:
    """A number of removed samples on a curve: the figure, and its difference to removing nothing (paired by seed)."""

    removed: int
    value: Interval
    change: Interval


@dataclass(frozen=True)
class Choice:
    """The number of samples the selection data chose for a method, and what test data says about it.

    Attributes:
        method: The method.
        treatment: ``remove`` or ``relabel``.
        start: Where retraining started.
        removed: The number chosen; 0 means that nothing is worth removing.
        selection: Change of the selection loss.
        test_loss: Change of the test loss; empty (0 seeds) without test data.
        test_accuracy: Change of the test accuracy, likewise.
    """

    method: str
    treatment: str
    start: str
    removed: int
    selection: Interval
    test_loss: Interval
    test_accuracy: Interval


class RemovalCurve:
    """All retrainings of an experiment.

    Args:
        rows: One per retraining.
    """

    def __init__(self, rows: Sequence[CurveRow]) -> None:
        self.rows = tuple(rows)

    # -- on disk -----------------------------------------------------------------------------------------------

    @classmethod
    def read_csv(cls, path: Union[str, Path]) -> RemovalCurve:
        """Reads what `to_csv` wrote.

        Raises:
            DataError: The file is missing, lacks a column, or a cell is not what it should be.
        """
        table = Table.read(path)
        missing = [name for name in COLUMNS if name not in table.header]
        if missing:
            raise DataError(
                f"{table.path}: expected a removal curve, but the column {missing[0]} is missing. Give the CSV that "
                "evaluate wrote for removal."
            )
        return cls([_parsed(table, number) for number in range(len(table.rows))])

    def to_csv(self, path: Union[str, Path]) -> None:
        """Writes one line per retraining, whole or not at all."""
        write_csv(Path(path).absolute(), list(COLUMNS), ([_cell(getattr(r, c)) for c in COLUMNS] for r in self.rows))

    # -- what it says ------------------------------------------------------------------------------------------

    @property
    def starts(self) -> List[str]:
        """The kinds of retraining, in the order of the rows."""
        return list(dict.fromkeys(row.start for row in self.rows))

    @property
    def series(self) -> List[Tuple[str, str]]:
        """(method, treatment) of every line of the curve, without `NOTHING`."""
        return list(dict.fromkeys((row.method, row.treatment) for row in self.rows if row.method != NOTHING))

    def has(self, measure: str) -> bool:
        """Whether a measure, one of `MEASURES`, was taken."""
        return any(not math.isnan(getattr(row, measure)) for row in self.rows)

    def whole(self, start: str, measure: str) -> Interval:
        """A measure of removing nothing."""
        return Interval.of(list(self._by_seed(NOTHING, "remove", 0, start, measure).values()))

    def points(self, method: str, treatment: str, start: str, measure: str) -> List[Point]:
        """A line of the curve, fewest removed first, beginning with removing nothing."""
        whole = self._by_seed(NOTHING, "remove", 0, start, measure)
        found = [Point(0, Interval.of(list(whole.values())), Interval(0.0, 0.0, len(whole)))] if whole else []
        for removed in self._numbers(method, treatment, start):
            values = self._by_seed(method, treatment, removed, start, measure)
            changes = [value - whole[seed] for seed, value in values.items() if seed in whole]
            found.append(Point(removed, Interval.of(list(values.values())), Interval.of(changes)))
        return found

    def choice(self, method: str, treatment: str, start: str) -> Choice:
        """The number that the selection data favours, see the module's text."""
        removed = self._chosen(method, treatment, start)
        changes: Dict[str, Interval] = {}
        for measure in ("selection_loss", "test_loss", "test_accuracy"):
            points = self.points(method, treatment, start, measure) if self.has(measure) else []
            changes[measure] = next((p.change for p in points if p.removed == removed), Interval(math.nan, math.nan, 0))
        return Choice(method, treatment, start, removed, *changes.values())

    def choices(self) -> List[Choice]:
        """One for every line of the curve."""
        return [self.choice(*series, start) for start in self.starts for series in self.series]

    # -- inside ------------------------------------------------------------------------------------------------

    def _numbers(self, method: str, treatment: str, start: str) -> List[int]:
        wanted = (method, treatment, start)
        return sorted({r.removed for r in self.rows if (r.method, r.treatment, r.start) == wanted and r.removed})

    def _by_seed(self, method: str, treatment: str, removed: int, start: str, measure: str) -> Dict[int, float]:
        key = (method, treatment, removed, start)
        return {row.seed: getattr(row, measure) for row in self.rows if row.key[:4] == key}

    def _chosen(self, method: str, treatment: str, start: str) -> int:
        """The one-standard-error rule over the seeds that every number has."""
        losses = {0: self._by_seed(NOTHING, "remove", 0, start, "selection_loss")}
        for removed in self._numbers(method, treatment, start):
            losses[removed] = self._by_seed(method, treatment, removed, start, "selection_loss")
        seeds = sorted(set.intersection(*(set(by_seed) for by_seed in losses.values())))
        if not seeds:
            return 0
        table = {removed: np.array([by_seed[seed] for seed in seeds]) for removed, by_seed in losses.items()}
        return smallest_within_one_standard_error(table)


def smallest_within_one_standard_error(losses: Dict[int, np.ndarray]) -> int:
    """The smallest number whose mean loss is within a standard error of the best one's.

    Args:
        losses: For every number, the losses (seeds,), paired by seed. With one seed the standard error is taken as 0.
    """
    best = min(losses, key=lambda number: (losses[number].mean(), number))
    for number in sorted(losses):
        difference = losses[number] - losses[best]
        if not np.isfinite(difference).all():
            continue
        error = difference.std(ddof=1) / math.sqrt(len(difference)) if len(difference) > 1 else 0.0
        if difference.mean() <= error:
            return number
    return best


def merged(found: RemovalCurve, experiment: str, path: Path) -> RemovalCurve:
    """The rows of an earlier run that may stand beside new ones.

    Raises:
        CacheMismatchError: They belong to another experiment.
    """
    if any(row.experiment != experiment for row in found.rows):
        raise CacheMismatchError(
            f"'{path}' holds a removal curve of other data, another network or other training settings. Choose another "
            "file, or replace it with --overwrite."
        )
    return found


def _cell(value: object) -> str:
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def _parsed(table: Table, number: int) -> CurveRow:
    kinds: Dict[str, Callable[[str], object]] = get_type_hints(CurveRow)
    values = {}
    for name in COLUMNS:
        cell = table.rows[number][table.header.index(name)]
        try:
            values[name] = kinds[name](cell)
        except ValueError as error:
            raise DataError(
                f"{table.path}, line {table.line(number)}, column {name}: expected a number, found '{cell}'. Give the "
                "CSV that evaluate wrote."
            ) from error
    return CurveRow(**values)  # type: ignore[arg-type]


__all__: List[str] = [
    "Choice",
    "CurveRow",
    "Interval",
    "MEASURES",
    "NOTHING",
    "Point",
    "RemovalCurve",
    "smallest_within_one_standard_error",
]
