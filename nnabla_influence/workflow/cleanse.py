"""The job *cleanse*: writes a data set without its most harmful rows, or with other labels for them."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import List, Optional, Union

from ..array import IntArray
from ..cleansing import Below, ClassLosses, Listed, Removal, class_numbers, notable_class_losses, write_cleansed
from ..dataset.class_names import ClassNames
from ..dataset.dataset import Dataset
from ..dataset.overlap import overlapping_rows
from ..errors import ConfigError, DataError
from ..files import FilePath, refuse_existing, refuse_overwriting
from ..relabelling import propose_labels, relabel
from ..remedies import remedy
from ..scored_data import ScoredData
from ..scores import SCORE_COLUMN, InfluenceScores, highest_first
from .data_reading import ReadingSettings, read_data
from .progress_reporter import SILENT, ProgressReporter

__all__ = ["CleanseRequest", "Cleansed", "cleanse_data"]

LOGGER = logging.getLogger("nnabla_influence")
DEFAULT_LABEL = "y"
EXAMPLES = 5


@dataclass(frozen=True)
class CleanseRequest:
    """Which rows of which data set.

    Args:
        influence: The influence CSV, or scores that carry the cells of their training CSV.
        removal: Says which rows.
        output: The data set to write.
        second: The removed rows, or with `relabels` the changed ones, to write.
        relabels: Keep every row and give the selected ones their predicted label.
        train: The training CSV; left out, the data set is rebuilt from the influence CSV.
        score: The column of the influence CSV to judge by.
        label: The variable with the class numbers; left out, ``y`` if it has any.
        classes: A CSV with the names of the classes; left out, ``classes.csv`` beside the data set, if it is there.
        test: A data set that must share no row with the training data.
        reading: How it is read.
        overwrite: Replace outputs that exist.

    Raises:
        ConfigError: A threshold is to judge losses, or scores in memory are to be read from a file.

    Example:
        >>> from nnabla_influence import Count
        >>> CleanseRequest("influence.csv", Count(100), "clean.csv", "removed.csv").relabels
        False
    """

    influence: Union[FilePath, InfluenceScores]
    removal: Removal
    output: FilePath
    second: FilePath
    relabels: bool = False
    train: Optional[FilePath] = None
    score: str = SCORE_COLUMN
    label: Optional[str] = None
    classes: Optional[FilePath] = None
    test: Optional[FilePath] = None
    reading: ReadingSettings = field(default_factory=ReadingSettings)
    overwrite: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.removal, Below) and highest_first(self.score):
            raise ConfigError("", remedy("threshold-is-for-scores"))
        if isinstance(self.influence, InfluenceScores) and (self.train is not None or self.score != SCORE_COLUMN):
            raise ConfigError("Scores in memory are of their own training data. Leave train and score out.")

    @property
    def inputs(self) -> List[Optional[Path]]:
        """The files it reads, which nobody may write to."""
        listed = self.removal.path if isinstance(self.removal, Listed) else None
        influence = None if isinstance(self.influence, InfluenceScores) else self.influence
        return [
            None if file is None else Path(file) for file in (influence, self.train, listed, self.test, self.classes)
        ]

    def class_names(self, data: ScoredData) -> ClassNames:
        """Find out what the classes are called.

        Raises:
            DataError: The file that was named cannot be read.
        """
        return ClassNames.found(self.classes, data.table.path, self.label)

    def read(self) -> ScoredData:
        """Read the data set and its scores.

        Raises:
            DataError: A file is broken, or the training CSV is another data set.
            RequestError: Scores in memory carry no table.
        """
        if isinstance(self.influence, InfluenceScores):
            return ScoredData.of(self.influence)
        return ScoredData.read(self.influence, self.train, self.score)


@dataclass(frozen=True)
class Cleansed:
    """What was written.

    Attributes:
        samples: Rows of the whole data set.
        selected: Rows (k,) that were selected.
        changed: Rows (k,) that were removed, or got another label.
        losses: What the classes lose.
    """

    samples: int
    selected: IntArray
    changed: IntArray
    losses: ClassLosses


def cleanse_data(request: CleanseRequest, reporter: ProgressReporter = SILENT) -> Cleansed:
    """Write the cleansed data set, and the removed (or relabelled) rows.

    Raises:
        DataError: A file is broken, nothing would be left, or the test set was trained on.
        OutputExistsError: An output exists and may not be replaced, is read, or both are the same file.
    """
    outputs = [Path(request.output), Path(request.second)]
    refuse_overwriting(outputs, request.inputs)
    refuse_existing(outputs, request.overwrite)
    data = request.read()
    rows = request.removal.rows(data.scores)
    if request.test is not None:
        _refuse_test_rows(Path(request.test), request.reading, data, reporter)
    return (_relabelled if request.relabels else _removed)(request, data, rows)


def _removed(request: CleanseRequest, data: ScoredData, rows: IntArray) -> Cleansed:
    labels = class_numbers(data, request.label)
    write_cleansed(data, rows, request.output, request.second)
    return Cleansed(len(data), rows, rows, notable_class_losses(labels, rows, request.class_names(data)))


def _relabelled(request: CleanseRequest, data: ScoredData, rows: IntArray) -> Cleansed:
    proposal = propose_labels(data, rows, request.label or DEFAULT_LABEL)
    relabel(data, proposal, request.output, request.second)
    losses = notable_class_losses(proposal.old, proposal.changed, request.class_names(data))
    return Cleansed(len(data), rows, proposal.changed, losses)


def _refuse_test_rows(path: Path, reading: ReadingSettings, data: ScoredData, reporter: ProgressReporter) -> None:
    """Refuse a test set that shares rows with the training data.

    Raises:
        DataError: It does; the message counts them and names the first.
    """
    train, test = (read_data(csv, reading, reporter) for csv in (data.table.path, path))
    if train.fingerprint == test.fingerprint:
        raise DataError(f"{path}: expected another data set to test on, got the training data itself.")
    pairs = overlapping_rows(train, test)
    LOGGER.info("test set: %d rows, %d of them in the training data", len(test), len(pairs))
    if len(pairs):
        raise DataError(_overlap_message(path, train, test, pairs))


def _overlap_message(path: Path, train: Dataset, test: Dataset, pairs: IntArray) -> str:
    lines = [(_line(train, ours), _line(test, theirs)) for ours, theirs in pairs[:EXAMPLES].tolist()]
    shown = "; ".join(f"line {theirs} is line {ours}" for ours, theirs in lines)
    more = "; ..." if len(pairs) > EXAMPLES else ""
    return (
        f"{path}: expected a test set without training data, but {len(pairs):,} of its {len(test):,} rows are in "
        f"{train.path} ({shown}{more}). Test on other data, or take these rows out of one of the two."
    )


def _line(data: Dataset, row: int) -> int:
    return data.table.line(int(row)) if data.table is not None else int(row)
