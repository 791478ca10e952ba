"""The header of an NNC data set: ``NAME[__INDEX][:LABEL]``.

- ``x:image`` is the variable ``x``; the part behind the colon is only shown to people;
- ``x__0, x__1`` are the entries of one vector variable ``x``, in the order in which they stand in the file, whatever
  their numbers (as NNabla reads them; see `index_gaps`);
- a header that starts with ``#`` is a comment: the column is kept, but no network sees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterable, List, Mapping, NoReturn, Optional, Sequence, Tuple, Union

from ..errors import DataError
from ..remedies import Remedy, remedy

__all__ = ["Column", "group_columns", "index_gaps", "parse_header"]


@dataclass(frozen=True)
class Column:
    """One column of a data set.

    Attributes:
        name: The variable it belongs to; for a comment column the whole header cell.
        index: Which entry of a vector variable it is, None for a variable of one column.
        label: The text for people behind the colon, None if there is none.
        position: Its place in a row, counted from 0.
        comment: True if no network sees it.
    """

    name: str
    index: Optional[int]
    label: Optional[str]
    position: int
    comment: bool


def parse_header(cells: Sequence[str], path: Union[str, Path]) -> Tuple[Column, ...]:
    """Read a header by the grammar ``NAME[__INDEX][:LABEL]``.

    Args:
        cells: The header's cells.
        path: The file they come from, for the messages.

    Returns:
        One `Column` per cell, in order.

    Raises:
        DataError: An empty header cell or name, an index that is no whole number, two columns for the same thing, or
            nothing but comments; the message names the column.
    """
    columns = tuple(_parse_cell(cell, position, path) for position, cell in enumerate(cells))
    variables = group_columns(columns)
    if not variables:
        raise DataError(
            f"{path}: expected at least one data column in the header (line 1), got {list(cells)}. Give a column a "
            "name that does not start with '#', for example x:image."
        )
    for name, members in variables.items():
        _check_variable(name, members, path)
    return columns


def _parse_cell(cell: str, position: int, path: Union[str, Path]) -> Column:
    text = cell.strip()
    if text.startswith("#"):
        return Column(name=text, index=None, label=None, position=position, comment=True)
    variable, colon, label = text.partition(":")
    name, separator, index = variable.partition("__")
    if not name.strip():
        advice = "Name it, or start its header with '#'."
        _refuse_header(path, position, cell, "a name, got none", advice, remedy("import-table"))
    if separator and not (index.strip().isascii() and index.strip().isdigit()):
        _refuse_header(
            path,
            position,
            cell,
            f"a whole number behind '__', got {index!r}",
            "Call the entries of a vector x__0, x__1, ...; use no '__' in other names.",
        )
    number = int(index) if separator else None
    return Column(name.strip(), number, label.strip() if colon else None, position, comment=False)


def _refuse_header(
    path: Union[str, Path], position: int, cell: str, expected: str, advice: str, action: Optional[Remedy] = None
) -> NoReturn:
    raise DataError(f"{path}: line 1, column {position + 1} ({cell!r}): expected {expected}. {advice}", action)


def group_columns(columns: Iterable[Column]) -> Dict[str, List[Column]]:
    """Return the columns of each variable, both in file order; comments are left out."""
    groups: Dict[str, List[Column]] = {}
    for column in columns:
        if not column.comment:
            groups.setdefault(column.name, []).append(column)
    return groups


def _check_variable(name: str, members: List[Column], path: Union[str, Path]) -> None:
    seen: Dict[Optional[int], Column] = {}
    for column in members:
        if column.index in seen:
            _refuse_header(
                path,
                column.position,
                _spelled(column),
                f"each column once, got it already as column {seen[column.index].position + 1}",
                "Rename or remove one of them.",
            )
        seen[column.index] = column
    if None in seen and len(seen) > 1:
        # NNabla would read the column alone and the vector as two variables of one name.
        _refuse_header(
            path,
            seen[None].position,
            name,
            f"either {name} alone or {name}__0, {name}__1, ..., got both",
            "Rename one of them.",
        )


def index_gaps(variables: Mapping[str, Sequence[Column]]) -> Dict[str, str]:
    """Find vectors that do not count from 0 without a gap; NNabla reads them in the order of the file all the same.

    Args:
        variables: The columns of each variable.

    Returns:
        The first column that is not there, by the variable.

    Example:
        >>> index_gaps(group_columns(parse_header(["x__1", "x__2", "y"], "training.csv")))
        {'x': 'x__0'}
    """
    gaps = {}
    for name, members in variables.items():
        indexes = {column.index for column in members}
        missing = [number for number in range(len(members)) if number not in indexes]
        if missing and None not in indexes:
            gaps[name] = f"{name}__{missing[0]}"
    return gaps


def _spelled(column: Column) -> str:
    return column.name if column.index is None else f"{column.name}__{column.index}"
