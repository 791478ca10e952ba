"""The SHA-256 of a file: what tells one content from another, wherever it lies and whatever its name and time."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO

__all__ = ["file_digest", "stream_digest"]

CHUNK = 1 << 20
"""Bytes read at a time: a file may be larger than the memory."""


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as stream:
        return stream_digest(stream)


def stream_digest(stream: BinaryIO) -> str:
    """Return the SHA-256 of the rest of an open file in hexadecimal digits."""
    digest = hashlib.sha256()
    for block in iter(lambda: stream.read(CHUNK), b""):
        digest.update(block)
    return digest.hexdigest()
