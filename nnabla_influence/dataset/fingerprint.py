"""The *fingerprint* of a data set: one number for everything the network sees.

It is a SHA-256 over the names of the variables, the values of their cells, the bytes of the files they
name, and the settings that change how these are decoded. Paths are left out: moving or renaming files leaves it as it
is, while one other pixel or label changes it.

Hashing every file takes as long as reading it, so a `FileIndex` per CSV remembers each file's hash together with its
size, its times of modification and of change, and its number in the file system; a file is read again when one of them
has changed. Who puts another picture in its place can set the first two to what they were, but not the others. All the
same every file is read again after a week: a disk may change what nobody has written.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Dict, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from ..array import Array, IntArray
from ..file_digest import stream_digest
from ..files import write_text_atomic
from .csv import Table
from .decoding import ImageSize, decoder_name
from .inspection import VariablePlan

__all__ = ["INDEX_FOLDER", "FileIndex", "arrays_fingerprint", "rows_fingerprint", "table_fingerprint"]

INDEX_FOLDER = "index"
_FORMAT = 1
_ROWS = 10_000  # that are hashed at once
# FAT keeps times to 2 s: a file changed again within that span of its last change might look unchanged.
_UNCERTAIN = 2_000_000_000  # nanoseconds

RECHECK = 7 * 24 * 3600  # seconds
_INDEX_FORMAT = 2

_State = Tuple[int, int, int, int]  # size in bytes, times of modification and of change in nanoseconds, inode


class _Entry(NamedTuple):
    """A file as it was when it was hashed at `time`, in seconds."""

    state: _State
    time: int
    digest: str


class FileIndex:
    """Hashes of the files of one CSV, kept in the data cache between runs.

    Args:
        data_cache: The folder of the data cache.
        csv_path: The CSV the files belong to.
    """

    def __init__(self, data_cache: Path, csv_path: Path) -> None:
        key = hashlib.sha256(str(csv_path).encode("utf-8", "surrogatepass")).hexdigest()[:32]
        self.location = data_cache / INDEX_FOLDER / (key + ".json")
        self._known = _read_index(self.location)
        self._used: Dict[str, _Entry] = {}

    def lookup(self, path: Path) -> Optional[str]:
        """Return the file's SHA-256 if it is known and the file has not changed since.

        Raises:
            OSError: There is no such file.
        """
        state = _state(os.stat(str(path)))
        entry = self._known.get(str(path))
        if entry is None or entry.state != state or not 0 <= time.time() - entry.time < RECHECK:
            return None
        self._used[str(path)] = entry
        return entry.digest

    def hash(self, path: Path) -> str:
        """Read the file and remember its SHA-256.

        Raises:
            OSError: The file cannot be read.
        """
        with open(str(path), "rb") as stream:
            status = os.fstat(stream.fileno())  # of the open file: another one may take its name meanwhile
            certain = time.time_ns() - status.st_mtime_ns > _UNCERTAIN
            digest = stream_digest(stream)
        # Otherwise it is hashed again next time.
        if certain:
            self._used[str(path)] = _Entry(_state(status), int(time.time()), digest)
        return digest

    def save(self) -> None:
        """Keep what this run used, atomically; nothing is written if nothing changed.

        Raises:
            OSError: The data cache cannot be written.
        """
        if self._used != self._known:
            content = {"format": _INDEX_FORMAT, "files": self._used}
            write_text_atomic(self.location, json.dumps(content))


def _state(status: os.stat_result) -> _State:
    # On Windows the third is the time of creation, which says no less.
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def _entry(state: Sequence[int], hashed: int, digest: str) -> _Entry:
    size, modified, changed, number = state
    return _Entry((int(size), int(modified), int(changed), int(number)), int(hashed), str(digest))


def _read_index(location: Path) -> Dict[str, _Entry]:
    """Read the index on disk; an unreadable one only costs the time to make it again."""
    try:
        content = json.loads(location.read_bytes().decode("utf-8"))
        if content["format"] != _INDEX_FORMAT:
            return {}
        return {path: _entry(*stored) for path, stored in content["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def table_fingerprint(
    table: Table, plans: Sequence[VariablePlan], digests: Mapping[str, str], image_size: ImageSize, normalize: bool
) -> str:
    """Compute the fingerprint of a CSV data set.

    Args:
        table: Its text.
        plans: What its variables hold.
        digests: The SHA-256 of the file behind each cell that names one.
        image_size: (H, W) to which images are resized, or None; counts only if there are images.
        normalize: Whether images are scaled to 0..1; counts only if there are images.

    Returns:
        64 hexadecimal digits.
    """
    header = {
        "format": _FORMAT,
        "rows": len(table),
        "variables": [[plan.name, [column.index for column in plan.columns], plan.numbers is None] for plan in plans],
    }
    # A data set of numbers is the same one whatever image size was asked for.
    if any(decoder_name(cell) == "image" for cell in digests):
        header["images"] = [list(image_size) if image_size else None, normalize]
    digest = hashlib.sha256(json.dumps(header).encode("ascii"))
    for plan in plans:
        if plan.numbers is not None:
            _update(digest, plan.numbers)
            continue
        positions = [column.position for column in plan.columns]
        for row in table.rows:
            for position in positions:
                cell = row[position]
                # The decoder's name too: the same bytes under another extension are other numbers.
                digest.update(f"{decoder_name(cell)}:{digests[cell]};".encode("ascii"))
    return digest.hexdigest()


def arrays_fingerprint(arrays: Mapping[str, Array]) -> str:
    """Compute the fingerprint of float32 arrays by name: 64 hexadecimal digits over names, shapes and values."""
    header = {"format": _FORMAT, "arrays": [[name, list(array.shape)] for name, array in arrays.items()]}
    digest = hashlib.sha256(json.dumps(header).encode("ascii"))
    for array in arrays.values():
        _update(digest, array)
    return digest.hexdigest()


def rows_fingerprint(whole: str, rows: IntArray, samples: int) -> str:
    """Compute the fingerprint of some samples of a data set, without reading them.

    Args:
        whole: The fingerprint of the data set.
        rows: (n,) row numbers.
        samples: The number of samples of the data set; all of them in order are the data set itself.

    Returns:
        64 hexadecimal digits.
    """
    if np.array_equal(rows, np.arange(samples)):
        return whole
    digest = hashlib.sha256(json.dumps({"format": _FORMAT, "rows of": whole}).encode("ascii"))
    digest.update(np.ascontiguousarray(rows, dtype="<i8").data)
    return digest.hexdigest()


def _update(digest: hashlib._Hash, array: Array) -> None:
    """Hash the float32 values (N, ...), in one byte order on every machine, without a copy of all of them."""
    for start in range(0, len(array), _ROWS):
        digest.update(np.ascontiguousarray(array[start : start + _ROWS], dtype="<f4").data.cast("B"))
