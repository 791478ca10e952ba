"""Everything that is wrong with a data set, in one message.

Whoever mends a data set wants the list of all broken cells, not one cell per attempt. Readers add each `Problem` to a
`Problems` and go on; at the end it raises one `DataError` that names file, line, column, value and what was expected,
and closes with what to do.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import List, NamedTuple, Optional, Set, Tuple, Union

from ..errors import DataError
from ..remedies import Remedy

__all__ = ["MOST_SHOWN", "Problem", "Problems"]

MOST_SHOWN = 20
_LONGEST_VALUE = 120
_FEW_CELLS = 3  # of a column, that are listed one by one


class Problem(NamedTuple):
    """One broken cell.

    Attributes:
        line: The line of the file, from 1.
        position: The cell's place in its row, from 0.
        column: The header cell.
        value: The cell.
        message: What was expected there, and what arrived.
        whole_column: Whether many such cells of a column are one mistake, to be said in one line.
    """

    line: int
    position: int
    column: str
    value: str
    message: str
    whole_column: bool = False


class Problems:
    """Broken cells of one file, collected while it is read.

    Args:
        path: The file they belong to.

    Example:
        >>> problems = Problems(Path("training.csv"))
        >>> problems.add(Problem(3, 1, "y", "cat", "expected a number, got text"), "Number the classes.")
        >>> problems.raise_if_any()
        Traceback (most recent call last):
        nnabla_influence.errors.DataError: training.csv: 1 broken cell
          line 3, column 'y', value 'cat': expected a number, got text
        Number the classes.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._problems: List[Problem] = []
        self._advice: List[str] = []
        self._remedy: Optional[Remedy] = None
        self._cells: Set[Tuple[int, int]] = set()

    def __len__(self) -> int:
        return len(self._problems)

    def add(self, problem: Problem, advice: Union[str, Remedy]) -> None:
        """Note one broken cell.

        Args:
            problem: The cell.
            advice: How to mend it, in a sentence that is said once for all such cells; a `Remedy` where the sentence
                depends on the door (one kind per file: an error carries one remedy).
        """
        self._problems.append(problem)
        self._cells.add((problem.line, problem.position))
        if isinstance(advice, Remedy):
            self._remedy = advice
        elif advice not in self._advice:
            self._advice.append(advice)

    def reported(self, line: int, position: int) -> bool:
        """Whether this cell is known to be broken, so that nobody reports it twice."""
        return (line, position) in self._cells

    def raise_if_any(self) -> None:
        """Raise everything noted so far.

        Raises:
            DataError: At least one problem was added; the first 20 in file order are listed, the rest counted.
        """
        if self._problems:
            message = "\n".join([self._headline(), *self._lines(), *self._advice])
            # The remedy begins a line of its own, as every advice here does.
            raise DataError(message if self._remedy is None else message + "\n", self._remedy)

    def _headline(self) -> str:
        count = len(self._problems)
        return f"{self.path}: {count} broken {'cell' if count == 1 else 'cells'}"

    def _lines(self) -> List[str]:
        ordered = sorted(self._problems, key=lambda problem: (problem.line, problem.position))
        columns = Counter(problem.position for problem in ordered if problem.whole_column)
        shown = []
        said = set()
        for problem in ordered:
            together = problem.whole_column and columns[problem.position] > _FEW_CELLS
            if not (together and problem.position in said):
                shown.append(_sentence(problem, columns[problem.position] - 1 if together else 0))
            said.update([problem.position] if together else [])
        more = [f"  and {len(shown) - MOST_SHOWN} more"] if len(shown) > MOST_SHOWN else []
        return shown[:MOST_SHOWN] + more


def _sentence(problem: Problem, others: int) -> str:
    value = problem.value
    if len(value) > _LONGEST_VALUE:
        value = value[:_LONGEST_VALUE] + "..."
    place = f"line {problem.line}" + (f" and {others:,} more" if others else "")
    return f"  {place}, column {problem.column!r}, value {value!r}: {problem.message}"
