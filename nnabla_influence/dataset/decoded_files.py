"""Files that data cells name, decoded in the order of the cells, by several processes where that pays.

A file's numbers depend on nothing but the file, so the decoded data set has the same bytes whoever decodes it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Generator, List, NamedTuple, Sequence, Union

from ..array import Array
from ..execution import Execution, SharedWork
from .decoding import CellError, ImageSize, decode
from .file_cells import CHECK_PATH

__all__ = ["FileCell", "decoded_files"]

PARCEL = 32
"""Files that a process decodes at a time; sending them one by one would take longer than decoding small ones."""


class FileCell(NamedTuple):
    """A file to decode.

    Args:
        decoder: A name from `decoding.decoder_name`.
        path: The file.
    """

    decoder: str
    path: str  # takes a third of the memory of a Path


def decoded_files(
    cells: Sequence[FileCell], image_size: ImageSize = None, execution: Execution = Execution()
) -> Generator[Union[Array, CellError], None, None]:
    """Decode files.

    Args:
        cells: The files.
        image_size: (H, W) to which images are resized, or None.
        execution: The processes of this machine that share the files; a cluster has no part in it.

    Yields:
        For every cell in order its array, see `decoding.decode`, or what is wrong with the file.
    """
    parcels = [cells[start : start + PARCEL] for start in range(0, len(cells), PARCEL)]
    with SharedWork(execution.local) as work:
        for decoded in work.answers(image_size, _decoded, parcels):
            yield from decoded


def _decoded(image_size: ImageSize, cells: Sequence[FileCell]) -> List[Union[Array, CellError]]:
    return [_read(cell, image_size) for cell in cells]


def _read(cell: FileCell, image_size: ImageSize) -> Union[Array, CellError]:
    try:
        data = Path(cell.path).read_bytes()
    except OSError as error:
        return CellError(f"expected a readable file at {cell.path}, got the error: {error}", CHECK_PATH)
    try:
        return decode(cell.decoder, data, image_size)
    except CellError as error:
        return error
