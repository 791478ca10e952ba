"""From the bytes of one file to numbers, as NNabla reads them.

A data cell may name an image, a CSV of numbers, a NumPy array or a WAV sound. The shapes are NNabla's: a grey image is
(1, H, W), a colour image (3, H, W), with an alpha channel (2, H, W) or (4, H, W); a CSV is its two-dimensional array,
a ``.npy`` its array, a sound (samples, channels). Images keep their integers (8 or 16 bits), everything else becomes
float32.

Differences from NNabla's Pillow reader, which would give other numbers than anyone expects: a one-bit image is
0 and 255 (there 0 and 1), a 16-bit grey image keeps its 16 bits (there the upper 8 are lost), arrays that need pickle
are refused. DICOM is not read.
"""

from __future__ import annotations

import csv
import io
import os
import struct
import warnings
import zlib
from typing import Any, Callable, Dict, Optional, Tuple

import numpy as np
from PIL import Image

from ..archives.npy_array import read_npy
from ..array import Array
from ..errors import DataError, TooLargeError
from ..machine_memory import require_memory

__all__ = [
    "BROKEN_FILE",
    "CellError",
    "ImageSize",
    "KNOWN_EXTENSIONS",
    "decode",
    "decoder_name",
    "describe",
    "float32_array",
]

ImageSize = Optional[Tuple[int, int]]  # (H, W), or None to keep the size in the file

_IMAGE_EXTENSIONS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff")
KNOWN_EXTENSIONS = (*_IMAGE_EXTENSIONS, ".csv", ".npy", ".wav")

_BYTE_MODES = ("L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV")
_COLOURS = {1: "grey", 2: "grey+alpha", 3: "colour", 4: "colour+alpha"}
# What Pillow and the readers of arrays and sounds raise on broken bytes; there is no common base.
BROKEN_FILE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
"""What the libraries that decode files raise for damaged ones: Pillow's plugins, whatever their code happens to."""

_REPLACE = "Replace files that cannot be read, or delete their lines."


class CellError(DataError):
    """One cell cannot be read.

    Args:
        message: What was expected and what arrived, to stand behind the name of the cell.

    Attributes:
        advice: The sentence that says how to mend such cells. It is kept apart because many cells share it: the list of
            all broken cells says it once.
    """

    def __init__(self, message: str, advice: str = _REPLACE) -> None:
        super().__init__(message)
        self.advice = advice


def decoder_name(path: str) -> Optional[str]:
    """Which of ``image``, ``csv``, ``npy``, ``wav`` reads a file of this name; None if nothing does."""
    extension = os.path.splitext(path)[1].lower()
    if extension in _IMAGE_EXTENSIONS:
        return "image"
    return extension[1:] if extension in KNOWN_EXTENSIONS else None


def decode(decoder: str, data: bytes, image_size: ImageSize = None) -> Array:
    """Turn the bytes of a file into an array.

    Args:
        decoder: A name from `decoder_name`.
        data: The whole file.
        image_size: (H, W) to which images are resized (bilinear with antialiasing), or None.

    Returns:
        uint8 or uint16 (C, H, W) for images, float32 of any shape otherwise; never empty, always finite.

    Raises:
        CellError: The bytes are broken or hold something that is no array of numbers.
    """
    if decoder == "image":
        return _decode_image(data, image_size)
    return float32_array(_ARRAY_DECODERS[decoder](data))


def float32_array(array: Array) -> Array:
    """Check that an array holds finite numbers that fit float32, and convert it; a lone number becomes (1,).

    Raises:
        CellError: It is empty, holds no real numbers, or a number is NaN, infinite or too large.
    """
    if array.dtype.kind not in "biuf":
        raise CellError(f"expected an array of real numbers, got the type {array.dtype}")
    if array.size == 0:
        raise CellError(f"expected an array of numbers, got an empty one of shape {array.shape}")
    with np.errstate(over="ignore"):  # what overflows becomes inf and is reported below
        converted = array.astype(np.float32)
    broken = int(array.size - np.count_nonzero(np.isfinite(converted)))
    if broken:
        raise CellError(f"expected finite float32 numbers, got {broken} that are NaN, infinite or too large")
    return converted.reshape(1) if converted.ndim == 0 else np.ascontiguousarray(converted)


def describe(shape: Tuple[int, ...], dtype: np.dtype[Any]) -> str:
    """Describe a decoded cell in words, such as ``28x28 colour image`` or ``array of shape (3, 4)``."""
    if dtype.kind != "u":
        return f"array of shape {tuple(shape)}"
    depth = "" if dtype.itemsize == 1 else " of 16 bits"
    return f"{shape[1]}x{shape[2]} {_COLOURS.get(shape[0], str(shape[0]))} image{depth}"


