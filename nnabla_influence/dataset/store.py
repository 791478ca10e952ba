"""Decoded data sets on disk: the *data cache*.

::

    <data cache>/
      <fingerprint>/         one decoded data set
        dataset.json         its passport: CSV, rows, and name, file, type, shape, size, checksums of every variable
        0.npy, 1.npy, ...    one array (N, *shape) per variable, opened as a memory map
      index/<key>.json       known file hashes of one CSV (see `fingerprint`)
      in_use/                which process uses which data set (see `cache_limit`)
      partial-*/             being written

A folder appears whole: it is written under another name and renamed at the end, so that several processes may decode
the same data at once (the first one wins, the others use its result). A folder that does not match its passport, for
example because a copy was cut short, counts as missing and is made anew.
"""

from __future__ import annotations

import json
import math
import os
import re
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Pattern, Sequence, Tuple

import numpy as np

from ..array import Array
from ..disk_space import require_room
from ..errors import RunError
from ..files import flush_to_disk, naming_file, write_text_atomic
from ..remedies import remedy
from ..temporary_names import folder_prefix, is_abandoned
from .verified_array import BlockChecksums, VerifiedArray, samples_per_block

__all__ = ["ArrayWriter", "children", "new_entry", "open_entry", "read_passport", "remove_own"]

_FORMAT = 2
_PASSPORT = "dataset.json"
PARTIAL = "partial-"
ENTRY_NAME = re.compile(r"[0-9a-f]{64}\Z")
OWN_FILE = re.compile(r"(dataset\.json|[0-9]+\.npy|\.partial-[0-9a-f-]+\.json)\Z")
ENVIRONMENT = "NNABLA_INFLUENCE_DATA_CACHE"


_write_npy_header: Callable[..., None] = np.lib.format.write_array_header_1_0  # NumPy leaves it without annotations


class ArrayWriter:
    """Writes one ``.npy`` array of `rows` samples piece by piece, so that memory does not grow with the data.

    Plain writes instead of a writable memory map: on a full disk they raise, where a map kills the process.

    Args:
        name: The variable.
        path: The file to write.
        rows: The number of samples N.
    """

    def __init__(self, name: str, path: Path, rows: int) -> None:
        self.name = name
        self.path = path
        self._rows = rows
        self._stream = open(str(path), "wb")
        self._dtype = ""
        self._needed = 0  # bytes
        self._checksums = BlockChecksums(1)
        self._shape: Tuple[int, ...] = ()

    def begin(self, shape: Tuple[int, ...], dtype: np.dtype[Any]) -> None:
        """Write the header for samples of `shape`.

        Raises:
            TooLargeError: All samples together do not fit the disk.
        """
        self._needed = self._rows * math.prod(shape) * dtype.itemsize
        work = f"the decoded variable '{self.name}' ({self._rows:,} samples of shape {tuple(shape)})"
        require_room(self.path.parent.parent, self._needed, work, remedy("smaller-data", variable=ENVIRONMENT))
        self._dtype = dtype.str
        self._shape = tuple(shape)
        sample = math.prod(shape) * dtype.itemsize
        self._checksums = BlockChecksums(samples_per_block(sample) * sample)
        header = {"descr": dtype.str, "fortran_order": False, "shape": (self._rows, *shape)}
        _write_npy_header(self._stream, header)

    def write(self, values: Array) -> None:
        """Append values in C order."""
        data = np.ascontiguousarray(values).data
        with naming_file(self.path, self._needed):
            self._stream.write(data)
        self._checksums.update(data.cast("B"))

    def close(self) -> None:
        """Close the file; safe to call twice.

        Raises:
            OSError: What was still to be written does not fit the disk.
        """
        with naming_file(self.path, self._needed):
            self._stream.close()

    def passport(self) -> Dict[str, Any]:
        """Return what `open_entry` checks: name, file, type, sample shape, size in bytes, checksums of its blocks."""
        return {
            "name": self.name,
            "file": self.path.name,
            "dtype": self._dtype,
            "shape": list(self._shape),
            "bytes": self.path.stat().st_size,
            "crc32": self._checksums.values,
        }


@contextmanager
def new_entry(
    data_cache: Path, fingerprint: str, csv: Path, names: Sequence[str], rows: int
) -> Iterator[List[ArrayWriter]]:
    """Make the decoded folder of a data set.

    Args:
        data_cache: The folder of the data cache; made if missing.
        fingerprint: Names the new folder.
        csv: The data set, for the passport.
        names: The variables, in order.
        rows: The number of samples N.

    Yields:
        One `ArrayWriter` per variable, to be filled by the block. If the block raises, nothing stays behind.

    Raises:
        RunError: The data cache cannot be written.
    """
    temporary: Optional[Path] = None
    writers: List[ArrayWriter] = []
    try:
        data_cache.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(data_cache)
        temporary = Path(tempfile.mkdtemp(prefix=folder_prefix(), dir=str(data_cache)))
        for number, name in enumerate(names):
            writers.append(ArrayWriter(name, temporary / f"{number}.npy", rows))
        yield writers
        _finish(temporary, writers, {"format": _FORMAT, "csv": str(csv), "rows": rows})
        _publish(temporary, data_cache / fingerprint)
    except OSError as error:
        raise RunError(
            f"Expected to write the data cache {data_cache}, got the error: {error}.",
            remedy("choose-data-cache", variable=ENVIRONMENT),
        ) from error
    finally:
        for writer in writers:
            with suppress(OSError):  # on a full disk; that is being said already
                writer.close()
        if temporary is not None:
            remove_own(temporary, OWN_FILE)


