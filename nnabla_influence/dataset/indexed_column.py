"""One column of a CSV by sample: ``datasource_index`` says which sample a row is about, not the row's place.

Influence CSVs are sorted by their scores, so the same sample stands in another row of each file.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Callable, List, NamedTuple, Sequence, Union

import numpy as np

from ..array import Array, IntArray
from ..errors import DataError
from ..similar_names import did_you_mean
from .csv import Table
from .problems import Problem, Problems

__all__ = ["IndexedColumn", "listed_samples"]

INDEX = "datasource_index"
MOST_SHOWN = 10

Parser = Callable[[Array], Array]
"""Numbers, with NaN for those that are not what the column should hold."""


class IndexedColumn(NamedTuple):
    """A column's values, and the sample that each is of.

    Attributes:
        path: The CSV it was read from.
        samples: Rows of the training CSV (N,), in the order of the lines: `datasource_index`.
        values: Their values (N,).
    """

    path: Path
    samples: IntArray
    values: Array

    @classmethod
    def read_scores(cls, source: Union[Path, Table], column: str) -> IndexedColumn:
        """Read a column of finite numbers, of a file or of a table that was read from one.

        Raises:
            DataError: The file or a column is missing, a cell is no finite number, or a sample occurs twice.
        """
        return cls._read(source, column, "a finite number", _finite)

    @classmethod
    def read_flags(cls, source: Union[Path, Table], column: str) -> IndexedColumn:
        """Read a column of 0 and 1, likewise.

        Raises:
            DataError: The file or a column is missing, a cell is neither 0 nor 1, or a sample occurs twice.
        """
        return cls._read(source, column, "0 or 1", _flag)

    @classmethod
    def _read(cls, source: Union[Path, Table], column: str, expected: str, parse: Parser) -> IndexedColumn:
        table = source if isinstance(source, Table) else Table.read(source)
        problems = Problems(table.path)
        samples, values = _columns(table, [SAMPLES, Wanted(column, expected, parse)], problems)
        problems.raise_if_any()
        return cls(table.path, _unique(table, samples), values)

    def aligned_with(self, reference: IndexedColumn) -> Array:
        """Return the values in the sample order of another file.

        Args:
            reference: Another file about the same N samples.

        Returns:
            (N,) values.

        Raises:
            DataError: The two files are about different samples.
        """
        own_order, their_order = self.samples.argsort(), reference.samples.argsort()
        ours, theirs = self.samples[own_order], reference.samples[their_order]
        if not np.array_equal(ours, theirs):
            first, second = np.setdiff1d(theirs, ours), np.setdiff1d(ours, theirs)
            raise DataError(
                f"{reference.path} and {self.path} should be about the same samples ({INDEX}), but {_some(first)} only "
                f"in the first and {_some(second)} only in the second. Compare files made from the same training CSV."
            )
        values = np.empty_like(self.values)
        values[their_order] = self.values[own_order]
        return values

    def by_sample(self) -> Array:
        """Return the values (N,) in the order of the samples."""
        values: Array = self.values[self.samples.argsort()]
        return values


def listed_samples(path: Path) -> List[int]:
    """Read the samples that a CSV lists, in its order; of its columns only `datasource_index` counts.

    Raises:
        DataError: The file or the column is missing, the file lists nothing, or a sample occurs twice.
    """
    table = Table.read(path)
    problems = Problems(table.path)
    (samples,) = _columns(table, [SAMPLES], problems)
    problems.raise_if_any()
    listed: List[int] = _unique(table, samples).tolist()
    return listed


def _some(samples: IntArray) -> str:
    """Write ``3 are (0, 7, 9)``, shortened, of sorted samples."""
    shown = ", ".join(map(str, samples[:MOST_SHOWN])) + (", ..." if len(samples) > MOST_SHOWN else "")
    return f"{len(samples)} {'is' if len(samples) == 1 else 'are'}" + (f" ({shown})" if len(samples) else "")


def _columns(table: Table, wanted: Sequence[Wanted], problems: Problems) -> List[Array]:
    """Read columns (N,) of numbers; what is wrong with a cell is added to `problems`, and is NaN.

    Args:
        table: The CSV.
        wanted: Which columns.
        problems: Receives the broken cells.
    """
    places = [_position(table, column.name) for column in wanted]
    plain = table.plain_numbers(places)
    if plain is not None and all((column.parse(numbers) == numbers).all() for column, numbers in zip(wanted, plain.T)):
        return list(plain.T)
    columns = np.full((len(places), len(table)), math.nan)
    for row, cells in enumerate(table.rows):
        for numbers, place, column in zip(columns, places, wanted):
            numbers[row] = column.parse(np.array(_number(cells[place])))
            if math.isnan(numbers[row]):
                message = f"expected {column.expected}"
                problem = Problem(table.line(row), place, table.header[place], cells[place], message)
                problems.add(problem, "Write the file again with the command that made it.")
    return list(columns)


def _position(table: Table, name: str) -> int:
    members = table.variables.get(name, [])
    if len(members) != 1:
        raise DataError(
            f"{table.path}: expected one column {name}, got the columns {', '.join(table.header)}. "
            f"Check that this is the right file.{did_you_mean(name, table.variables)}"
        )
    return members[0].position


def _unique(table: Table, samples: Array) -> IntArray:
    """Return row numbers (N,) as whole numbers.

    Raises:
        DataError: One of them occurs twice.
    """
    order = samples.argsort(kind="stable")
    (again,) = np.nonzero(samples[order[1:]] == samples[order[:-1]])
    if len(again):
        second = order[1:][again].min()  # the first line that repeats another
        first = int(np.argmax(samples == samples[second]))
        raise DataError(
            f"{table.path}: expected each {INDEX} once, got {samples[second]:.0f} on the lines {table.line(first)} and "
            f"{table.line(int(second))}. Check that this is the right file."
        )
    return samples.astype(np.int64)


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan


def _finite(numbers: Array) -> Array:
    return np.where(np.isfinite(numbers), numbers, math.nan)


def _flag(numbers: Array) -> Array:
    return np.where(np.isin(numbers, (0, 1)), numbers, math.nan)


def _row_number(numbers: Array) -> Array:
    whole = np.isfinite(numbers) & (numbers >= 0) & (np.floor(numbers) == numbers)
    return np.where(whole, numbers, math.nan)  # a spreadsheet may have made 7 into 7.0


class Wanted(NamedTuple):
    """A column that is read.

    Attributes:
        name: Its variable.
        expected: What its cells should hold, in words.
        parse: The same as a function.
    """

    name: str
    expected: str
    parse: Parser


SAMPLES = Wanted(INDEX, "a whole number of at least 0", _row_number)
