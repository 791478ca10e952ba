"""From an NNC CSV to decoded arrays, once.

Three passes, each over one row at a time: look at the cells (`inspection`), hash the files they name
(`fingerprint`), and, only if the data cache does not hold that fingerprint yet, decode them into it (`store`).
Broken cells are collected along the way. As soon as there is one, nothing is stored any more, but the rest is still
decoded, so that one message lists everything.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from pathlib import Path
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from ..errors import RunError
from .csv import Column, Table
from .decoding import CellError, ImageSize, decode, decoder_name, describe
from .fingerprint import FileIndex, table_fingerprint
from .inspection import VariablePlan, inspect, report
from .problems import Problems
from .store import ArrayWriter, new_entry, open_entry

__all__ = ["DecodeSettings", "Progress", "ingest"]

Progress = Callable[[int, int], None]  # (files done, files in all)

_CHECK_PATH = "Check the paths; they are relative to the CSV's folder."
_RESIZE = "Resize the images to one size with --image-size HxW."
_ONE_KIND = "Convert the files of a variable to one shape and one kind."

_Signature = Tuple[Tuple[int, ...], np.dtype]  # shape and type of a decoded cell


class DecodeSettings(NamedTuple):
    """What changes the numbers a network sees: `image_size` is (H, W) or None, `normalize` scales images to 0..1."""

    image_size: ImageSize = None
    normalize: bool = True


class _Counter:
    """Counts finished files for a progress callback that may be absent."""

    def __init__(self, progress: Optional[Progress], total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def step(self) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(self._done, self._total)

    def finish(self) -> None:
        if self._progress is not None and 0 < self._done < self._total:
            self._progress(self._total, self._total)


def ingest(
    table: Table, settings: DecodeSettings, data_cache: Path, progress: Optional[Progress] = None
) -> Tuple[str, Dict[str, np.ndarray]]:
    """Decode a data set, or find it decoded.

    Args:
        table: the CSV's text.
        settings: how images become numbers.
        data_cache: the folder of the data cache.
        progress: called with (files done, files in all) while files are read.

    Returns:
        The fingerprint, and read-only arrays (N, *shape) by variable: uint8 or uint16 for images, else float32.

    Raises:
        DataError: some cells are broken; all of them are listed, up to 20.
        RunError: the data cache cannot be written.
    """
    problems = Problems(table.path)
    plans = inspect(table, problems)
    files = _FileCells(table, plans, problems)
    index = FileIndex(data_cache, table.path)
    unknown = files.find(index)
    counter = _Counter(progress, len(unknown) + files.count)
    files.hash(index, unknown, counter)
    if len(problems):
        _decode(table, plans, settings, problems, counter, writers=())
        problems.raise_if_any()
    fingerprint = table_fingerprint(table, plans, files.digests, settings.image_size, settings.normalize)
    _save(index)
    arrays = open_entry(data_cache, fingerprint)
    if arrays is None:
        names = [plan.name for plan in plans]
        with new_entry(data_cache, fingerprint, table.path, names, len(table)) as writers:
            _decode(table, plans, settings, problems, counter, writers)
            problems.raise_if_any()
        arrays = open_entry(data_cache, fingerprint)
    counter.finish()
    if arrays is None:
        raise RunError(
            "expected the decoded data in {}, found it gone: another process removed it. Run the command again.".format(
                data_cache / fingerprint
            )
        )
    return fingerprint, arrays


def _save(index: FileIndex) -> None:
    try:
        index.save()
    except OSError as error:
        raise RunError(
            "expected to write the data cache {}, found: {}. Choose another folder by --data-cache.".format(
                index.location.parent.parent, error
            )
        ) from error


class _FileCells:
    """The cells that name files, and the hashes of these files."""

    def __init__(self, table: Table, plans: Sequence[VariablePlan], problems: Problems) -> None:
        self._table, self._plans, self._problems = table, plans, problems
        self.digests: Dict[str, str] = {}  # by the text of the cell
        self.count = 0

    def _each(self) -> Iterator[Tuple[int, Column, str]]:
        for row, cells in enumerate(self._table.rows):
            line = self._table.line(row)
            for plan in self._plans:
                for column in plan.columns if plan.numbers is None else ():
                    if not self._problems.reported(line, column.position):
                        yield row, column, cells[column.position]

    def find(self, index: FileIndex) -> List[str]:
        """Look every file up; returns the cells whose files have to be read, and reports missing ones."""
        unknown: Dict[str, None] = {}
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

    def hash(self, index: FileIndex, cells: Sequence[str], counter: _Counter) -> None:
        """Read and hash the files of these cells; reports those that cannot be read."""
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
        if not stat.S_ISREG(os.stat(str(path)).st_mode):
            raise OSError("not a file")

    def _report(self, row: int, column: Column, path: Path, error: OSError) -> None:
        if isinstance(error, FileNotFoundError):
            message = "expected a file, found none at {}".format(path)
        else:
            message = "expected a readable file at {}, found: {}".format(path, error.strerror or error)
        report(self._table, row, column, message, _CHECK_PATH, self._problems)


def _decode(
    table: Table,
    plans: Sequence[VariablePlan],
    settings: DecodeSettings,
    problems: Problems,
    counter: _Counter,
    writers: Sequence[ArrayWriter],
) -> None:
    """Decode every file cell, write what is whole to `writers` (none: only check), report what is broken."""
    surveys = []
    for number, plan in enumerate(plans):
        writer = writers[number] if writers else None
        if plan.numbers is None:
            surveys.append(_Survey(table, plan, writer))
        elif writer is not None:
            writer.begin(plan.lead or (1,), plan.numbers.dtype)
            writer.write(plan.numbers)
    for row in range(len(table)) if surveys else ():
        for survey in surveys:
            survey.decode_row(row, settings.image_size, problems, counter)
    for survey in surveys:
        survey.report_odd_ones(problems)


class _Survey:
    """Decodes the cells of one variable and finds out which of them are unlike the others."""

    def __init__(self, table: Table, plan: VariablePlan, writer: Optional[ArrayWriter]) -> None:
        self._table, self._plan, self._writer = table, plan, writer
        self._signatures: Dict[_Signature, int] = {}
        self._seen = np.full((len(table), len(plan.columns)), -1, dtype=np.int32)  # which signature each cell has

    def decode_row(self, row: int, image_size: ImageSize, problems: Problems, counter: _Counter) -> None:
        for k, column in enumerate(self._plan.columns):
            if problems.reported(self._table.line(row), column.position):
                continue
            try:
                array = self._read(self._table.rows[row][column.position], image_size)
            except CellError as error:
                report(self._table, row, column, str(error), error.advice, problems)
            else:
                self._note(row, k, array)
                # once one cell is broken the entry will be thrown away: go on only to find the others
                if self._writer is not None and not len(problems) and len(self._signatures) == 1:
                    self._writer.write(array)
            counter.step()

    def _read(self, cell: str, image_size: ImageSize) -> np.ndarray:
        path = self._table.resolve(cell)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise CellError("expected a readable file at {}, found: {}".format(path, error), _CHECK_PATH) from error
        return decode(decoder_name(cell) or "", data, image_size)

    def _note(self, row: int, k: int, array: np.ndarray) -> None:
        signature = (array.shape, array.dtype)
        if self._writer is not None and not self._signatures:
            self._writer.begin(self._plan.lead + array.shape, array.dtype)
        self._seen[row, k] = self._signatures.setdefault(signature, len(self._signatures))

    def report_odd_ones(self, problems: Problems) -> None:
        """Report the cells whose shape or type differs from that of most cells."""
        if len(self._signatures) < 2:
            return
        counts = Counter(self._seen[self._seen >= 0].tolist())
        usual, count = counts.most_common(1)[0]
        names = {number: describe(*signature) for signature, number in self._signatures.items()}
        remedy = self._remedy()
        for row, k in np.argwhere((self._seen >= 0) & (self._seen != usual)):
            message = "expected {} like {} other cells, found {}".format(
                names[usual], count, names[int(self._seen[row, k])]
            )
            report(self._table, int(row), self._plan.columns[int(k)], message, remedy, problems)

    def _remedy(self) -> str:
        """Resizing helps only if the images differ in nothing but their size."""
        kinds = {(dtype, shape[0]) for shape, dtype in self._signatures}
        images = all(dtype.kind == "u" for _, dtype in self._signatures)
        return _RESIZE if images and len(kinds) == 1 else _ONE_KIND
