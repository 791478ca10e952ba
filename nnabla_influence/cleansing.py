"""Choose rows to remove from a training data set, and write the two files that come of it.

A *removal* turns scores into row numbers: a count or a share of the most harmful rows (an *amount*), all rows below a
threshold, or a list somebody made. `write_cleansed` writes the *cleansed* and the *removed* data set: the original
columns in the original order, every row in exactly one of the two. How many rows are worth removing is another question
(`evaluation`).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import List, NamedTuple, Optional, Union

import numpy as np

from .array import IntArray
from .dataset.class_names import NO_NAMES, ClassNames
from .dataset.csv import write_csvs
from .dataset.indexed_column import listed_samples
from .dataset.labels import class_labels
from .errors import ConfigError, DataError
from .scored_data import ScoredData
from .scores import InfluenceScores

__all__ = [
    "Amount",
    "Below",
    "ClassLoss",
    "ClassLosses",
    "Count",
    "Listed",
    "Removal",
    "Share",
    "amount_from",
    "class_losses",
    "class_numbers",
    "notable_class_losses",
    "write_cleansed",
]

DEFAULT_LABEL = "y"
MOST_CLASSES_SHOWN = 20


class Removal(ABC):
    """A rule that says which rows to remove."""

    @abstractmethod
    def rows(self, scores: InfluenceScores) -> IntArray:
        """Return row numbers (k,) of the training data, ascending; k may be 0."""


@dataclass(frozen=True)
class Count(Removal):
    """The most harmful rows, so many of them.

    Raises:
        ConfigError: The count is negative.

    Example:
        >>> scores = InfluenceScores(np.array([0.5, -2.0, 0.1, -1.0]), "spectral")
        >>> Count(2).rows(scores).tolist()
        [1, 3]
    """

    count: int

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ConfigError(f"Expected to remove 0 or more rows, got {self.count}.")

    def of(self, samples: int) -> int:
        """Return the number of rows among so many samples: the count, whatever there is."""
        return self.count

    def rows(self, scores: InfluenceScores) -> IntArray:
        """See `Removal.rows`; equal scores go in the order of the data.

        Raises:
            DataError: There are fewer rows.
        """
        if self.count > len(scores.values):
            raise DataError(f"Expected at most {len(scores.values)} rows to remove, all there are; got {self.count}.")
        return np.sort(scores.order[: self.count])  # the order of the data, in which the files are written


@dataclass(frozen=True)
class Share(Removal):
    """The most harmful rows, a share of all from 0 to 1, rounded to whole rows.

    Raises:
        ConfigError: The share is no number from 0 to 1.

    Example:
        >>> Share(0.25).rows(InfluenceScores(np.array([0.5, -2.0, 0.1, -1.0]), "spectral")).tolist()
        [1]
    """

    share: float

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ConfigError(f"Expected to remove a share from 0 to 1, got {self.share}.")

    def of(self, samples: int) -> int:
        """Return the number of rows among so many samples, rounded to the nearest."""
        return round(self.share * samples)  # a half goes to the even number, as everywhere in Python

    def rows(self, scores: InfluenceScores) -> IntArray:
        """See `Removal.rows`."""
        return Count(self.of(len(scores.values))).rows(scores)


Amount = Union[Count, Share]
"""A number of samples, or a share of whatever there is."""


def amount_from(text: str) -> Amount:
    """Read an amount as it is typed: ``100`` samples, or ``2%`` of them.

    Raises:
        ConfigError: It is neither.

    Example:
        >>> amount_from("100"), amount_from("2%").of(5000)
        (Count(count=100), 100)
    """
    try:
        return Share(float(text[:-1]) / 100) if text.endswith("%") else Count(int(text))
    except (ValueError, ConfigError):
        raise ConfigError(f"expected a number of samples or a share, e.g. 100 or 2%, got '{text}'") from None


@dataclass(frozen=True)
class Below(Removal):
    """All rows whose score is below a threshold.

    Raises:
        ConfigError: The threshold is not finite.

    Example:
        >>> Below(0.2).rows(InfluenceScores(np.array([0.5, -2.0, 0.1, -1.0]), "spectral")).tolist()
        [1, 2, 3]
    """

    threshold: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.threshold):
            raise ConfigError(f"Expected a finite threshold, got {self.threshold}.")

    def rows(self, scores: InfluenceScores) -> IntArray:
        """See `Removal.rows`."""
        return np.flatnonzero(scores.values < self.threshold)


@dataclass(frozen=True)
class Listed(Removal):
    r"""The rows a CSV lists in its column ``datasource_index``, such as the one downloaded from a report.

    Example:
        >>> import tempfile
        >>> place = tempfile.TemporaryDirectory()
        >>> path = Path(place.name) / "ticked.csv"
        >>> _ = path.write_text("datasource_index,x\n3,0.5\n1,0.25\n")
        >>> Listed(path).rows(InfluenceScores(np.array([0.5, -2.0, 0.1, -1.0]), "spectral")).tolist()
        [1, 3]
        >>> place.cleanup()
    """

    path: Path

    def rows(self, scores: InfluenceScores) -> IntArray:
        """See `Removal.rows`.

        Raises:
            DataError: The list is broken or empty, or names a row there is not.
        """
        rows = np.array(sorted(listed_samples(self.path)), dtype=np.int64)
        if rows[-1] >= len(scores.values):
            raise DataError(
                f"{self.path}: expected rows from 0 to {len(scores.values) - 1}, found {rows[-1]}. Give a list made "
                "for this training data."
            )
        return rows


class ClassLoss(NamedTuple):
    """The loss of one class: `lost` of its `samples` rows."""

    label: int
    samples: int
    lost: int
    name: str = ""  # empty: it is called by its number

    @property
    def called(self) -> str:
        """What people call the class."""
        return self.name or str(self.label)

    @property
    def severe(self) -> bool:
        """Whether it is more than half of its samples."""
        return 2 * self.lost > self.samples


class ClassLosses(NamedTuple):
    """The class losses worth showing.

    Attributes:
        severe: Classes that lose more than half of their samples, to be warned about, in the order of their numbers.
        largest: The classes that lose most, up to 20 of them, largest loss first.
        others: The number of further classes that lose samples.
    """

    severe: List[ClassLoss]
    largest: List[ClassLoss]
    others: int


def class_losses(labels: IntArray, rows: IntArray, names: ClassNames = NO_NAMES) -> List[ClassLoss]:
    """Count what every class loses, in the order of the class numbers.

    Args:
        labels: (N,) class numbers.
        rows: (k,) rows that go.
        names: What the classes are called.
    """
    classes, samples = np.unique(labels, return_counts=True)  # (C,), ascending
    lost = [int((labels[rows] == number).sum()) for number in classes]
    return [
        ClassLoss(int(number), int(size), gone, names.get(int(number), ""))
        for number, size, gone in zip(classes, samples, lost)
    ]


def notable_class_losses(labels: Optional[IntArray], rows: IntArray, names: ClassNames = NO_NAMES) -> ClassLosses:
    """Choose the class losses to show and to warn about; none where there are no classes.

    Args:
        labels: (N,) class numbers, as `class_numbers` reads them.
        rows: (k,) rows that go.
        names: What the classes are called.
    """
    losses = [] if labels is None else [loss for loss in class_losses(labels, rows, names) if loss.lost]
    largest = sorted(losses, key=lambda loss: -loss.lost)[:MOST_CLASSES_SHOWN]
    return ClassLosses([loss for loss in losses if loss.severe], largest, len(losses) - len(largest))


def class_numbers(data: ScoredData, label: Optional[str] = None) -> Optional[IntArray]:
    """Read the class numbers (N,); None where nobody named them and the default column holds no classes.

    Raises:
        DataError: `label` was named, and holds no class numbers.
    """
    try:
        labels = class_labels(data.table, label or DEFAULT_LABEL)
    except DataError:
        if label is not None:
            raise
        return None
    # Whole numbers that hardly repeat are values to predict.
    return labels if label is not None or 2 * len(np.unique(labels)) <= len(labels) else None


def write_cleansed(data: ScoredData, rows: IntArray, output: Union[str, Path], removed: Union[str, Path]) -> None:
    """Write the cleansed and the removed data set, both whole or none.

    Args:
        data: The data set and its scores.
        rows: (k,) row numbers to remove, as a `Removal` chooses them; with none, the removed CSV is a header only.
        output: The cleansed CSV to write.
        removed: The CSV to write with the removed rows.

    Raises:
        DataError: All rows would go.
        OutputExistsError: An output is read, holds the whole data set, or both are the same file.
        OSError: A folder cannot be written.
    """
    kept = Path(output)
    out = Path(removed)
    data.refuse_outputs(kept, out, changed=len(rows) > 0)
    gone = np.zeros(len(data), bool)  # (N,): every row is in exactly one of the two files
    gone[rows] = True
    if gone.all():
        raise DataError(
            f"{data.influence}: expected some rows to be left over, but all {len(data)} would be removed. Remove fewer."
        )
    # Each file has its own folder, and relative paths are rewritten for it.
    write_csvs(
        (kept, data.table.header, data.table.rows_in(kept.absolute().parent, np.flatnonzero(~gone))),
        (out, data.table.header, data.table.rows_in(out.absolute().parent, np.flatnonzero(gone))),
    )
