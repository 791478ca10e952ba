"""A lock on the work towards one file: two processes that write the same would tear each other's progress down.

The operating system keeps the lock and drops it with the process, however that ends, so a lock is never left behind.
Who holds it since when stands in the locked file, for whoever comes second. Where a file system knows no locks (some
network drives), the work goes on without.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import logging
import os
import platform
import sys
from pathlib import Path
from typing import BinaryIO, Dict, Iterator, Optional

from .errors import InUseError
from .files import replaceable

__all__ = ["LOCK_FILE", "locked"]

LOGGER = logging.getLogger("nnabla_influence")
LOCK_FILE = "lock.json"
WINDOWS_PLACE = 1 << 30  # Windows lets nobody read what is locked, so a byte far behind the text is
_held: Dict[str, int] = {}  # folders this process has locked, and how often: it never waits for itself


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder while the block runs; it is made if it is missing, and removed at the end if it is empty.

    Args:
        folder: Where the progress is kept.

    Raises:
        InUseError: Another process holds it.
        OSError: The folder cannot be made.
    """
    name = os.path.realpath(str(folder))
    stream = _acquired(folder) if name not in _held else None
    _held[name] = _held.get(name, 0) + 1
    try:
        yield
    finally:
        _held[name] -= 1
        if not _held[name]:
            del _held[name]
            _release(folder, stream)


def _acquired(folder: Path) -> Optional[BinaryIO]:
    """Lock the file in the folder; None where the file system knows no locks."""
    path = folder / LOCK_FILE
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            stream = open(str(replaceable(path)), "a+b", buffering=0)
        except FileNotFoundError:  # its holder has just removed the folder
            continue
        try:
            _lock(stream)
        except (BlockingIOError, PermissionError) as error:
            holder = _holder(path)
            stream.close()
            raise InUseError(
                f"'{folder}' is in use: {holder}. Wait until it has ended, or choose another file."
            ) from error
        except OSError as error:
            LOGGER.debug("no lock in %s: %s", folder, error)
            stream.close()
            return None
        if _is_still(stream, path):
            _sign(stream)
            return stream
        stream.close()  # its holder removed it between our opening and locking it


def _is_still(stream: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(stream.fileno()), os.stat(str(path)))
    except FileNotFoundError:
        return False


def _sign(stream: BinaryIO) -> None:
    now = datetime.datetime.now().replace(microsecond=0)
    text = json.dumps({"process": os.getpid(), "machine": platform.node(), "since": now.isoformat(" ")})
    with contextlib.suppress(OSError):  # on a full disk it is a lock all the same
        stream.truncate(0)
        stream.write(text.encode("utf-8"))


def _holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_bytes().decode("utf-8"))
        return f"process {holder['process']} on {holder['machine']} works on it since {holder['since']}"
    except (OSError, ValueError, LookupError, TypeError):  # it has not signed yet
        return "another process works on it"


def _release(folder: Path, stream: Optional[BinaryIO]) -> None:
    path = folder / LOCK_FILE
    if sys.platform == "win32":  # which removes no open file
        if stream is not None:
            stream.close()
        _remove(path)
    else:
        _remove(path)  # before it is unlocked: whoever locks it then sees that it is gone
        if stream is not None:
            stream.close()
    with contextlib.suppress(OSError):  # there is progress in it, or somebody's own file
        folder.rmdir()


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


if sys.platform == "win32":
    import msvcrt

    def _lock(stream: BinaryIO) -> None:
        stream.seek(WINDOWS_PLACE)
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        stream.seek(0)

else:
    import fcntl

    def _lock(stream: BinaryIO) -> None:
        fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
