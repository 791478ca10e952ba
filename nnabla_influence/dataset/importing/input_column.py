"""What becomes of a column that a network is to read: numbers, zeros and ones per category, or nothing.

Left out, and said: a column of one value, one that only numbers or names the rows (an identifier), and text with more
different values than `MOST_CATEGORIES`. Refused: dates and times, because a number for them is a decision of the user's
(an age, a month, a weekday). Missing numbers become the median of the training rows, missing categories a category of
their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np
import pandas as pd

from ...array import Array, IntArray
from ...errors import DataError
from ...remedies import remedy
from .column_cells import ColumnCells
from .import_note import ImportNote, listed

__all__ = ["InputColumn", "JudgedColumn", "judge_column"]

MOST_CATEGORIES = 50
MISSING_CATEGORY = "missing"
_IDENTIFIER = re.compile(r"(.*[\s_.-])?(id|ids|uuid|guid|key|index|idx|row|no|nr|number|column 1)|unnamed.*|#", re.I)
_DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ]\d{1,2}:\d{2}.*)?"  # 2024-03-01, perhaps with a time
    r"|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})( \d{1,2}:\d{2}.*)?"  # 01.03.2024, 3/1/24
    r"|\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?"  # 10:30
)
_MOSTLY = 0.9


@dataclass(frozen=True)
class InputColumn:
    """A column as the network will read it.

    Args:
        name: Its name in the source.
        numbers: (N,) float64, NaN where missing; None for categories.
        categories: The values that get a column of zeros and ones each; of two values one column is enough.
        text: (N,) the cells of a column of categories, a missing one as `MISSING_CATEGORY`.
    """

    name: str
    numbers: Optional[Array] = None
    categories: Tuple[str, ...] = ()
    text: Optional[Array] = None

    @property
    def headers(self) -> List[str]:
        """The names of the columns it becomes."""
        return [self.name] if self.numbers is not None else [f"{self.name}={value}" for value in self.categories]

    @property
    def cells(self) -> Array:
        """What it holds (N,): numbers or text."""
        return np.asarray(self.text) if self.numbers is None else self.numbers

    def filled(self, training: IntArray) -> InputColumn:
        """Return the column with the median of the training rows in place of missing numbers."""
        if self.numbers is None:
            return self
        missing = np.isnan(self.numbers)
        if not missing.any():
            return self
        seen = self.numbers[training][~missing[training]]
        filling = float(np.median(seen if len(seen) else self.numbers[~missing]))
        return replace(self, numbers=np.where(missing, filling, self.numbers))

    def of_rows(self, rows: IntArray) -> Array:
        """Return the numbers of some rows (n, k); of all at once they may need many times the room of the column."""
        cells = self.cells[rows]
        columns: List[Array] = [cells] if self.numbers is not None else [cells == value for value in self.categories]
        return np.stack(columns, axis=1).astype(np.float64)


class JudgedColumn(NamedTuple):
    """The judgement of one column.

    Attributes:
        column: What the network reads of it; None: left out.
        notes: What is to be said.
    """

    column: Optional[InputColumn]
    notes: List[ImportNote]


def judge_column(
    name: str, cells: ColumnCells, raw: pd.Series[Any], given: Optional[Sequence[str]] = None
) -> JudgedColumn:
    """Decide what becomes of a column.

    Args:
        name: Its name.
        cells: Its cells.
        raw: The column as pandas holds it, whose type may say that it holds dates.
        given: The part of each row, where the source states it: in each, an identifier may count anew.

    Raises:
        DataError: It holds dates or times.
    """
    present = ~cells.missing
    if not present.any():
        return _left_out(name, "empty")
    if _holds_dates(cells, raw):
        raise DataError(
            f"Expected numbers or categories in column {name!r}, got dates or times such as "
            f"{cells.text[present][0]!r}.",
            remedy("make-dates-numbers", column=name),
        )
    distinct = sorted(set(cells.text[present])) if cells.numbers is None else np.unique(cells.numbers[present])
    if len(distinct) == 1 and (present.all() or cells.numbers is not None):
        return _left_out(name, "the same in every row")
    if _is_identifier(name, cells, given):
        return _left_out(name, "only numbers or names the rows")
    if cells.numbers is not None:
        return JudgedColumn(InputColumn(name, cells.numbers), cells.notes + _imputed(name, cells, "the median"))
    return _categories(name, cells, [str(value) for value in distinct])


def _left_out(name: str, reason: str) -> JudgedColumn:
    return JudgedColumn(None, [ImportNote(f"left out: {reason}", name)])


def _imputed(name: str, cells: ColumnCells, filling: str) -> List[ImportNote]:
    count = int(cells.missing.sum())
    return [ImportNote(f"{count:,} of {len(cells.missing):,} missing, filled with {filling}", name)] if count else []


def _holds_dates(cells: ColumnCells, raw: pd.Series[Any]) -> bool:
    if raw.dtype.kind in "mM" or isinstance(raw.dtype, (pd.DatetimeTZDtype, pd.PeriodDtype)):
        return True
    if cells.numbers is not None:
        return False
    present = cells.text[~cells.missing]
    return sum(_DATE.fullmatch(cell) is not None for cell in present) >= _MOSTLY * len(present)


def _is_identifier(name: str, cells: ColumnCells, given: Optional[Sequence[str]]) -> bool:
    """Whether every row has a value of its own that says nothing: row numbers, or text and whole numbers called so."""
    parts = np.zeros(len(cells.text), np.int64) if given is None else np.unique(given, return_inverse=True)[1]
    values = cells.text if cells.numbers is None else cells.numbers
    blocks = [values[parts == part] for part in np.unique(parts)]
    if cells.missing.any() or len(cells.text) < 2 or any(len(np.unique(block)) < len(block) for block in blocks):
        return False
    if cells.numbers is None:
        return True
    whole = bool((cells.numbers == np.round(cells.numbers)).all())
    counting = whole and all(bool((np.diff(block) == 1).all()) for block in blocks)
    return counting or (whole and _IDENTIFIER.fullmatch(name.strip()) is not None)


def _categories(name: str, cells: ColumnCells, distinct: List[str]) -> JudgedColumn:
    if len(distinct) > MOST_CATEGORIES:
        return _left_out(name, f"{len(distinct):,} different texts are too many categories")
    filling = MISSING_CATEGORY if MISSING_CATEGORY not in distinct else f"({MISSING_CATEGORY})"
    text = np.where(cells.missing, filling, cells.text)
    values = tuple(distinct) + ((filling,) if cells.missing.any() else ())
    kept = values[1:] if len(values) == 2 else values  # of two values, one says it all
    made = f"{len(kept)} columns of 0 and 1" if len(kept) > 1 else "a column of 0 and 1"
    note = ImportNote(f"{len(values)} categories ({listed(values)}) become {made}", name)
    return JudgedColumn(
        InputColumn(name, None, kept, text), [note, *_imputed(name, cells, f"the category {filling!r}")]
    )
