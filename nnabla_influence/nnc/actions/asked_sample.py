"""Which evaluated sample is asked about: by the picture that was clicked, or by its number.

NNC Windows fills in what the clicked cell says, the name of a picture's file. NNC Desktop passes a copy of the picture,
``plugins/plugin_ROW_COLUMN.png`` in the result folder, rows counted from 0; it may be a thumbnail, so the row counts
and not what the copy shows.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Iterator, Optional, Tuple

from ...dataset.csv import Table
from ...dataset.decoding import decoder_name
from ...errors import ConfigError, DataError

__all__ = ["row_numbered", "row_of_picture"]

COPY = re.compile(r"plugin_(\d+)_\d+\.\w+")
BY_NUMBER = "Or name the sample by its row, with the plugin Why this result? By row number."


def row_numbered(number: Optional[int], evaluated: Table) -> int:
    """Return the row, from 0, of a number that counts from 1.

    Raises:
        ConfigError: There is no such row.
    """
    if number is None or not 1 <= number <= len(evaluated):
        raise ConfigError(
            f"Expected in the field row a number from 1 to {len(evaluated)}, the rows of {evaluated.path}, got "
            f"{number if number is not None else 'none'}. If other data were evaluated, name them in the field "
            "validation."
        )
    return number - 1


def row_of_picture(named: str, evaluated: Table) -> int:
    """Return the row, from 0, of the picture that was clicked.

    Args:
        named: What the field holds.
        evaluated: The evaluated data.

    Raises:
        ConfigError: Nothing was clicked, or there is no such row.
        DataError: The picture is not of these data.
    """
    if not named:
        raise ConfigError(f"Expected a picture in the field image, got none. Click a cell with a picture. {BY_NUMBER}")
    path = Path(named)
    copy = COPY.fullmatch(path.name)
    if copy and path.parent.name == "plugins":
        return row_numbered(int(copy.group(1)) + 1, evaluated)
    row = _row_of_file(path, evaluated)
    if row is None:
        raise DataError(
            f"Expected in the field image a picture of {evaluated.path}, got '{named}', which none of its "
            f"{len(evaluated)} rows names. If other data were evaluated, name them in the field validation. {BY_NUMBER}"
        )
    return row


def _row_of_file(path: Path, evaluated: Table) -> Optional[int]:
    """Find the row that names a file, or else one whose file holds the same bytes."""
    places = {_spelled(path), _spelled(evaluated.resolve(str(path)))}
    for row, file in _files(evaluated):
        if _spelled(file) in places:
            return row
    if not path.is_file():
        return None
    contents = path.read_bytes()
    for row, file in _files(evaluated):
        if file.is_file() and file.stat().st_size == len(contents) and file.read_bytes() == contents:
            return row
    return None


def _files(table: Table) -> Iterator[Tuple[int, Path]]:
    columns = [column.position for column in table.columns if not column.comment]
    for row, cells in enumerate(table.rows):
        for place in columns:
            if decoder_name(cells[place]) is not None:
                yield row, table.resolve(cells[place])


def _spelled(path: Path) -> str:
    """Spell a path in one way, links followed."""
    return os.path.normcase(os.path.realpath(str(path)))
