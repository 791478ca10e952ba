"""From the bytes of a table to its text, whatever program wrote it.

A byte-order mark decides. Without one, text that is valid UTF-8 is UTF-8: other encodings hardly ever look like it.
UTF-16 shows itself by the zero byte beside every Latin letter. What is left is the encoding of an older Windows:
Shift-JIS (cp932) or cp1252. Both accept almost any bytes, so the characters decide. The accented letters of cp1252 are
what rare Chinese characters begin with in Shift-JIS, while kana and common characters begin with lower bytes.
Characters of half width alone are Japanese if they do not stand between Latin letters.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple, Optional

from ...errors import ConfigError, DataError

__all__ = ["DecodedText", "decode_text"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with a byte-order mark"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
# Python's cp932 passes these bytes through instead of refusing them; no Japanese text holds them.
_NO_JAPANESE = re.compile("[\x80\xa0\uf8f0-\uf8ff]")
_WIDE = re.compile("[^\x00-\x7f\uff61-\uff9f]")  # two bytes in cp932
_RARE_FROM = 0xE0  # first bytes of rare characters, and accented letters of cp1252
_NARROW_RUN = re.compile("[\uff61-\uff9f]+")
_BESIDE_LATIN = re.compile("[A-Za-z0-9][\uff61-\uff9f]+|[\uff61-\uff9f]+[A-Za-z0-9]")
_LOOKED_AT = 4000  # bytes that tell UTF-16 from other text


class DecodedText(NamedTuple):
    """A table's text.

    Attributes:
        text: The text, without a byte-order mark.
        encoding: The encoding in words; None for plain UTF-8, which needs no mention.
    """

    text: str
    encoding: Optional[str]


def decode_text(data: bytes, path: Path, encoding: Optional[str] = None) -> DecodedText:
    r"""Decode a table.

    Args:
        data: The file's bytes.
        path: Where they come from, for messages.
        encoding: Python's name of the encoding; None: find out.

    Raises:
        ConfigError: There is no such encoding.
        DataError: The bytes are not of that encoding, or of none that is known.

    Example:
        >>> decode_text("größe;art\n".encode("cp1252"), Path("table.csv"))
        DecodedText(text='größe;art\n', encoding='cp1252 (Western Windows)')
    """
    if encoding is not None:
        return _decoded_as(data, path, encoding)
    for mark, codec, words in _MARKS:
        if data.startswith(mark):
            return DecodedText(_strictly(data, codec, path), words)
    wide = _wide_codec(data)
    if wide is not None:
        return DecodedText(_strictly(data, wide, path), "UTF-16 without a byte-order mark")
    try:
        return DecodedText(data.decode("utf-8"), None)
    except UnicodeDecodeError:
        return _windows_text(data, path)


def _decoded_as(data: bytes, path: Path, encoding: str) -> DecodedText:
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise ConfigError(
            f"Expected the name of an encoding such as utf-8, utf-16, cp932 or cp1252, got {encoding!r}."
        ) from None
    return DecodedText(_strictly(data, encoding, path).lstrip("\ufeff"), encoding)


def _strictly(data: bytes, codec: str, path: Path) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: expected {codec} text, got the byte 0x{data[error.start]:02x} at {error.start:,}. Save the file "
            "as UTF-8."
        ) from error


def _wide_codec(data: bytes) -> Optional[str]:
    """Return the codec of UTF-16 without a mark: most characters of a table are ASCII, so every second byte is 0."""
    head = data[: _LOOKED_AT - _LOOKED_AT % 2]
    half = len(head) // 2
    for codec, zeros in (("utf-16-le", head[1::2].count(0)), ("utf-16-be", head[::2].count(0))):
        if half and zeros > half / 2:
            return codec
    return None


def _windows_text(data: bytes, path: Path) -> DecodedText:
    japanese = _japanese(data)
    if japanese is not None:
        return DecodedText(japanese, "Shift-JIS (Japanese Windows)")
    try:
        return DecodedText(data.decode("cp1252"), "cp1252 (Western Windows)")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: expected text in UTF-8, UTF-16, Shift-JIS or cp1252, got bytes that are none of them. Save the "
            "file as UTF-8 (in Excel: 'CSV UTF-8')."
        ) from error


def _japanese(data: bytes) -> Optional[str]:
    """Return the text if it is Shift-JIS, None if it is not."""
    try:
        text = data.decode("cp932")
    except UnicodeDecodeError:
        return None
    if _NO_JAPANESE.search(text):
        return None
    leads = [(char.encode("cp932")[0], count) for char, count in Counter(_WIDE.findall(text)).items()]
    common = sum(count for lead, count in leads if lead < _RARE_FROM)
    rare = sum(count for lead, count in leads if lead >= _RARE_FROM)
    if common or rare:
        return text if common > rare else None
    beside_latin = len(_BESIDE_LATIN.findall(text))
    return text if 2 * beside_latin < len(_NARROW_RUN.findall(text)) else None
