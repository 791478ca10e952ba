"""The class of every sample, read from the label variable of a data set.

Three forms of label occur in data sets: one column of class numbers (``y:label``), one column per class with a one in
the right one (``y__0:setosa, y__1:versicolor``; the header names the classes), and values that are no classes at all:
regression targets and label images. The last have no filter and no distribution per class.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np

from ..array import IntArray
from ..dataset.class_names import NO_NAMES, ClassNames
from ..dataset.csv import Column, Table, is_number
from ..dataset.decoding import decoder_name
from ..errors import DataError
from ..remedies import remedy

__all__ = ["Classes"]

DEFAULT_LABEL = "y"
MOST_CLASSES = 1000


@dataclass(frozen=True)
class Classes:
    """The names of the classes, and which one each sample has; made by `read`.

    Attributes:
        variable: The label variable; the whole header cell if it is a comment.
        title: The meaning of the label in the words of the header: ``label``.
        names: Names of the C classes that occur, in a natural order.
        members: (N,) positions in `names`.
        by_number: Class names by class number, where the header or a list of names gives them.
    """

    variable: str
    title: str
    names: List[str]
    members: IntArray
    by_number: Dict[int, str]

    @classmethod
    def read(
        cls, table: Table, columns: Sequence[Column], label: Optional[str] = None, known: ClassNames = NO_NAMES
    ) -> Optional[Classes]:
        """Find the classes.

        Args:
            table: The data set's text.
            columns: The columns among which the label is.
            label: The label variable (or the whole header cell of a comment column); left out, `y`.
            known: What class numbers are called.

        Returns:
            The classes, or None if no label was asked for and ``y`` is absent or holds no classes.

        Raises:
            DataError: `label` was asked for, and there is no such variable or it holds no classes.
        """
        wanted = label if label is not None else DEFAULT_LABEL
        members = [c for c in columns if wanted in (c.name, table.header[c.position])]
        classes = _one_hot(table, members) if len(members) > 1 else _single(table, members, known) if members else None
        if classes is None and label is not None:
            names = ", ".join(dict.fromkeys(column.name for column in columns))
            raise DataError(
                f"{table.path}: expected a variable '{label}' that holds classes (at most {MOST_CLASSES:,} different "
                f"whole numbers or names), found the variables {names}.",
                remedy("choose-label"),
            )
        return classes

    def name(self, line: int) -> str:
        """Return the class of the sample on a line of the table."""
        return self.names[int(self.members[line])]

    def name_of_number(self, number: float) -> str:
        """Return the name of the class of this number, e.g. a predicted one."""
        text = _plain(f"{number:.9g}")
        return self.by_number.get(int(number), text) if number == int(number) else text


def _single(table: Table, members: Sequence[Column], known: ClassNames) -> Optional[Classes]:
    column = members[0]
    cells = [_plain(row[column.position]) for row in table.rows]
    distinct = set(cells)
    if len(distinct) > MOST_CLASSES or not all(_is_class(cell) for cell in distinct):
        return None
    names = sorted(distinct, key=_natural)
    place = {name: position for position, name in enumerate(names)}
    positions = np.array([place[cell] for cell in cells])
    by_number = _told_apart(known)
    called = [by_number.get(int(name), name) if name.isdecimal() else name for name in names]
    return Classes(column.name, column.label or column.name, called, positions, by_number)


def _one_hot(table: Table, members: Sequence[Column]) -> Optional[Classes]:
    """Read one column per class; the largest entry tells the class."""
    if len(members) > MOST_CLASSES:
        return None
    try:
        values = np.array([[float(row[column.position]) for column in members] for row in table.rows])  # (N, C)
    except ValueError:
        return None
    # Probabilities will do: soft labels are classes too.
    if not np.allclose(values.sum(axis=1), 1) or values.min() < 0:
        return None
    labels = {number: column.label or str(number) for number, column in enumerate(members)}
    by_number = _told_apart(ClassNames(labels))
    return Classes(members[0].name, members[0].name, list(by_number.values()), values.argmax(axis=1), by_number)


def _told_apart(names: ClassNames) -> Dict[int, str]:
    """Return the names by number; where two classes have one name, with the number before it."""
    counts = Counter(names.values())
    return {number: name if counts[name] == 1 else f"{number}: {name}" for number, name in names.items()}


def _plain(cell: str) -> str:
    """Spell each class in one way: ``3.0`` and ``3`` are the same."""
    text = cell.strip()
    if is_number(text) and text.lower().lstrip("+-") not in ("nan", "inf", "infinity"):
        number = float(text)
        return str(int(number)) if number == int(number) else text
    return text


def _is_class(cell: str) -> bool:
    if is_number(cell):
        return cell.lstrip("-").isdecimal()
    return decoder_name(cell) is None


def _natural(name: str) -> Tuple[bool, float, str]:
    """Sort numbers by their size, before all names."""
    return (False, float(name), name) if is_number(name) else (True, 0.0, name)
