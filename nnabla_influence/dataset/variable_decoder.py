"""Decode the file cells of one variable, and find those that are unlike the others.

The samples of a variable must agree in shape and type to be stacked. Which shape is the right one nobody says, so all
are decoded and the majority decides; the others are the broken ones.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Dict, Iterator, Optional, Tuple, Union

import numpy as np

from ..array import Array
from ..remedies import Remedy, remedy
from .csv import Table
from .decoded_files import FileCell
from .decoding import CellError, decoder_name, describe
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

    def cells(self, row: int, problems: Problems) -> Iterator[Tuple[int, FileCell]]:
        """Yield the places of the k cells of a row that are not known to be broken, and their files."""
        for k, column in enumerate(self._plan.columns):
            if not problems.reported(self._table.line(row), column.position):
                cell = self._table.rows[row][column.position]
                yield k, FileCell(decoder_name(cell) or "", str(self._table.resolve(cell)))

    def take(self, row: int, k: int, decoded: Union[Array, CellError], problems: Problems) -> None:
        """Take what one cell holds; cells in the order of `cells`, row after row. Write it unless one is broken."""
        if isinstance(decoded, CellError):
            report(self._table, row, self._plan.columns[k], decoded.message, decoded.advice, problems)
            return
        self._note(row, k, decoded)
        # Once one cell is broken the entry will be thrown away: go on only to find the others.
        if self._writer is not None and not len(problems) and len(self._kinds) == 1:
            self._writer.write(decoded)

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
