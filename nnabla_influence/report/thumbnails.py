"""Pictures of many samples and their thumbnails, by several processes where that pays; the bytes are the same."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Mapping, Sequence, Tuple

from PIL import Image

from ..dataset.csv import Table
from ..execution import SharedWork
from .pictures import Picture, encoded, picture_of_file

__all__ = ["encoded_pictures", "pictures_of"]

PARCEL = 16
"""Pictures that a process makes at a time."""


def pictures_of(work: SharedWork, table: Table, cells: Mapping[int, str]) -> Dict[int, Picture]:
    """Decode files and make them small.

    Args:
        work: Who does it.
        table: The CSV that names the files.
        cells: The cells by line of the CSV.

    Returns:
        The pictures by line, see `pictures.picture_of`.
    """
    files = [(cell, table.resolve(cell)) for cell in cells.values()]
    parcels = [files[start : start + PARCEL] for start in range(0, len(files), PARCEL)]
    pictures = (picture for part in work.answers(None, _pictures, parcels) for picture in part)
    return dict(zip(cells, pictures))


def encoded_pictures(work: SharedWork, pictures: Mapping[int, Picture], side: int) -> Dict[int, bytes]:
    """Return the bytes of the pictures that have an image, by line, see `pictures.encoded`.

    Args:
        work: Who does it.
        pictures: By line of the CSV.
        side: The longest side of a picture in pixels.
    """
    images = {line: picture.image for line, picture in pictures.items() if picture.image is not None}
    drawn = list(images.values())
    parcels = [drawn[start : start + PARCEL] for start in range(0, len(drawn), PARCEL)]
    data = (bytes_ for part in work.answers(side, _encoded, parcels) for bytes_ in part)
    return dict(zip(images, data))


def _pictures(_: None, files: Sequence[Tuple[str, Path]]) -> List[Picture]:
    return [picture_of_file(cell, path) for cell, path in files]


def _encoded(side: int, images: Sequence[Image.Image]) -> List[bytes]:
    return [encoded(image, side) for image in images]
