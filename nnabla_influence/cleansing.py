"""Which rows to remove from a training data set, and the two files that come of it.

A *removal* turns scores into row numbers: a count or a share of the most harmful rows, all rows below a threshold, or a
list somebody made. `cleanse` writes the *cleansed* and the *removed* data set: the original columns in the original
order, every row in exactly one of the two. How many rows are worth removing is another question (`evaluation`).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import List, NamedTuple, Union

import numpy as np

from .dataset.csv import write_csvs
from .dataset.indexed_column import listed_samples
from .errors import ConfigError, DataError
from .scored_data import ScoredData
from .scores import InfluenceScores

__all__ = ["Below", "ClassLoss", "Count", "Listed", "Removal", "Share", "class_losses", "cleanse"]


class Removal(ABC):
    """A rule that says which rows to remove."""

    @abstractmethod
    def rows(self, scores: InfluenceScores) -> np.ndarray:
        """Row numbers (k,) of the training data, ascending; k may be 0."""


@dataclass(frozen=True)
class Count(Removal):
    """The most harmful rows, so many of them.

    Raises:
        ConfigError: The count is negative.
    """

    count: int

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ConfigError(f"Expected to remove 0 or more rows, got {self.count}.")

    def rows(self, scores: InfluenceScores) -> np.ndarray:
        """See `Removal.rows`; equal scores go in the order of the data.

        Raises:
            DataError: There are fewer rows.
        """
        if self.count > len(scores.values):
            raise DataError(f"Expected at most {len(scores.values)} rows to remove, all there are; got {self.count}.")
        return np.sort(scores.order[: self.count])


@dataclass(frozen=True)
class Share(Removal):
    """The most harmful rows, a share of all from 0 to 1, rounded to whole rows.

    Raises:
        ConfigError: The share is no number from 0 to 1.
    """

    share: float

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ConfigError(f"Expected to remove a share from 0 to 1, got {self.share}.")

    def rows(self, scores: InfluenceScores) -> np.ndarray:
        """See `Removal.rows`."""
        return Count(int(round(self.share * len(scores.values)))).rows(scores)


@dataclass(frozen=True)
class Below(Removal):
    """All rows whose score is below a threshold.

    Raises:
        ConfigError: The threshold is not finite.
    """

    threshold: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.threshold):
            raise ConfigError(f"Expected a finite threshold, got {self.threshold}.")

    def rows(self, scores: InfluenceScores) -> np.ndarray:
        """See `Removal.rows`."""
        return np.flatnonzero(scores.values < self.threshold)


@dataclass(frozen=True)
class Listed(Removal):
    """The rows a CSV lists in its column ``datasource_index``, such as the one downloaded from a report."""

    path: Path

    def rows(self, scores: InfluenceScores) -> np.ndarray:
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
    """What a class loses: `lost` of `samples` rows."""

    label: int
    samples: int
    lost: int

    @property
    def severe(self) -> bool:
        """More than half of its samples."""
        return 2 * self.lost > self.samples


def class_losses(labels: np.ndarray, rows: np.ndarray) -> List[ClassLoss]:
    """What every class loses, in the order of the class numbers.

    Args:
        labels: (N,) class numbers.
        rows: (k,) rows that go.
    """
    classes, samples = np.unique(labels, return_counts=True)
    lost = [int((labels[rows] == number).sum()) for number in classes]
    return [ClassLoss(int(number), int(size), gone) for number, size, gone in zip(classes, samples, lost)]


def cleanse(data: ScoredData, rows: np.ndarray, output: Union[str, Path], removed: Union[str, Path]) -> None:
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
    data.refuse_outputs(Path(output), Path(removed), changed=len(rows) > 0)
    gone = np.zeros(len(data), bool)
    gone[rows] = True
    if gone.all():
        raise DataError(
            f"{data.influence}: expected some rows to be left over, but all {len(data)} would be removed. Remove fewer."
        )
    kept, out = Path(output), Path(removed)
    write_csvs(
        (kept, data.table.header, data.table.rows_in(kept.absolute().parent, np.flatnonzero(~gone))),
        (out, data.table.header, data.table.rows_in(out.absolute().parent, np.flatnonzero(gone))),
    )
