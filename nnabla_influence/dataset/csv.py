"""The text of a Neural Network Console (NNC) data set.

A data set is a CSV with one sample per line, below a header that names its variables (see `header`). A cell is a
number or the path of a file (image, array, sound) relative to the CSV's folder. This module reads and writes the text
and says what each column is; `dataset` turns the cells into numbers.
"""

from __future__ import annotations

import csv
import ntpath
import os
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Optional, Sequence, Tuple, Union
from weakref import WeakValueDictionary

import numpy as np

from ..array import Array, IntArray
from ..errors import DataError
from ..files import atomic_path
from ..remedies import remedy
from .csv_rows import CsvRows
from .header import Column, group_columns, parse_header
from .problems import Problem, Problems
from .text_cells import safe_path

__all__ = [
    "Column",
    "Table",
    "is_number",
    "parse_header",
    "rewritten_cell",
    "same_folder",
    "write_csv",
    "write_csvs",
]

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_RAGGED = "Give every line as many cells as the header has; quote cells that contain a comma."


@dataclass(frozen=True)
class Table:
    """The cells of an NNC CSV as text, and what its columns mean; made by `read`.

    Attributes:
        path: The CSV, absolute.
        header: The header cells as they stand in the file.
        rows: One list of cells per sample; every row is as long as the header. Those of a file are split when they are
            looked at (see `csv_rows`).
        lines: The line of the file on which each row starts (the header is on line 1); left out, rows are taken to
            stand on consecutive lines.

    Example:
        >>> table = Table(Path("/data/training.csv"), ["x:image", "y:label"], [["0.png", "3"], ["a/1.png", "7"]])
        >>> list(table.variables)
        ['x', 'y']
        >>> list(table.rows_in("/data/clean"))
        [['../0.png', '3'], ['../a/1.png', '7']]
    """

    path: Path
    header: List[str]
    rows: Sequence[List[str]]
    lines: Union[Sequence[int], IntArray] = field(default=(), repr=False)

    @classmethod
    def read(cls, path: Union[str, Path]) -> Table:
        """Read a CSV: UTF-8 with or without BOM, any line ends, blank lines at the end ignored.

        Args:
            path: The CSV file.

        Raises:
            DataError: The file is missing, empty, not UTF-8, has no rows, a header outside the grammar, or rows that
                are longer or shorter than the header (all reported together).
        """
        absolute = Path(os.path.abspath(str(path)))
        text = _text(absolute)
        known = _READ.get(absolute)
        if known is not None and known._is_of(text):
            return known
        records, lines = _records(text, absolute)
        if not len(records):
            raise DataError(
                f"{absolute}: expected a header like x:image,y:label and one line per sample, got an empty file. "
                "Check that this is the right file."
            )
        _check_separator([*records[:2]], absolute)
        table = cls(absolute, records[0], records[1:], lines[1:])
        parse_header(table.header, absolute)
        table._check_rows()
        _READ[absolute] = table
        return table

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def columns(self) -> Tuple[Column, ...]:
        """All columns in file order, comments included."""
        return parse_header(self.header, self.path)

    @cached_property
    def variables(self) -> Dict[str, List[Column]]:
        """The columns of each variable, both in file order; comments are left out."""
        return group_columns(self.columns)

    def line(self, row: int) -> int:
        """Return the line of the file on which row `row` (from 0) starts; the header is line 1."""
        return int(self.lines[row]) if len(self.lines) else row + 2

    def subset(self, rows: Iterable[int], places: Optional[Sequence[int]] = None) -> Table:
        """Return a table with some of the rows, in the given order, and some of the columns; None for all of them."""
        chosen = np.fromiter(rows, np.int64)
        places = range(len(self.header)) if places is None else places
        kept: Sequence[List[str]]
        if isinstance(self.rows, CsvRows):
            kept = self.rows.chosen(chosen).with_cells(places)
        elif not len(self):  # its text was left out
            kept = ()
        else:
            kept = [[self.rows[row][place] for place in places] for row in chosen]
        lines = np.asarray(self.lines)[chosen] if len(self.lines) else chosen + 2
        return Table(self.path, [self.header[place] for place in places], kept, lines)

    def rows_in(self, folder: Union[str, Path], rows: Optional[Iterable[int]] = None) -> Iterator[List[str]]:
        """Yield the cells of rows as they must read in a CSV in another folder; comments stay as they are.

        Args:
            folder: The folder of the CSV to write.
            rows: Row numbers from 0; None for all.
        """
        wanted = self.rows if rows is None else map(self.rows.__getitem__, rows)
        places = self.moving_cells(folder)
        for cells in wanted:
            moved = list(cells)
            for place in places:
                moved[place] = rewritten_cell(moved[place], self.path.parent, folder)
            yield moved

    def moving_cells(self, folder: Union[str, Path]) -> List[int]:
        """Return the places of a row's cells that may read differently in a CSV in another folder."""
        if same_folder(self.path.parent, folder) or self.holds_only_numbers:
            return []
        return [column.position for column in self.columns if not column.comment]

    @cached_property
    def holds_only_numbers(self) -> bool:
        """Whether no cell names a file, as far as that can be told without splitting the rows."""
        return self.plain_numbers([]) is not None

    def plain_numbers(self, places: Sequence[int]) -> Optional[Array]:
        """Read some cells of every row where the file holds numbers only, without a Python object for each.

        Args:
            places: Their places in a row, k of them.

        Returns:
            (N, k) float64; None if a cell of the file is no number, or it can only be read cell by cell.
        """
        if not isinstance(self.rows, CsvRows) or not self.rows.plain:
            return None
        numbers = np.empty((len(self), len(places)))
        try:
            for rows, values in self.rows.number_blocks():
                numbers[rows] = values[:, list(places)]
        except ValueError:
            return None
        return numbers

    def resolve(self, cell: str) -> Path:
        """Return the absolute path of the file a cell names; backslashes separate folders on every system."""
        return Path(os.path.abspath(os.path.join(str(self.path.parent), cell.replace("\\", "/"))))

    def _check_rows(self) -> None:
        if not len(self.rows):
            raise DataError(
                f"{self.path}: expected at least one line of data below the header, got none. "
                "Check that this is the right file."
            )
        if isinstance(self.rows, CsvRows) and self.rows.all_have(len(self.header)):
            return
        problems = Problems(self.path)
        for row, cells in enumerate(self.rows):
            if len(cells) != len(self.header):
                problems.add(self._ragged(row), _RAGGED)
        problems.raise_if_any()

    def _is_of(self, text: bytes) -> bool:
        return isinstance(self.rows, CsvRows) and self.rows.are_of(text)

    def _ragged(self, row: int) -> Problem:
        cells = len(self.rows[row])
        wanted = len(self.header)
        position = min(cells, wanted)  # the first cell that is missing or has no header
        column = self.header[position] if cells < wanted else f"cell {position + 1}"
        value = "" if cells < wanted else self.rows[row][position]
        message = f"expected {wanted} cells as in the header, got {cells}"
        return Problem(self.line(row), position, column, value, message)


