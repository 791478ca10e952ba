"""Everything that is wrong with a data set, in one message.

Whoever mends a data set wants the list of all broken cells, not one cell per attempt. Readers add what they find to a
`Problems` and go on; at the end it raises one `DataError` that names file, line, column, value and what was expected,
and closes with what to do.
"""

from __future__ import annotations

from pathlib import Path
from typing import List, NamedTuple, Set, Tuple

from ..errors import DataError

__all__ = ["MOST_SHOWN", "Problem", "Problems"]

MOST_SHOWN = 20
_LONGEST_VALUE = 120


class Problem(NamedTuple):
    """One broken cell: `line` counts from 1 in the file, `position` is the cell's place in its row from 0."""

    line: int
    position: int
    column: str
    value: str
    message: str


class Problems:
    """Broken cells of one file, collected while it is read.

    Args:
        path: the file they belong to.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._found: List[Problem] = []
        self._remedies: List[str] = []
        self._places: Set[Tuple[int, int]] = set()

    def __len__(self) -> int:
        return len(self._found)

    def add(self, problem: Problem, remedy: str) -> None:
        """Note one broken cell and the sentence that says how to mend it."""
        self._found.append(problem)
        self._places.add((problem.line, problem.position))
        if remedy not in self._remedies:
            self._remedies.append(remedy)

    def reported(self, line: int, position: int) -> bool:
        """Whether this cell is known to be broken, so that nobody reports it twice."""
        return (line, position) in self._places

    def raise_if_any(self) -> None:
        """Raise everything noted so far.

        Raises:
            DataError: at least one problem was added; the first 20 in file order are listed, the rest counted.
        """
        if self._found:
            raise DataError("\n".join([self._headline(), *self._lines(), *self._remedies]))

    def _headline(self) -> str:
        count = len(self._found)
        return "{}: {} broken {}".format(self.path, count, "cell" if count == 1 else "cells")

    def _lines(self) -> List[str]:
        ordered = sorted(self._found, key=lambda problem: (problem.line, problem.position))
        lines = [_sentence(problem) for problem in ordered[:MOST_SHOWN]]
        if len(ordered) > MOST_SHOWN:
            lines.append("  and {} more".format(len(ordered) - MOST_SHOWN))
        return lines


def _sentence(problem: Problem) -> str:
    value = problem.value
    if len(value) > _LONGEST_VALUE:
        value = value[:_LONGEST_VALUE] + "..."
    return "  line {}, column {!r}, value {!r}: {}".format(problem.line, problem.column, value, problem.message)
