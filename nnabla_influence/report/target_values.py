"""The target of a network that predicts values: which column it is, and what people call it.

Prices, ages and temperatures are no classes, even where all of them are whole numbers; so nothing is filtered or
compared by them, they are shown beside what the network predicts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Sequence

from ..dataset.class_names import DEFAULT_LABEL
from ..dataset.csv import Column, Table, is_number

__all__ = ["TargetValues"]


@dataclass(frozen=True)
class TargetValues:
    """The column of the target; made by `read`.

    Attributes:
        variable: The target's variable: ``y``.
        title: Its own name in the header: ``price``; without one, the variable.
        position: Its place in a row.
    """

    variable: str
    title: str
    position: int

    @classmethod
    def read(cls, table: Table, columns: Sequence[Column], label: Optional[str] = None) -> Optional[TargetValues]:
        """Find the target.

        Args:
            table: The data set's text.
            columns: The columns among which the target is.
            label: Its variable; left out, `y`.

        Returns:
            The target, or None if there is no such variable, or it is not one number per sample.
        """
        wanted = DEFAULT_LABEL if label is None else label
        members = [column for column in columns if column.name == wanted]
        if len(members) != 1 or not all(is_number(row[members[0].position]) for row in table.rows):
            return None
        (column,) = members
        return cls(column.name, column.label or column.name, column.position)