_READ: WeakValueDictionary[Path, Table] = WeakValueDictionary()
"""The tables that somebody holds: who reads a file again that has not changed gets the same one, not its text twice."""


def _check_separator(records: Sequence[List[str]], path: Path) -> None:
    """Refuse other separators: spreadsheets of many countries use semicolons; then a row looks like a single cell."""
    for separator, name in ((";", "semicolons"), ("\t", "tabs")):
        if len(records) > 1 and all(len(record) == 1 and separator in record[0] for record in records):
            raise DataError(
                f"{path}: expected cells separated by commas, got {name} ({records[0][0]!r}). Save the file as "
                "comma-separated CSV.",
                remedy("import-table"),
            )


def _text(path: Path) -> bytes:
    """Read the text of a file without its byte-order mark, and make sure that it is UTF-8."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{path}: expected a readable data-set CSV, got the error: {error.strerror}. Check the path."
        ) from error
    try:
        if not data.isascii():
            data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DataError(
            f"{path}: line {line}: expected UTF-8 text, got the byte 0x{data[error.start]:02x}. Save the file as UTF-8 "
            "(in Excel: 'CSV UTF-8').",
            remedy("import-table"),
        ) from error
    return data[len(BYTE_ORDER_MARK) :] if data.startswith(BYTE_ORDER_MARK) else data


def _records(text: bytes, path: Path) -> Tuple[CsvRows, Sequence[int]]:
    """Find the rows of a CSV, the header first, and the line each starts on."""
    try:
        return CsvRows.scan(text)
    except csv.Error as error:
        reason, line = error.args
        raise DataError(
            f"{path}: line {line}: expected comma-separated text, got the error: {reason}. Check that this is a "
            "data-set CSV."
        ) from error


def is_number(cell: str) -> bool:
    """Whether NNabla reads a cell as a number; this includes ``nan`` and ``inf``."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def rewritten_cell(cell: str, source_dir: Union[str, Path], target_dir: Union[str, Path]) -> str:
    """Make a cell mean the same file when its CSV moves to another folder.

    Args:
        cell: A cell of a data column.
        source_dir: The folder of the CSV it comes from.
        target_dir: The folder of the CSV it is written to.

    Returns:
        The path relative to `target_dir` with forward slashes; absolute where the folders are on different Windows
        drives. Numbers, empty cells and absolute paths come back unchanged, and so does every cell if the folder is
        the same.
    """
    if not cell.strip() or is_number(cell) or _is_absolute(cell) or same_folder(source_dir, target_dir):
        return cell
    absolute = os.path.abspath(os.path.join(str(source_dir), cell.replace("\\", "/")))
    try:
        return safe_path(os.path.relpath(absolute, str(target_dir)).replace(os.sep, "/"))
    except ValueError:  # Windows: no relative path leads from one drive to another
        return absolute.replace(os.sep, "/")


def same_folder(first: Union[str, Path], second: Union[str, Path]) -> bool:
    """Whether two paths are the same folder, by their names."""
    return first == second or len({os.path.normcase(os.path.abspath(str(folder))) for folder in (first, second)}) == 1


def _is_absolute(cell: str) -> bool:
    """Whether a path is absolute here or on Windows: a data set made there may be read anywhere."""
    return os.path.isabs(cell) or bool(ntpath.splitdrive(cell)[0]) or cell.startswith("\\")


def write_csv(path: Union[str, Path], header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a CSV atomically: UTF-8 without BOM, cells quoted only where they must be.

    Args:
        path: The file to write; an existing one is replaced.
        header: The header cells.
        rows: The cells of each row.

    Raises:
        OSError: The folder cannot be written or the disk is full.
    """
    write_csvs((path, header, rows))


def write_csvs(*files: Tuple[Union[str, Path], Sequence[str], Iterable[Sequence[str]]]) -> None:
    """Write several CSVs, (path, header, rows) each, as `write_csv` does; none is replaced before all are written.

    Raises:
        OSError: A folder cannot be written or the disk is full.
    """
    with ExitStack() as stack:
        for path, header, rows in files:
            temporary = stack.enter_context(atomic_path(path))
            # surrogateescape: paths that Python could not decode are written as the bytes they are on the disk.
            with open(str(temporary), "w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
                writer = csv.writer(stream, lineterminator="\n")
                writer.writerow(header)
                writer.writerows(rows)
