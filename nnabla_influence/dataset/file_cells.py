"""The cells of a data set that name files, and the hashes of these files.

Hashing comes before decoding: the fingerprint decides whether there is anything to decode. Files that are missing or
cannot be read are reported as problems of the cells that name them, all of them together.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from .csv import Column, Table
from .fingerprint import FileIndex
from .inspection import VariablePlan, report
from .problems import Problems

__all__ = ["CHECK_PATH", "FileCells", "FileCounter", "FileProgress"]

FileProgress = Callable[[int, int], None]
"""Called with (files done, files in all)."""

CHECK_PATH = "Check the paths; they are relative to the CSV's folder."


class FileCounter:
    """Counts finished files for a progress callback that may be absent.

    Args:
        progress: The callback.
        total: The number of files in all.
    """

    def __init__(self, progress: Optional[FileProgress], total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0

    def step(self) -> None:
        """Count one more file."""
        self._done += 1
        if self._progress is not None:
            self._progress(self._done, self._total)

    def finish(self) -> None:
        """Jump to the end: files that need not be decoded were counted in advance."""
        if self._progress is not None and 0 < self._done < self._total:
            self._progress(self._total, self._total)


class FileCells:
    """The cells that name files, and the hashes of these files.

    Args:
        table: The data set's text.
        plans: What its variables hold.
        problems: Receives the cells whose files are missing or cannot be read.

    Attributes:
        digests: The SHA-256 of each file, by the text of the cell.
        count: The number of cells whose file exists.
    """

    def __init__(self, table: Table, plans: Sequence[VariablePlan], problems: Problems) -> None:
        self._table = table
        self._plans = plans
        self._problems = problems
        self.digests: Dict[str, str] = {}
        self.count = 0

    def _each(self) -> Iterator[Tuple[int, Column, str]]:
        columns = [column for plan in self._plans if plan.numbers is None for column in plan.columns]
        # A table of numbers has none, and a million rows take seconds to split.
        for row, cells in enumerate(self._table.rows if columns else ()):
            line = self._table.line(row)
            for column in columns:
                if not self._problems.reported(line, column.position):
                    yield row, column, cells[column.position]

    def look_up(self, index: FileIndex) -> List[str]:
        """Look every file up in the index.

        Returns:
            The cells whose files have to be read, each once, in file order.
        """
        unknown: Dict[str, None] = {}  # a set that keeps its order
        for row, column, cell in self._each():
            if cell in self.digests or cell in unknown:
                self.count += 1
                continue
            path = self._table.resolve(cell)
            try:
                self._require_file(path)
                digest = index.lookup(path)
            except OSError as error:
                self._report(row, column, path, error)
                continue
            self.count += 1
            if digest is None:
                unknown[cell] = None
            else:
                self.digests[cell] = digest
        return list(unknown)

    def hash(self, index: FileIndex, cells: Sequence[str], counter: FileCounter) -> None:
        """Read and hash the files of these cells."""
        failed: Dict[str, OSError] = {}
        for cell in cells:
            try:
                self.digests[cell] = index.hash(self._table.resolve(cell))
            except OSError as error:
                failed[cell] = error
            counter.step()
        for row, column, cell in self._each() if failed else ():
            if cell in failed:
                self._report(row, column, self._table.resolve(cell), failed[cell])

    @staticmethod
    def _require_file(path: Path) -> None:
        # Opening a named pipe would wait for ever.
        if not stat.S_ISREG(os.stat(str(path)).st_mode):
            raise OSError("not a file")

    def _report(self, row: int, column: Column, path: Path, error: OSError) -> None:
        if isinstance(error, FileNotFoundError):
            message = f"expected a file, got none at {path}"
        else:
            message = f"expected a readable file at {path}, got the error: {error.strerror or error}"
        report(self._table, row, column, message, CHECK_PATH, self._problems)
