"""Inspect the columns of a data set: do they hold numbers or files?

The cells decide, not the header. A variable (all its columns together) holds numbers if most of its cells are numbers,
and files otherwise; the cells of the other kind are the broken ones. Nothing is opened here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterator, List, Optional, Tuple, Union

import numpy as np

from ..array import Array
from ..remedies import Remedy, remedy
from .csv import Column, Table, is_number
from .csv_rows import CsvRows
from .decoding import KNOWN_EXTENSIONS, decoder_name
from .problems import Problem, Problems

__all__ = ["VariablePlan", "inspect", "report"]

_FILES = f"a file ({', '.join(extension[1:] for extension in KNOWN_EXTENSIONS)})"
_FILL = "Fill in the empty cells or delete their lines."
_TEXT = remedy("text-is-no-value")
_UNIFORM = "Let all cells of a variable be numbers, or all of them files."
_FINITE = "Replace NaN, infinite and too large numbers, or delete their lines."


@dataclass(frozen=True)
class VariablePlan:
    """One variable of a data set and where its samples come from.

    Attributes:
        name: The variable.
        columns: Its k columns in file order.
        numbers: (N, k) float32 if it holds numbers, None if its cells name files.
    """

    name: str
    columns: List[Column]
    numbers: Optional[Array]

    @property
    def lead(self) -> Tuple[int, ...]:
        """The axes before those of one cell: (k,) for a vector variable, () for a variable of one column."""
        return () if self.columns[0].index is None else (len(self.columns),)


def inspect(table: Table, problems: Problems) -> List[VariablePlan]:
    """Find out what each variable holds.

    Args:
        table: The data set's text.
        problems: Receives every cell that is empty, not finite, or of the wrong kind.

    Returns:
        One plan per variable in file order. A variable of numbers with broken cells has NaN in their place.
    """
    plans = []
    plain = _plain_numbers(table)
    for name, columns in table.variables.items():
        numbers = _all_numbers(table, columns) if plain is None else plain[:, _places(columns)]
        if numbers is None:
            numbers = _classify(table, columns, problems)
        if numbers is not None:
            _check_finite(table, columns, numbers, problems)
        plans.append(VariablePlan(name, columns, numbers))
    return plans


def report(
    table: Table,
    row: int,
    column: Column,
    message: str,
    advice: Union[str, Remedy],
    problems: Problems,
    whole_column: bool = False,
) -> None:
    """Note that the cell of `row` and `column` is broken, once."""
    line = table.line(row)
    position = column.position
    if not problems.reported(line, position):
        value = table.rows[row][position]
        problems.add(Problem(line, position, table.header[position], value, message, whole_column), advice)


def _plain_numbers(table: Table) -> Optional[Array]:
    """Read a table (N, C) that holds numbers only, block by block; None if it holds anything else."""
    if not isinstance(table.rows, CsvRows) or not table.rows.plain:
        return None
    numbers = np.empty((len(table), len(table.header)), np.float32)
    try:
        for rows, values in table.rows.number_blocks():
            numbers[rows] = _single(values)
    except ValueError:
        return None
    return numbers


def _places(columns: List[Column]) -> Union[slice, List[int]]:
    """Return the places of columns in a row: a slice, which needs no copy, where they stand side by side."""
    places = [column.position for column in columns]
    side_by_side = places == list(range(places[0], places[0] + len(places)))
    return slice(places[0], places[-1] + 1) if side_by_side else places


def _all_numbers(table: Table, columns: List[Column]) -> Optional[Array]:
    """Read the numbers (N, k) of a variable; None if a cell is no number."""
    places = [column.position for column in columns]
    cells = (float(row[place]) for row in table.rows for place in places)
    try:
        values = np.fromiter(cells, dtype=np.float64, count=len(table) * len(places))
    except ValueError:
        return None
    return _single(values.reshape(len(table), len(places)))


def _single(values: Array) -> Array:
    """Round to float32; what is too large becomes infinite, which `_check_finite` reports."""
    with np.errstate(over="ignore"):
        return values.astype(np.float32)


def _cells(table: Table, columns: List[Column]) -> Iterator[Tuple[int, Column, str]]:
    for row, cells in enumerate(table.rows):
        for column in columns:
            yield row, column, cells[column.position]


def _classify(table: Table, columns: List[Column], problems: Problems) -> Optional[Array]:
    """Decide by majority and report the rest; numbers (N, k) with NaN where broken, or None for files."""
    filled = [cell for _, _, cell in _cells(table, columns) if cell.strip()]
    count = sum(map(is_number, filled))
    others = len(filled) - count
    # Of as many numbers as files, the first filled cell decides.
    if count > others or (filled and count == others and is_number(filled[0])):
        return _numbers_with_gaps(table, columns, problems)
    _check_file_names(table, columns, problems, expected=_FILES if filled else "a number or " + _FILES)
    return None


def _numbers_with_gaps(table: Table, columns: List[Column], problems: Problems) -> Array:
    numbers = np.full((len(table), len(columns)), np.nan, dtype=np.float32)
    for row, column, cell in _cells(table, columns):
        if not cell.strip():
            report(table, row, column, "expected a number, got an empty cell", _FILL, problems)
        elif not is_number(cell):
            is_file = decoder_name(cell) is not None
            message = (
                f"expected a number as in most cells of {column.name!r}, got {'a file name' if is_file else 'text'}"
            )
            report(table, row, column, message, _UNIFORM if is_file else _TEXT, problems, whole_column=not is_file)
        else:
            with np.errstate(over="ignore"):
                numbers[row, columns.index(column)] = np.float64(cell).astype(np.float32)
    return numbers


def _check_file_names(table: Table, columns: List[Column], problems: Problems, expected: str) -> None:
    for row, column, cell in _cells(table, columns):
        if not cell.strip():
            report(table, row, column, f"expected {expected}, got an empty cell", _FILL, problems)
        elif is_number(cell):
            message = f"expected a file name as in most cells of {column.name!r}, got a number"
            report(table, row, column, message, _UNIFORM, problems)
        elif decoder_name(cell) is None:
            message = f"expected a number or {expected}, got another kind of text"
            report(table, row, column, message, _TEXT, problems, whole_column=True)


def _check_finite(table: Table, columns: List[Column], numbers: Array, problems: Problems) -> None:
    for row, k in np.argwhere(~np.isfinite(numbers)):
        value = float(table.rows[row][columns[k].position]) if _readable(table, row, columns[k]) else math.nan
        kind = "one too large for float32" if math.isfinite(value) else str(value)
        report(table, int(row), columns[k], f"expected a finite number, got {kind}", _FINITE, problems)


def _readable(table: Table, row: int, column: Column) -> bool:
    return is_number(table.rows[row][column.position])
