"""A small picture of one sample, from the numbers the network sees.

Cells are decoded by the package's own decoder, so that colour order, 16-bit depth and palettes are as in training.
Images keep their proportions and are made smaller, never larger (the page enlarges small ones without blurring them).
Of other arrays, a long one becomes a curve, a two-dimensional one a grey picture from its least to its greatest number,
and whatever is too small for a picture stays numbers.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Tuple

import numpy as np
from PIL import Image, ImageDraw

from ..array import Array
from ..dataset.csv import Column, Table, is_number
from ..dataset.decoding import CellError, decode, decoder_name

__all__ = ["LARGEST_EXACT", "LARGEST_SIDE", "Picture", "encoded", "picture_column", "picture_of", "picture_of_file"]

LARGEST_SIDE = 128
LARGEST_EXACT = 64
"""Pictures with a longer side are photographs or drawings, whose exact pixels nobody looks at."""
LEAST_SIDE = 6
"""A two-dimensional array with a shorter side is a table of numbers, not a picture."""
LEAST_CURVE = 16
_CURVE_WIDTH = 64
_CURVE_HEIGHT = 40
_NUMBERS_SHOWN = 6
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


@dataclass(frozen=True)
class Picture:
    """The picture of a cell that names a file.

    Attributes:
        image: The thumbnail, or None if there is nothing to draw.
        text: What the file holds, in words.
        broken: Whether the file could not be read; `text` says why.
    """

    image: Optional[Image.Image]
    text: str
    broken: bool = False


def picture_column(table: Table, columns: List[Column]) -> Optional[Column]:
    """Find the first column whose cells name files, images before other kinds; None if there is none."""
    kinds = [(column, _kind(table, column)) for column in columns if not column.comment]
    for wanted in ("image", None):
        for column, kind in kinds:
            if kind is not None and wanted in (kind, None):
                return column
    return None


def picture_of(table: Table, cell: str) -> Picture:
    """Decode a file and make it small.

    Args:
        table: The CSV that names the file.
        cell: The cell.

    Returns:
        Its picture; a file that is missing or broken is no error but a picture that says so.
    """
    return picture_of_file(cell, table.resolve(cell))


def picture_of_file(cell: str, path: Path) -> Picture:
    """Do the same for the file that a cell names."""
    kind = decoder_name(cell)
    if kind is None:
        return Picture(None, "no file name", broken=True)
    try:
        array = decode(kind, path.read_bytes())
    except OSError as error:
        return Picture(None, (error.strerror or "cannot be read").lower(), broken=True)
    except CellError as error:
        return Picture(None, error.message, broken=True)
    return _image_picture(array) if kind == "image" else _array_picture(array)


def encoded(image: Image.Image, side: int) -> bytes:
    """Return the bytes of a picture whose longer side is at most `side`: a PNG, or a JPEG where that is large."""
    buffer = io.BytesIO()
    small = _reduced(image, side)
    if max(small.size) > LARGEST_EXACT and small.mode in ("L", "RGB"):
        small.save(buffer, "JPEG", quality=85)
    else:
        small.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _kind(table: Table, column: Column) -> Optional[str]:
    """Return the decoder of the column's cells; the first filled one decides."""
    for row in table.rows:
        cell = row[column.position].strip()
        if cell:
            return None if is_number(cell) else decoder_name(cell)
    return None


def _image_picture(array: Array) -> Picture:
    """Make a picture of (C, H, W) of 8 or 16 bits; more than four channels do not occur."""
    pixels = array if array.dtype == np.uint8 else (array // 257).astype(np.uint8)  # 65535 = 257 * 255
    return Picture(_reduced(_from_channels(pixels), LARGEST_SIDE), f"{array.shape[2]} x {array.shape[1]} pixels")


def _from_channels(pixels: Array) -> Image.Image:
    channels = pixels.shape[0]
    flat = pixels[0] if channels == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0))
    return Image.fromarray(flat).convert(_MODES[channels])


def _reduced(image: Image.Image, side: int) -> Image.Image:
    longest = max(image.size)
    if longest <= side:
        return image
    size = tuple(max(1, round(edge * side / longest)) for edge in image.size)
    return image.resize((size[0], size[1]), Image.Resampling.LANCZOS)


def _array_picture(array: Array) -> Picture:
    text = f"{' x '.join(map(str, array.shape))} numbers"
    plane = array.reshape([edge for edge in array.shape if edge > 1] or [1])
    if plane.ndim == 3 and plane.shape[0] == 3 and min(plane.shape[1:]) >= LEAST_SIDE:
        return Picture(_reduced(_from_channels(_bytes(plane)), LARGEST_SIDE), text)
    if plane.ndim == 2 and min(plane.shape) >= LEAST_SIDE:
        return Picture(_reduced(Image.fromarray(_bytes(plane)), LARGEST_SIDE), text)
    if max(plane.shape) >= LEAST_CURVE and plane.ndim <= 2:
        return Picture(_curve(plane), text)
    shown = ", ".join(f"{value:.4g}" for value in array.ravel()[:_NUMBERS_SHOWN])
    return Picture(None, f"{text}: {shown}{', ...' if array.size > _NUMBERS_SHOWN else ''}")


def _bytes(array: Array) -> Array:
    """Stretch numbers to 0..255; all equal ones become 0."""
    low = float(array.min())
    high = float(array.max())
    stretched = (array.astype(np.float64) - low) * (255 / (high - low or 1))
    levels: Array = np.rint(stretched).astype(np.uint8)
    return levels


def _curve(array: Array) -> Image.Image:
    """Draw the first row or channel as a line, grey on nothing so that it can be seen on light and dark pages."""
    line = array if array.ndim == 1 else array[:, 0] if array.shape[0] > array.shape[1] else array[0]
    heights = (_CURVE_HEIGHT - 3) * (1 - _bytes(line).astype(np.float64) / 255) + 1
    image = Image.new("LA", (_CURVE_WIDTH, _CURVE_HEIGHT), (128, 0))
    draw = ImageDraw.Draw(image)
    edges = np.linspace(0, len(line), _CURVE_WIDTH + 1).astype(int)
    previous: Optional[Tuple[float, float]] = None
    for x, (start, stop) in enumerate(zip(edges, edges[1:])):
        part = heights[start : max(stop, start + 1)]
        draw.line([(x, float(part.min())), (x, float(part.max()))], fill=(128, 255))
        if previous is not None:
            draw.line([previous, (x, float(part[0]))], fill=(128, 255))
        previous = (x, float(part[-1]))
    return image