def _decode_image(data: bytes, image_size: ImageSize) -> Array:
    try:
        with warnings.catch_warnings():  # about metadata, or size: neither changes the pixels
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as image:
                _require_memory(image)
                pixels = _pixels(image, image_size)  # (H, W) or (H, W, C)
    except (MemoryError, TooLargeError) as error:
        raise CellError(f"expected an image that this machine can hold, got one that is too large: {error}") from error
    except BROKEN_FILE as error:
        raise CellError(f"expected a readable image, got the error: {_first_line(error)}") from error
    channels_last = pixels[:, :, np.newaxis] if pixels.ndim == 2 else pixels
    return np.ascontiguousarray(channels_last.transpose(2, 0, 1))


def _require_memory(image: Image.Image) -> None:
    """Refuse by its header an image whose pixels do not fit the memory."""
    width, height = image.size
    require_memory(width * height * len(image.getbands()), f"an image of {width}x{height} pixels")


def _pixels(image: Image.Image, image_size: ImageSize) -> Array:
    if image.mode.startswith("I"):
        return _sixteen_bit_pixels(image, image_size)
    plain = _without_palette(image)
    if plain.mode not in _BYTE_MODES:
        raise CellError(
            f"expected an image of 8 or 16 bits per channel, got Pillow mode {plain.mode}",
            "Convert such images to 8 bits, or save their pixels as .npy files.",
        )
    if image_size is not None:
        plain = plain.resize((image_size[1], image_size[0]), Image.Resampling.BILINEAR)
    return np.asarray(plain)


def _without_palette(image: Image.Image) -> Image.Image:
    if image.mode == "1":
        return image.convert("L")
    if image.mode == "PA" or (image.mode == "P" and "transparency" in image.info):
        return image.convert("RGBA")
    return image.convert("RGB") if image.mode == "P" else image


def _sixteen_bit_pixels(image: Image.Image, image_size: ImageSize) -> Array:
    values = np.asarray(image)  # Pillow opens 16-bit grey as int32 or uint16, depending on its version
    if values.min() < 0 or values.max() > 65535:
        raise CellError(
            "expected an image of 8 or 16 bits per channel, got one of 32 bits",
            "Convert such images to 8 bits, or save their pixels as .npy files.",
        )
    if image_size is not None:
        resizable = Image.fromarray(values.astype(np.float32))
        resized = resizable.resize((image_size[1], image_size[0]), Image.Resampling.BILINEAR)
        values = np.rint(np.asarray(resized))
    return values.astype(np.uint16)


def _decode_csv(data: bytes) -> Array:
    try:
        text = io.StringIO(data.decode("utf-8-sig"), newline="")
        rows = [[float(cell) for cell in row] for row in csv.reader(text) if row]
    except (ValueError, csv.Error) as error:
        raise CellError(f"expected a CSV of numbers, got the error: {_first_line(error)}") from error
    lengths = {len(row) for row in rows}
    if len(lengths) > 1:
        raise CellError(f"expected lines of equal length, got {min(lengths)} to {max(lengths)} numbers")
    return np.array(rows, dtype=np.float64)


def _decode_npy(data: bytes) -> Array:
    try:
        return read_npy(data)
    except BROKEN_FILE as error:
        message = f"expected a NumPy array without pickled objects, got the error: {_first_line(error)}"
        raise CellError(message) from error


def _decode_wav(data: bytes) -> Array:
    from scipy.io import wavfile  # here, because few data sets hold sounds and the import takes a while

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)
            # A file that was cut off is only a warning for SciPy, but would be a sample of the wrong length.
            warnings.filterwarnings("error", message="Reached EOF", category=wavfile.WavFileWarning)
            sound: Array = wavfile.read(io.BytesIO(data))[1]
    except (*BROKEN_FILE, wavfile.WavFileWarning, UnboundLocalError) as error:  # SciPy: no data chunk
        raise CellError(f"expected a readable WAV sound, got the error: {_first_line(error)}") from error
    return sound.reshape(-1, 1) if sound.ndim == 1 else sound


_ARRAY_DECODERS: Dict[str, Callable[[bytes], Array]] = {
    "csv": _decode_csv,
    "npy": _decode_npy,
    "wav": _decode_wav,
}


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    # Pillow names the memory buffer it was given, which helps nobody.
    return type(error).__name__ if not lines or "BytesIO" in lines[0] else lines[0]
