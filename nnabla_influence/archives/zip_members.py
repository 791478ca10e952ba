"""The members of a ZIP file, read into memory with their checksums verified."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from pathlib import Path
from typing import Callable, Dict, List, Set, Union

from ..errors import CorruptFileError
from .unpacked_size import require_plausible_size

__all__ = ["read_members"]

ENCRYPTED = 0x1  # in a member's flags
# What Python's reader raises on damage; `RuntimeError` is a password, `NotImplementedError` (one of its kind) a method.
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, LookupError, OverflowError)


def read_members(source: Union[Path, bytes], wanted: Callable[[str], bool] = lambda name: True) -> Dict[str, bytes]:
    """Read the wanted members.

    Args:
        source: The file, or its bytes.
        wanted: Tells by a member's name whether it is read.

    Returns:
        The contents by name, in the order of the archive.

    Raises:
        CorruptFileError: It is no ZIP file or damaged; or a member is encrypted, a link, there twice, packed by a
            method Python does not know, or out of proportion.
        TooLargeError: The members do not fit the memory of this machine.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source) as archive:
            members = [info for info in archive.infolist() if not info.is_dir() and wanted(info.filename)]
            _refuse_strange(members)
            return {info.filename: archive.read(info) for info in members}  # reads to the end, which checks the CRC
    except BROKEN as error:
        raise CorruptFileError(f"expected a readable ZIP archive, found: {error}") from error


def _refuse_strange(members: List[zipfile.ZipInfo]) -> None:
    seen: Set[str] = set()
    for info in members:
        if info.flag_bits & ENCRYPTED:
            raise CorruptFileError(f"expected an archive without a password, got '{info.filename}' encrypted")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise CorruptFileError(f"expected files in the archive, got '{info.filename}', a link")
        if info.filename in seen:
            raise CorruptFileError(f"expected each file once in the archive, got '{info.filename}' twice")
        seen.add(info.filename)
        require_plausible_size(f"'{info.filename}'", info.file_size, info.compress_size)
    unpacked = sum(info.file_size for info in members)
    require_plausible_size("the archive", unpacked, sum(info.compress_size for info in members))
