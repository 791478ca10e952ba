"""A training data set together with the scores of its rows, read back from an influence CSV.

The influence CSV holds every cell of the data set, so it is enough; the training CSV itself, where it is given, is
checked against it cell by cell and keeps what influence CSVs leave out (comments of text).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Tuple, Union

from .array import Array
from .dataset.cell_difference import first_difference
from .dataset.csv import Table
from .dataset.indexed_column import IndexedColumn
from .errors import DataError, OutputExistsError, RequestError
from .files import refuse_overwriting
from .missing_numbers import missing_numbers
from .remedies import remedy
from .scores import INDEX_COLUMN, SCORE_COLUMN, InfluenceScores, as_scores, original_table
from .scores_passport import warn_if_edited

__all__ = ["ScoredData"]


@dataclass(frozen=True)
class ScoredData:
    r"""N samples and their scores; made by `read`.

    Attributes:
        table: The data set's own columns; row k is sample k.
        scores: Their scores (N,).
        influence: The influence CSV; for scores in memory, the training CSV.
        train: The training CSV, if it was given.

    Example:
        >>> import tempfile
        >>> place = tempfile.TemporaryDirectory()
        >>> path = Path(place.name) / "influence.csv"
        >>> _ = path.write_text("x,y,influence,datasource_index\n5,1,-0.5,1\n4,0,0.25,0\n")
        >>> data = ScoredData.read(path)
        >>> list(data.table.rows), data.scores.values.tolist()
        ([['4', '0'], ['5', '1']], [0.25, -0.5])
        >>> place.cleanup()
    """

    table: Table
    scores: InfluenceScores
    influence: Path
    train: Optional[Path] = None

    @classmethod
    def read(
        cls, influence: Union[str, Path], train: Union[str, Path, None] = None, score: str = SCORE_COLUMN
    ) -> ScoredData:
        """Read an influence CSV.

        Args:
            influence: The CSV that ``score`` or ``run`` wrote, in any order of its lines.
            train: The training CSV; left out, the data set is put together from the influence CSV.
            score: The column to judge by; the lowest number is the most harmful. Of ``loss`` it is the highest, so the
                scores are minus the losses, as with the method of that name.

        Raises:
            DataError: A file is broken, the influence CSV lacks rows, or the training CSV is another data set.
        """
        path = Path(influence)
        whole = Table.read(path)
        column = IndexedColumn.read_scores(whole, score)
        warn_if_edited(path, len(whole))
        _check_whole(column)
        values = as_scores(column.by_sample(), score)
        table = original_table(whole, score)
        if train is None:
            if not table.header:
                raise DataError(
                    f"{path}: expected the data set's own columns beside the scores, found none.",
                    remedy("give-scored-train"),
                )
            return cls(table, InfluenceScores(values, score), path)
        own = Table.read(train)
        if table.header:
            _check_same_data(own, table)
        elif len(own) != len(values):  # scores of arrays or a frame, written without its cells
            raise DataError(f"{own.path}: expected the {len(values)} rows that were scored, got {len(own)}.")
        return cls(own, InfluenceScores(values, score), path, Path(train))

    @classmethod
    def of(cls, scores: InfluenceScores) -> ScoredData:
        """Make it of scores in memory, which carry the cells of the training CSV they were computed for.

        Raises:
            RequestError: They carry none, because the training data was made from arrays.
        """
        table = scores.table
        if table is None:
            raise RequestError(
                "Expected scores of a training CSV, whose cells a cleansed data set carries on; got scores of arrays. "
                "Of a data frame, cleanse(frame, scores, ...) leaves rows out; of arrays, Project.cleansed."
            )
        return cls(table, scores, table.path, table.path)

    def __len__(self) -> int:
        return len(self.table)

    def __repr__(self) -> str:
        train = "" if self.train is None else f", train={str(self.train)!r}"
        return f"ScoredData({len(self)} samples by {self.scores.method!r}, influence={str(self.influence)!r}{train})"

    @property
    def inputs(self) -> Tuple[Path, ...]:
        """The files it was read from, which nobody may write to."""
        return (self.influence,) if self.train is None else (self.influence, self.train)

    def refuse_outputs(self, *outputs: Path, changed: bool = True) -> None:
        """Refuse to write over a file that was read, or over the data set itself.

        Where the training CSV is not given, its name is unknown; a CSV with all the rows that were scored may be it.

        Args:
            outputs: What is to be written.
            changed: Whether that is other than the data set; if not, the same command may be repeated.

        Raises:
            OutputExistsError: An output is read, looks like the data set, or is named twice.
        """
        refuse_overwriting(outputs, self.inputs)
        for output in outputs:
            if self.train is None and output.is_file() and self._would_be_lost(output, changed):
                raise OutputExistsError(
                    f"{output}: expected another file to write to, got one with all the {len(self)} rows that were "
                    "scored: it may be the training data itself. Choose another output; or, if it was written by an "
                    "earlier run, delete it first."
                )

    def _would_be_lost(self, path: Path, changed: bool) -> bool:
        """Whether a file holds this data set, whole and in its order, and more than is to be written."""
        try:
            there = Table.read(path)
            _check_same_data(there, self.table)
        except DataError:
            return False
        return changed or there.header != self.table.header

    def column(self, name: str) -> Array:
        """Return another column (N,), such as ``predicted_label``: the scores' own, or that of the influence CSV.

        Raises:
            DataError: There is no such column of finite numbers.
        """
        if name in self.scores.columns:
            return self.scores.columns[name]
        return IndexedColumn.read_scores(self.influence, name).by_sample()


def _check_whole(column: IndexedColumn) -> None:
    missing, first = missing_numbers(column.samples)
    if missing:
        raise DataError(
            f"{column.path}: expected every row of the training data once, found {len(column.samples)} rows with "
            f"{INDEX_COLUMN} up to {column.samples.max()}; missing {'is' if missing == 1 else 'are'} {first}.",
            remedy("give-whole-influence"),
        )


def _check_same_data(own: Table, scored: Table) -> None:
    """Refuse a training CSV that is not the one that was scored; its folder may be another."""
    if len(own) != len(scored):
        raise DataError(
            f"{own.path}: expected the {len(scored)} rows that {scored.path} scores, found {len(own)}. Give the "
            "training CSV that was scored."
        )
    # The training CSV may have comments besides, which the influence CSV leaves out.
    pairs = [(place, own.header.index(name)) for place, name in enumerate(scored.header) if name in own.header]
    if len(pairs) < len(scored.header):
        missing = next(name for name in scored.header if name not in own.header)
        raise DataError(f"{own.path}: expected the column {missing} of {scored.path}, found {', '.join(own.header)}.")
    different = first_difference(scored, own, pairs)
    if different is not None:
        raise DataError(f"{different} Give the training CSV that was scored.")
