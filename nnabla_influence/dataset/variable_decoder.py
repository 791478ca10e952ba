"""Decode the file cells of one variable, and find those that are unlike the others.

The samples of a variable must agree in shape and type to be stacked. Which shape is the right one nobody says, so all
are decoded and the majority decides; the others are the broken ones.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Dict, Optional, Tuple, Union

import numpy as np

from ..array import Array
from ..remedies import Remedy, remedy
from .csv import Table
from .decoding import CellError, ImageSize, decode, decoder_name, describe
from .file_cells import CHECK_PATH, FileCounter
from .inspection import VariablePlan, report
from .problems import Problems
from .store import ArrayWriter

__all__ = ["VariableDecoder"]

_ONE_KIND = "Convert the files of a variable to one shape and one kind."


class VariableDecoder:
    """Decodes the cells of one variable and finds out which of them are unlike the others.

    Args:
        table: The data set's text.
        plan: The variable; its cells name files.
        writer: Receives the decoded samples; None only to check them.
    """

    def __init__(self, table: Table, plan: VariablePlan, writer: Optional[ArrayWriter]) -> None:
        self._table = table
        self._plan = plan
        self._writer = writer
        # The kinds of cells met so far, numbered: shape and type of the decoded array.
        self._kinds: Dict[Tuple[Tuple[int, ...], np.dtype[Any]], int] = {}
        self._kind_of = np.full((len(table), len(plan.columns)), -1, dtype=np.int32)  # -1: not decoded

    def decode_row(self, row: int, image_size: ImageSize, problems: Problems, counter: FileCounter) -> None:
        """Decode the k cells of a row, and write them unless something is broken."""
        for k, column in enumerate(self._plan.columns):
            if problems.reported(self._table.line(row), column.position):
                continue
            try:
                array = self._read(self._table.rows[row][column.position], image_size)
            except CellError as error:
                report(self._table, row, column, error.message, error.advice, problems)
            else:
                self._note(row, k, array)
                # Once one cell is broken the entry will be thrown away: go on only to find the others.
                if self._writer is not None and not len(problems) and len(self._kinds) == 1:
                    self._writer.write(array)
            counter.step()

    def _read(self, cell: str, image_size: ImageSize) -> Array:
        path = self._table.resolve(cell)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise CellError(f"expected a readable file at {path}, got the error: {error}", CHECK_PATH) from error
        return decode(decoder_name(cell) or "", data, image_size)

    def _note(self, row: int, k: int, array: Array) -> None:
        if self._writer is not None and not self._kinds:
            self._writer.begin(self._plan.lead + array.shape, array.dtype)
        self._kind_of[row, k] = self._kinds.setdefault((array.shape, array.dtype), len(self._kinds))

    def report_odd_ones(self, problems: Problems) -> None:
        """Report the cells whose shape or type differs from that of most cells."""
        if len(self._kinds) < 2:
            return
        counts = Counter(self._kind_of[self._kind_of >= 0].tolist())
        usual, count = counts.most_common(1)[0]
        names = {number: describe(*kind) for kind, number in self._kinds.items()}
        advice = self._advice()
        for row, k in np.argwhere((self._kind_of >= 0) & (self._kind_of != usual)):
            name = names[int(self._kind_of[row, k])]
            message = f"expected {names[usual]} like {count} other cells, got {name}"
            report(self._table, int(row), self._plan.columns[int(k)], message, advice, problems)

    def _advice(self) -> Union[str, Remedy]:
        """Advise to resize only if the images differ in nothing but their size."""
        channels = {(dtype, shape[0]) for shape, dtype in self._kinds}
        images = all(dtype.kind == "u" for _, dtype in self._kinds)
        return remedy("resize-images") if images and len(channels) == 1 else _ONE_KIND
