"""Names for what is being written, which tell whether their process still lives.

A process that is killed cannot tidy up. So a temporary name holds the machine and the process that made it, and whoever
writes into the same folder next removes what belongs to no living process of this machine. What another machine made
(on a shared drive), or Windows, which keeps open files anyway, is removed after a day.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import secrets
import sys
import time
from pathlib import Path

__all__ = ["folder_prefix", "is_abandoned", "sweep", "temporary_name"]

SECONDS = 24 * 3600  # after which nothing that is still being written was begun
_FILE = r"\.partial-([0-9a-f]{8})-([0-9]+)-[0-9a-f]{8}(\..*)?"
_FOLDER = r"partial-([0-9a-f]{8})-([0-9]+)-.*"
_EARLIER = r"\.partial-[0-9a-f]{16}(\..*)?|partial-[^-]*"  # what earlier versions wrote, who knows by which process
_NAME = re.compile(rf"(?:{_FILE}|{_FOLDER}|{_EARLIER})\Z", re.DOTALL)


def temporary_name(suffix: str = "") -> str:
    """Return a new name for a file being written."""
    return f".{_owner()}{secrets.token_hex(4)}{suffix}"


def folder_prefix() -> str:
    """Return how the name of a folder begins that is being filled, for `tempfile.mkdtemp`."""
    return _owner()


def is_abandoned(path: Path) -> bool:
    """Whether something with a temporary name belongs to no living process.

    Raises:
        OSError: It is gone meanwhile.
    """
    match = _NAME.match(path.name)
    if match is None:
        return False
    machine = match.group(1) or match.group(4)
    if machine == _machine() and sys.platform != "win32":
        return not _lives(int(match.group(2) or match.group(5)))
    return time.time() - path.stat().st_mtime > SECONDS


def sweep(folder: Path) -> None:
    """Remove the temporary files that killed processes left in a folder."""
    with contextlib.suppress(OSError):  # it cannot be listed: nothing of ours can be in it
        for entry in os.scandir(str(folder)):
            if entry.name.startswith(".partial-"):
                _remove_abandoned(Path(entry.path))


def _remove_abandoned(path: Path) -> None:
    with contextlib.suppress(OSError):  # a neighbour sweeps as well
        if path.is_file() and is_abandoned(path):
            path.unlink()


def _owner() -> str:
    return f"partial-{_machine()}-{os.getpid()}-"


def _machine() -> str:
    return hashlib.sha256(platform.node().encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)  # sends nothing; not on Windows, where it would
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it is somebody else's
        return True
    return True
