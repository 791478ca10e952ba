"""The part of the page with suspicious validation rows, from the CSV that lists them.

A line each, most suspicious first as in the file: a thumbnail where the row is a picture, its row in the validation
CSV, its label, what the network predicts, and how sure it is of the row's label.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Tuple, Union

from ..dataset.class_names import NO_NAMES, ClassNames
from ..dataset.csv import Column, Table
from ..dataset.indexed_column import IndexedColumn
from ..evaluation.suspicious_rows import CONFIDENCE_COLUMN
from ..scores import LABEL_COLUMN
from .card import data_uri
from .classes import Classes
from .pictures import LARGEST_SIDE, encoded, picture_column, picture_of
from .summary import number

__all__ = ["Suspect", "SuspectList"]

MOST_SHOWN = 200


@dataclass(frozen=True)
class Suspect:
    """A suspicious validation row; everything is text that has yet to be escaped.

    Attributes:
        index: Its row in the validation CSV.
        label: Its class; empty if the classes are not known.
        predicted: The class the network predicts.
        confidence: The predicted probability of its label.
        picture: Data URI of its thumbnail; empty if there is none.
        size: (width, height) of the thumbnail in pixels.
    """

    index: int
    label: str
    predicted: str
    confidence: str
    picture: str = ""
    size: Tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class SuspectList:
    """The suspicious rows that the page shows; made by `read`.

    Attributes:
        rows: Most suspicious first.
        total: How many there are in all.
    """

    rows: List[Suspect]
    total: int

    @classmethod
    def read(
        cls,
        path: Union[str, Path],
        label: Optional[str] = None,
        names: ClassNames = NO_NAMES,
        most: int = MOST_SHOWN,
    ) -> SuspectList:
        """Read the CSV.

        Args:
            path: What ``score`` or ``run`` wrote beside the scores.
            label: The variable with the classes; left out, ``y`` if it holds classes.
            names: What the classes are called.
            most: How many rows to show at most.

        Raises:
            DataError: The file is missing, or not such a list.
        """
        if _is_empty(Path(path)):
            return cls([], 0)
        table = Table.read(path)
        confidences = IndexedColumn.read_scores(table, CONFIDENCE_COLUMN)
        predicted = IndexedColumn.read_scores(table, LABEL_COLUMN).values
        (added,) = table.variables[LABEL_COLUMN]
        data = [column for column in table.columns if column.position < added.position]
        classes = Classes.read(table, data, label, names)
        picture = picture_column(table, [c for c in data if classes is None or c.name != classes.variable])
        rows = []
        for line, index in enumerate(confidences.samples[:most].tolist()):
            given = "" if classes is None else classes.name(line)
            answer = f"{predicted[line]:.4g}" if classes is None else classes.name_of_number(predicted[line])
            drawn = _drawn(table, line, picture)
            rows.append(Suspect(index, given, answer, number(confidences.values[line]), *drawn))
        return cls(rows, len(table))

    @property
    def text(self) -> str:
        """What the list is, for somebody who has not heard of it."""
        if not self.total:
            return "No validation row looks mislabelled to the network, which was not trained on these rows."
        shown = f" Shown are the first {len(self.rows):,}." if len(self.rows) < self.total else ""
        look = "looks" if self.total == 1 else "look"
        return (
            f"{self.total:,} validation row{'' if self.total == 1 else 's'} {look} mislabelled to the network, which "
            "was not trained on them (confident learning); the most suspicious come first. Look at them before you "
            f"trust the scores: wrong labels here make harmful samples look helpful.{shown}"
        )


def _drawn(table: Table, line: int, column: Optional[Column]) -> Tuple[str, Tuple[int, int]]:
    if column is None:
        return "", (0, 0)
    image = picture_of(table, table.rows[line][column.position]).image
    return ("", (0, 0)) if image is None else (data_uri(encoded(image, LARGEST_SIDE)), image.size)


def _is_empty(path: Path) -> bool:
    """Whether a list has a header only: nothing is suspicious."""
    try:
        return len(path.read_bytes().splitlines()) == 1
    except OSError:
        return False  # said by whoever reads it next
