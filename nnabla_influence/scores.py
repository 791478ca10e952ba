"""The noun *influence scores*: one number per training sample, its sign, its order, its CSV.

**The sign is defined here and nowhere else.** A score is the first-order change of an *objective* (the mean validation
loss, or the expected validation error, see `objective`) if the sample is left out of its training steps. Positive:
leaving it out raises the objective, the sample is *helpful*. Negative: leaving it out lowers it, the sample is
*harmful*. Most harmful first means ascending. Every method follows this: `loss` is minus the loss, so the worst-fitted
samples come first. The *column* ``loss`` holds the losses themselves, of which the highest come first: whoever judges
by a column asks `as_scores` for it.

The CSV has every original column with its cells unchanged (relative paths are rewritten when the folder differs), then
``influence``, further numbers of each sample (``predicted_label`` or ``predicted_value``, and ``loss``), and
``datasource_index`` (the row's number in the training CSV, from 0), most harmful first; numbers and paths only, so that
Neural Network Console opens it as a data set. Behind a colon, where NNC's headers have a text for people, the column of
the scores names its objective unless that is the mean loss: ``influence:error``. `original_table` takes the added
columns off again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Sequence, Set, Tuple, Union

import numpy as np

from .array import Array
from .dataset.added_columns import INDEX_COLUMN, write_with_columns
from .dataset.csv import Table
from .errors import DataError, DivergenceError, OutputExistsError
from .files import refuse_existing
from .objective import LOSS, Objective
from .scores_passport import passport_file, remove_passport, write_passport

if TYPE_CHECKING:
    from .frames import Frame

__all__ = ["INDEX_COLUMN", "InfluenceScores", "as_scores", "highest_first", "original_table"]

SCORE_COLUMN = "influence"
LABEL_COLUMN = "predicted_label"
VALUE_COLUMN = "predicted_value"
LOSS_COLUMN = "loss"
DRAWS_COLUMN = "epoch_draws"


@dataclass(frozen=True)
class InfluenceScores:
    """Scores of all training samples by one method.

    Args:
        values: (N,) scores in the order of the training data; see the module's text for the sign.
        method: The method's name.
        facts: What is worth knowing about how they came about, for the log.
        columns: (N,) further numbers of each sample by the name of their column, see
            `estimators.sample_columns`.
        table: The training data's raw cells, which the influence CSV carries on; None for data made from arrays.
        objective: What the scores are changes of; None for methods that do not ask the validation data.
        fingerprint: That of the training data; None where nobody knows it.
        seeds: Those of the trainings that were scored.

    Raises:
        DivergenceError: A score is not finite.

    >>> import numpy as np
    >>> scores = InfluenceScores(np.array([0.5, -2.0, 0.1]), "loss")
    >>> scores
    <InfluenceScores: 3 samples by 'loss', 1 of them harmful>
    >>> scores.order.tolist()
    [1, 2, 0]
    """

    values: Array
    method: str
    facts: Dict[str, float] = field(default_factory=dict)
    columns: Dict[str, Array] = field(default_factory=dict)
    table: Optional[Table] = field(default=None, compare=False, repr=False)
    objective: Optional[Objective] = None
    fingerprint: Optional[str] = field(default=None, compare=False, repr=False)
    seeds: Tuple[int, ...] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        broken = np.flatnonzero(~np.isfinite(self.values))
        if len(broken):
            raise DivergenceError(
                f"{len(broken)} of {len(self.values)} '{self.method}' scores are not finite, the first "
                f"for row {broken[0]}. Lower the learning rate and train again."
            )

    def __repr__(self) -> str:
        asked = f" (objective {self.objective.name})" if self.objective else ""
        by = f"'{self.method}'{asked}"
        return f"<InfluenceScores: {len(self.values)} samples by {by}, {self.harmful} of them harmful>"

    @classmethod
    def mean(cls, scores: Sequence[InfluenceScores]) -> InfluenceScores:
        """Average the trials (one per seed) of one method and objective, whose scale becomes that of the first.

        Of further columns also the mean; of predicted labels the most frequent one, the lowest where several are.
        """
        shared = [name for name in scores[0].columns if all(name in trial.columns for trial in scores)]
        columns = {name: np.stack([trial.columns[name] for trial in scores]) for name in shared}  # (trials, N)
        middle = {name: _majority(c) if name == LABEL_COLUMN else c.mean(axis=0) for name, c in columns.items()}
        mean: Array = np.mean([s.values for s in scores], axis=0)
        seeds = tuple(seed for trial in scores for seed in trial.seeds)
        return replace(scores[0], values=mean, facts={}, columns=middle, seeds=seeds)

    def with_columns(self, columns: Mapping[str, Array]) -> InfluenceScores:
        """Return the scores with further numbers (N,) of each sample before those they have."""
        return replace(self, columns={**columns, **self.columns})

    @property
    def order(self) -> Array:
        """Return the row numbers (N,), most harmful first; ties in the order of the data."""
        return np.argsort(self.values, kind="stable")

    @property
    def harmful(self) -> int:
        """Return how many samples have a negative score."""
        return int((self.values < 0).sum())

    @property
    def score_header(self) -> str:
        """Return the header of the scores' column: its name and, behind a colon, an objective other than the loss."""
        asked = self.objective.name if self.objective else LOSS.name
        return SCORE_COLUMN if asked == LOSS.name else f"{SCORE_COLUMN}:{asked}"

    def to_csv(self, path: Union[str, Path], table: Optional[Table] = None, *, overwrite: bool = False) -> List[str]:
        """Write the influence CSV, and its passport beside it (see `scores_passport`).

        Args:
            path: File to write, whole or not at all.
            table: The training data's raw cells; left out, those that the scores carry. Where there are none, because
                the data was made from arrays or a frame, the file holds the scores and row numbers alone.
            overwrite: Replace a file that is there.

        Returns:
            Notices: columns that were replaced or dropped, or that there was no place for the passport.

        Raises:
            DataError: The table has another number of rows.
            OutputExistsError: The file exists and `overwrite` is off, or it is the training CSV itself.
        """
        table = self.table if table is None else table
        path = Path(path).absolute()
        added = {self.score_header: self.values, **self.columns}
        if table is not None and len(table.rows) != len(self.values):
            raise DataError(f"{table.path} has {len(table.rows)} rows, but there are {len(self.values)} scores.")
        if table is not None and path.exists() and path.samefile(table.path):
            raise OutputExistsError(f"'{path}' is the training data itself; choose another output.")
        refuse_existing([path], overwrite)
        known = remove_passport(path)  # before: killed in between, the new file has none rather than a wrong one
        notices = write_with_columns(path, table, added, self.order, "training data")
        if not known:
            return [*notices, f"{passport_file(path)} is no passport of an influence CSV and stays: none was written"]
        write_passport(path, len(self.values), self._made())
        return notices

    def _made(self) -> Dict[str, Any]:
        """Return how the scores came about, for the passport."""
        return {
            "method": self.method,
            "objective": self.objective.name if self.objective else None,
            "seeds": list(self.seeds),
            "training data": self.fingerprint,
        }

    def to_frame(self) -> Frame:
        """Return a data frame of the scores and the further numbers of each sample, most harmful first.

        Its index is the row number in the training data, so ``frame.join(scores.to_frame())`` puts them beside the
        rows of a frame that counts its rows from 0.
        """
        from .frames import frame_of  # here, because pandas takes a while to load

        return frame_of({SCORE_COLUMN: self.values, **self.columns}, self.order, INDEX_COLUMN)


