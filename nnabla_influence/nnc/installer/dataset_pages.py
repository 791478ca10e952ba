"""The pages that NNC Desktop shows of a data set: a JSON file for ten rows and ten columns each, pictures inside.

The format was read from the public sources of NNC Desktop 0.2. A page ``index_<column>_<row>.cache.json`` is a list of
rows, a row a list of cells, and a cell ``{"data": ..., "type": ...}``: text, or a PNG in base64. ``END`` is written
last and names the size of the pages.
"""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Sequence, Tuple

from ...dataset.csv import Table
from ...dataset.problems import Problem, Problems
from ...progress import ProgressCallback
from ...report.pictures import Picture, picture_of
from .dataset_check import NUMBER

__all__ = ["SIDE", "write_pages"]

SIDE = 10
"""Rows and columns of a page."""

PREVIEW = 100
"""Pixels of the longest side of a picture in a page."""

Cell = Dict[str, str]


def write_pages(folder: Path, table: Table, kinds: Sequence[str], progress: Optional[ProgressCallback] = None) -> None:
    """Write all pages of a data set.

    Args:
        folder: A new folder, which is made.
        table: The CSV.
        kinds: What its columns hold, see `dataset_check.column_kinds`.
        progress: Called with (rows done, rows in all).

    Raises:
        DataError: A file cannot be drawn.
        OSError: The folder cannot be written, or the disk is full.
    """
    folder.mkdir()
    for first, rows in _blocks(table, kinds, progress):
        for column in range(0, len(kinds), SIDE):
            page = [cells[column : column + SIDE] for cells in rows]
            # ASCII only: no encoding of the machine that reads it matters.
            (folder / f"index_{column}_{first}.cache.json").write_text(json.dumps(page), encoding="ascii")
    (folder / "END").write_text(f"{SIDE} x {SIDE}", encoding="ascii")


def _blocks(
    table: Table, kinds: Sequence[str], progress: Optional[ProgressCallback]
) -> Iterator[Tuple[int, List[List[Cell]]]]:
    """Yield the number of the first row of each ten, and their cells."""
    for first in range(0, len(table), SIDE):
        last = min(first + SIDE, len(table))
        yield first, [_cells(table, row, kinds) for row in range(first, last)]
        if progress is not None:
            progress(last, len(table))


def _cells(table: Table, row: int, kinds: Sequence[str]) -> List[Cell]:
    texts = table.rows[row]
    return [
        _text_cell(text) if kind == NUMBER else _file_cell(table, row, position, text)
        for position, (text, kind) in enumerate(zip(texts, kinds))
    ]


def _file_cell(table: Table, row: int, position: int, text: str) -> Cell:
    picture = picture_of(table, text)
    if picture.broken:
        problems = Problems(table.path)
        place = (table.line(row), position, table.header[position])
        problems.add(Problem(*place, text, picture.text), "Replace the file, or leave its line out.")
        problems.raise_if_any()
    return _text_cell(picture.text) if picture.image is None else {"data": _preview(picture), "type": "image/png"}


def _text_cell(text: str) -> Cell:
    return {"data": text, "type": "text/plain"}


def _preview(picture: Picture) -> str:
    assert picture.image is not None
    image = picture.image.copy()
    image.thumbnail((PREVIEW, PREVIEW))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode("ascii")
