"""The text of a Neural Network Console (NNC) data set.

A data set is a CSV with one sample per line, below a header that names its variables (see `header`). A cell is a
number or the path of a file (image, array, sound) relative to the CSV's folder. This module reads and writes the text
and says what each column is; `dataset` turns the cells into numbers.
"""

from __future__ import annotations

import csv
import io
import ntpath
import os
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Optional, Sequence, Tuple, Union

from ..errors import DataError
from ..files import atomic_path
from .header import Column, group_columns, parse_header
from .problems import Problem, Problems
from .text_cells import safe_path

__all__ = ["Column", "Table", "is_number", "parse_header", "rewritten_cell", "write_csv", "write_csvs"]

_RAGGED = "Give every line as many cells as the header has; quote cells that contain a comma."


@dataclass(frozen=True)
class Table:
    """The cells of an NNC CSV as text, and what its columns mean; made by `read`.

    Attributes:
        path: The CSV, absolute.
        header: The header cells as they stand in the file.
        rows: One list of cells per sample; every row is as long as the header.
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
    rows: List[List[str]]
    lines: Sequence[int] = field(default=(), repr=False)

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
        records, lines = _records(_text(absolute), absolute)
        if not records:
            raise DataError(
                f"{absolute}: expected a header like x:image,y:label and one line per sample, got an empty file. "
                "Check that this is the right file."
            )
        _check_separator(records[:2], absolute)
        table = cls(absolute, records[0], records[1:], lines[1:])
        parse_header(table.header, absolute)
        table._check_rows()
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
        return self.lines[row] if len(self.lines) else row + 2

    def subset(self, rows: Iterable[int]) -> Table:
        """Return a table of the same columns with some of the rows, in the given order."""
        chosen = list(rows)
        return Table(self.path, self.header, [self.rows[row] for row in chosen], [self.line(row) for row in chosen])

    def rows_in(self, folder: Union[str, Path], rows: Optional[Iterable[int]] = None) -> Iterator[List[str]]:
        """Yield the cells of rows as they must read in a CSV in another folder; comments stay as they are.

        Args:
            folder: The folder of the CSV to write.
            rows: Row numbers from 0; None for all.
        """
        data = [not column.comment for column in self.columns]
        for row in range(len(self)) if rows is None else rows:
            yield [
                rewritten_cell(cell, self.path.parent, folder) if is_data else cell
                for cell, is_data in zip(self.rows[row], data)
            ]

    def resolve(self, cell: str) -> Path:
        """Return the absolute path of the file a cell names; backslashes separate folders on every system."""
        return Path(os.path.abspath(os.path.join(str(self.path.parent), cell.replace("\\", "/"))))

    def _check_rows(self) -> None:
        if not self.rows:
            raise DataError(
                f"{self.path}: expected at least one line of data below the header, got none. "
                "Check that this is the right file."
            )
        problems = Problems(self.path)
        for row, cells in enumerate(self.rows):
            if len(cells) != len(self.header):
                problems.add(self._ragged(row), _RAGGED)
        problems.raise_if_any()

    def _ragged(self, row: int) -> Problem:
        cells = len(self.rows[row])
        wanted = len(self.header)
        position = min(cells, wanted)  # the first cell that is missing or has no header
        column = self.header[position] if cells < wanted else f"cell {position + 1}"
        value = "" if cells < wanted else self.rows[row][position]
        message = f"expected {wanted} cells as in the header, got {cells}"
        return Problem(self.line(row), position, column, value, message)


def _check_separator(records: List[List[str]], path: Path) -> None:
    """Refuse other separators: spreadsheets of many countries use semicolons; then a row looks like a single cell."""
    for separator, name in ((";", "semicolons"), ("\t", "tabs")):
        if len(records) > 1 and all(len(record) == 1 and separator in record[0] for record in records):
            raise DataError(
                f"{path}: expected cells separated by commas, got {name} ({records[0][0]!r}). Save the file as "
                "comma-separated CSV."
            )


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{path}: expected a readable data-set CSV, got the error: {error.strerror}. Check the path."
        ) from error
    try:
        return data.decode("utf-8-sig")  # with or without BOM
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DataError(
            f"{path}: line {line}: expected UTF-8 text, got the byte 0x{data[error.start]:02x}. Save the file as UTF-8 "
            "(in Excel: 'CSV UTF-8')."
        ) from error


def _records(text: str, path: Path) -> Tuple[List[List[str]], List[int]]:
    """Split a CSV into its rows and the line each starts on (a quoted cell may contain line ends)."""
    records: List[List[str]] = []
    lines: List[int] = []
    reader = csv.reader(io.StringIO(text, newline=""))
    start = 1
    try:
        for record in reader:
            records.append(record)
            lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{path}: line {start}: expected comma-separated text, got the error: {error}. Check that this is a "
            "data-set CSV."
        ) from error
    # Blank lines at the end; one in the middle is a row without cells, and reported.
    while records and not records[-1]:
        records.pop()
        lines.pop()
    return records, lines


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
    if not cell.strip() or is_number(cell) or _is_absolute(cell):  # first, for tables of a thousand columns
        return cell
    source = os.path.abspath(str(source_dir))
    target = os.path.abspath(str(target_dir))
    if os.path.normcase(source) == os.path.normcase(target):
        return cell
    absolute = os.path.abspath(os.path.join(source, cell.replace("\\", "/")))
    try:
        return safe_path(os.path.relpath(absolute, target).replace(os.sep, "/"))
    except ValueError:  # Windows: no relative path leads from one drive to another
        return absolute.replace(os.sep, "/")


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