def highest_first(column: str) -> bool:
    """Tell whether the highest numbers of a column are the most harmful, as losses are; else the lowest."""
    return column == LOSS_COLUMN


def as_scores(values: Array, column: str) -> Array:
    """Return the numbers (N,) of a column with the sign of scores, the most harmful the lowest.

    >>> import numpy as np
    >>> as_scores(np.array([0.25, 4.0]), "loss").tolist()
    [-0.25, -4.0]
    """
    return -values if highest_first(column) else values


def original_table(influence: Table, score: str = SCORE_COLUMN) -> Table:
    """Return the data set that an influence CSV was made from: its own columns in its own order.

    Text comments, which influence CSVs do not carry, are lost.

    Args:
        influence: An influence CSV that holds every row of the data set once.
        score: The column with the scores.

    Returns:
        A table whose row k is sample k; its path is that of the influence CSV, to which its cells are relative.
    """
    dropped = _added_positions(influence, score)
    kept = [column.position for column in influence.columns if column.position not in dropped]
    (index,) = influence.variables[INDEX_COLUMN]
    numbers = influence.plain_numbers([index.position])
    samples = [float(cells[index.position]) for cells in influence.rows] if numbers is None else numbers[:, 0]
    return influence.subset(np.argsort(samples, kind="stable"), kept)


def _added_positions(influence: Table, score: str) -> Set[int]:
    """Return where the columns stand that are not the data set's own: known names, and all from score to index."""
    added = {SCORE_COLUMN, LABEL_COLUMN, VALUE_COLUMN, LOSS_COLUMN, INDEX_COLUMN, score}
    places = {column.name: column.position for column in influence.columns if column.name in added}
    last = places[INDEX_COLUMN]
    first = places.get(SCORE_COLUMN, last)
    return {*places.values(), *range(first, last)}


def _majority(labels: Array) -> Array:
    """Return the most frequent value of each column of (trials, N), the lowest of equally frequent ones (N,)."""
    values = np.unique(labels)
    votes = np.stack([(labels == value).sum(axis=0) for value in values])  # (values, N)
    majority: Array = values[votes.argmax(axis=0)]
    return majority
