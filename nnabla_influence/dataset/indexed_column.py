"""One column of a CSV by sample: ``datasource_index`` says which sample a row is about, not the row's place.

Influence CSVs are sorted by their scores, so the same sample stands in another row of each file.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple, Optional, Set

import numpy as np

from ..array import Array
from ..errors import DataError
from .csv import Table
from .problems import Problem, Problems

__all__ = ["IndexedColumn", "listed_samples"]

INDEX = "datasource_index"
MOST_SHOWN = 10
_ROW = "a whole number of at least 0"

Parser = Callable[[str], Optional[float]]
"""A cell's number, or None if it is not what the column should hold."""


class IndexedColumn(NamedTuple):
    """A column's values by `datasource_index`.

    Attributes:
        path: The CSV it was read from.
        values: Value of each sample, keyed by its row in the training CSV.
    """

    path: Path
    values: Dict[int, float]

    @classmethod
    def read_scores(cls, path: Path, column: str) -> IndexedColumn:
        """Read a column of finite numbers.

        Raises:
            DataError: The file or a column is missing, a cell is no finite number, or a sample occurs twice.
        """
        return cls(path, _read(path, column, "a finite number", _finite))

    @classmethod
    def read_flags(cls, path: Path, column: str) -> IndexedColumn:
        """Read a column of 0 and 1.

        Raises:
            DataError: The file or a column is missing, a cell is neither 0 nor 1, or a sample occurs twice.
        """
        return cls(path, _read(path, column, "0 or 1", _flag))

    def aligned_with(self, reference: IndexedColumn) -> Array:
        """Return the values in the sample order of another file.

        Args:
            reference: Another file about the same N samples.

        Returns:
            (N,) values.

        Raises:
            DataError: The two files are about different samples.
        """
        ours = set(self.values)
        theirs = set(reference.values)
        if ours != theirs:
            raise DataError(
                f"{reference.path} and {self.path} should be about the same samples ({INDEX}), but "
                f"{_some(theirs - ours)} only in the first and {_some(ours - theirs)} only in the second. "
                "Compare files made from the same training CSV."
            )
        return np.array([self.values[sample] for sample in reference.values])


def listed_samples(path: Path) -> List[int]:
    """Read the samples that a CSV lists, in its order; of its columns only `datasource_index` counts.

    Raises:
        DataError: The file or the column is missing, the file lists nothing, or a sample occurs twice.
    """
    table = Table.read(path)
    problems = Problems(table.path)
    samples = _column(table, INDEX, _ROW, _row_number, problems)
    problems.raise_if_any()
    _check_unique(table, samples)
    return [int(sample) for sample in samples]


def _some(samples: Set[int]) -> str:
    """Write ``3 are (0, 7, 9)``, shortened."""
    ordered = sorted(samples)
    shown = ", ".join(map(str, ordered[:MOST_SHOWN])) + (", ..." if len(ordered) > MOST_SHOWN else "")
    return f"{len(ordered)} {'is' if len(ordered) == 1 else 'are'}" + (f" ({shown})" if ordered else "")


def _read(path: Path, column: str, expected: str, parse: Parser) -> Dict[int, float]:
    table = Table.read(path)
    problems = Problems(table.path)
    samples = _column(table, INDEX, _ROW, _row_number, problems)
    values = _column(table, column, expected, parse, problems)
    problems.raise_if_any()
    # Only now: with broken cells left out, the two lists would not match row by row.
    _check_unique(table, samples)
    return dict(zip(map(int, samples), values))


def _column(table: Table, name: str, expected: str, parse: Parser, problems: Problems) -> List[float]:
    """Read the column's numbers; what is wrong with a cell is added to `problems`."""
    position = _position(table, name)
    numbers = []
    for row, cells in enumerate(table.rows):
        number = parse(cells[position])
        if number is None:
            message = f"expected {expected}"
            problem = Problem(table.line(row), position, table.header[position], cells[position], message)
            problems.add(problem, "Write the file again with the command that made it.")
        else:
            numbers.append(number)
    return numbers


def _position(table: Table, name: str) -> int:
    members = table.variables.get(name, [])
    if len(members) != 1:
        raise DataError(
            f"{table.path}: expected one column {name}, got the columns {', '.join(table.header)}. "
            "Check that this is the right file."
        )
    return members[0].position


def _check_unique(table: Table, samples: List[float]) -> None:
    first_row: Dict[float, int] = {}
    for row, sample in enumerate(samples):
        if sample in first_row:
            first = table.line(first_row[sample])
            raise DataError(
                f"{table.path}: expected each {INDEX} once, got {sample:.0f} on the lines {first} and "
                f"{table.line(row)}. Check that this is the right file."
            )
        first_row[sample] = row


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan


def _finite(cell: str) -> Optional[float]:
    number = _number(cell)
    return number if math.isfinite(number) else None


def _flag(cell: str) -> Optional[float]:
    number = _number(cell)
    return number if number in (0, 1) else None


def _row_number(cell: str) -> Optional[float]:
    number = _number(cell)
    return number if number >= 0 and number.is_integer() else None  # a spreadsheet may have made 7 into 7.0
