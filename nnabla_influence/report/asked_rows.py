"""The validation rows that scores ask about, to be shown beside the training rows that helped and harmed them.

``score --target rows=list.csv`` asks what influences some validation rows instead of the mean over all. The list has
their row numbers only; what they look like is in the validation CSV.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import List, Tuple, Union

from ..dataset.class_names import NO_NAMES, ClassNames
from ..dataset.csv import Column, Table, is_number
from ..dataset.indexed_column import listed_samples
from ..errors import DataError
from .card import data_uri
from .classes import Classes
from .pictures import LARGEST_SIDE, encoded, picture_column, picture_of
from .scored_samples import ScoredSamples
from .shown_samples import title_of

__all__ = ["AskedRow", "AskedRows"]

MOST_SHOWN = 6
MOST_NUMBERS = 8


@dataclass(frozen=True)
class AskedRow:
    """A validation row; everything is text that has yet to be escaped.

    Attributes:
        index: Its row in the validation CSV.
        label: Its class, or its target where that is a value.
        numbers: Its input where that is numbers: name, cell.
        picture: Data URI of its thumbnail; empty if there is none.
        size: (width, height) of the thumbnail in pixels.
    """

    index: int
    label: str
    numbers: List[Tuple[str, str]] = field(default_factory=list)
    picture: str = ""
    size: Tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class AskedRows:
    """The validation rows that were asked about; made by `read`.

    Attributes:
        rows: The first few.
        total: How many there are in all.
    """

    rows: List[AskedRow]
    total: int

    @classmethod
    def read(
        cls,
        target: Union[str, Path],
        validation: Union[str, Path],
        samples: ScoredSamples,
        names: ClassNames = NO_NAMES,
    ) -> AskedRows:
        """Look the rows up.

        Args:
            target: The CSV that lists them.
            validation: The validation CSV.
            samples: The scored training samples, which have the same label.
            names: What the classes are called.

        Raises:
            DataError: A file is missing or broken, or a row is listed that the validation CSV does not have.
        """
        listed = listed_samples(Path(target))
        table = Table.read(validation)
        last = max(listed)
        if last >= len(table):
            raise DataError(
                f"{target}: expected rows of {validation} from 0 to {len(table) - 1}, found {last}. Give the list and "
                "the validation data that the scores were made with."
            )
        reader = _RowReader(table, samples, names)
        return cls([reader.row(index) for index in listed[:MOST_SHOWN]], len(listed))

    @property
    def title(self) -> str:
        """What the part of the page is about."""
        if self.total == 1:
            return f"What helped and harmed validation row {self.rows[0].index}"
        return f"What helped and harmed {self.total:,} validation rows"

    @property
    def text(self) -> str:
        """What the scores ask, for somebody who has not made them."""
        which = "this validation row" if self.total == 1 else "these validation rows"
        shown = f" Shown are the first {len(self.rows)}." if len(self.rows) < self.total else ""
        return (
            f"The scores ask about {which} only, not about the whole validation data. Without a training row that "
            f"helped, the network would do worse here; without one that harmed, better.{shown}"
        )


class _RowReader:
    """Where label, picture and numbers stand in the rows of a data set."""

    def __init__(self, table: Table, samples: ScoredSamples, names: ClassNames) -> None:
        self._table = table
        known = samples.classes if samples.classes is not None else samples.target
        variable = None if known is None else known.variable
        columns = [column for column in table.columns if not column.comment]
        inputs = [column for column in columns if column.name != variable]
        self._label: List[Column] = [column for column in columns if column.name == variable]
        self._classes = None if samples.classes is None else Classes.read(table, self._label, variable, names)
        self._picture = picture_column(table, inputs)
        self._numbers = [c for c in inputs if is_number(table.rows[0][c.position])][:MOST_NUMBERS]

    def row(self, index: int) -> AskedRow:
        """Read a row."""
        cells = self._table.rows[index]
        given = ", ".join(cells[column.position] for column in self._label)
        label = given if self._classes is None else self._classes.name(index)
        image = None if self._picture is None else picture_of(self._table, cells[self._picture.position]).image
        if image is not None:
            return AskedRow(index, label, [], data_uri(encoded(image, LARGEST_SIDE)), image.size)
        return AskedRow(index, label, [(title_of(column), cells[column.position]) for column in self._numbers])