def _finish(folder: Path, writers: List[ArrayWriter], passport: Dict[str, Any]) -> None:
    for writer in writers:
        writer.close()
        flush_to_disk(writer.path)
    passport["variables"] = [writer.passport() for writer in writers]
    write_text_atomic(folder / _PASSPORT, json.dumps(passport, indent=1))


def _publish(temporary: Path, final: Path) -> None:
    """Rename; if the folder exists, a whole one wins over ours and a damaged one makes room."""
    for _ in range(3):
        try:
            os.rename(str(temporary), str(final))
            return
        except OSError as error:  # the folder exists, or another process came between
            failure = error
        if open_entry(final.parent, final.name) is not None:
            return
        _set_aside(final)
    raise failure


def _set_aside(final: Path) -> None:
    """Make room where a damaged folder lies, unless another process has put a whole one there meanwhile.

    What is looked at and what is removed must be the same folder, hence the renaming: removing it in its place could
    hit the whole one that a neighbour published after the look.
    """
    if not final.is_dir() or not all(OWN_FILE.match(child.name) for child in final.iterdir()):
        return  # files of somebody else stay where they are
    aside = Path(tempfile.mkdtemp(prefix=folder_prefix(), dir=str(final.parent)))
    taken = aside / final.name
    with suppress(OSError):  # a neighbour sets it aside as well
        os.rename(str(final), str(taken))
        if open_entry(aside, final.name) is not None:
            os.rename(str(taken), str(final))
    remove_own(taken, OWN_FILE)
    aside.rmdir()


def open_entry(data_cache: Path, fingerprint: str) -> Optional[Dict[str, VerifiedArray]]:
    """Open a decoded data set.

    Returns:
        Read-only arrays (N, *shape) by variable, in the order of the CSV, whose checksums are verified when they are
        read; None if there is no such folder or it does not match its passport.
    """
    folder = data_cache / fingerprint
    passport = read_passport(folder)
    if passport is None:
        return None
    arrays = {}
    for variable in passport["variables"]:
        array = _open_array(folder, variable, passport["rows"])
        if array is None:
            return None
        arrays[variable["name"]] = array
    return arrays


def read_passport(folder: Path) -> Optional[Dict[str, Any]]:
    """Read the passport of a decoded folder; None if it is missing or not one of ours."""
    try:
        passport: Dict[str, Any] = json.loads((folder / _PASSPORT).read_bytes().decode("utf-8"))
        if passport["format"] != _FORMAT or not passport["variables"]:
            return None
        int(passport["rows"])
        for variable in passport["variables"]:
            str(variable["name"])
            int(variable["bytes"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return passport


def _open_array(folder: Path, variable: Dict[str, Any], rows: int) -> Optional[VerifiedArray]:
    try:
        path = folder / variable["file"]
        if path.stat().st_size != variable["bytes"]:
            return None
        mapped = np.load(str(path), mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if mapped.shape != (rows, *variable["shape"]) or mapped.dtype.str != variable["dtype"]:
        return None
    view: Array = mapped.view(np.ndarray)  # indexing a memmap object is several times slower
    checksums = variable.get("crc32")
    blocks = -(-rows // samples_per_block(view[:1].nbytes))
    if not isinstance(checksums, list) or len(checksums) != blocks:
        return None
    return VerifiedArray(view, checksums, str(variable["name"]), folder / _PASSPORT)


def children(folder: Path) -> List[Path]:
    """Return the folders in a folder, sorted; none if it does not exist."""
    return [child for child in sorted(folder.iterdir()) if child.is_dir()] if folder.is_dir() else []


def _remove_abandoned(data_cache: Path) -> None:
    """Tidy up after processes that were killed while decoding."""
    for child in children(data_cache):
        with suppress(FileNotFoundError):  # a neighbour tidies up as well
            if child.name.startswith(PARTIAL) and is_abandoned(child):
                remove_own(child, OWN_FILE)


def remove_own(folder: Path, pattern: Pattern[str]) -> int:
    """Remove the files that match and then the folder if that leaves it empty; returns the bytes freed."""
    if not folder.is_dir() or folder.is_symlink():
        return 0
    freed = 0
    with suppress(FileNotFoundError):  # another process removes or renames it at the same time
        for child in list(folder.iterdir()):
            # Files of somebody else stay, and then so does the folder.
            if pattern.match(child.name) and child.is_file():
                freed += child.stat().st_size
                child.unlink()
        if not any(folder.iterdir()):
            folder.rmdir()
    return freed
