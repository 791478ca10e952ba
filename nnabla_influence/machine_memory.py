"""The memory of this machine, and what does not fit it.

Running out of memory ends in the worst ways there are: the system kills the process without a word, or every program
swaps. So a long phase estimates what it needs before it begins. An estimate is a lower bound, so only what certainly
does not fit is refused; the limit of a container counts as the machine's memory.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import Iterable, Optional

from .errors import TooLargeError
from .remedies import Remedy

__all__ = ["machine_memory", "readable_bytes", "require_memory"]

CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def require_memory(needed: int, work: str, remedy: Optional[Remedy] = None) -> None:
    """Refuse work that needs more memory than this machine has.

    Args:
        needed: Bytes, at least.
        work: What needs it, for the message.
        remedy: What lowers the need.

    Raises:
        TooLargeError: It needs more.
    """
    there = machine_memory()
    if there is not None and needed > there:
        raise TooLargeError(
            f"Expected {work} to fit the {readable_bytes(there)} of memory of this machine, but it needs at least "
            f"{readable_bytes(needed)}.",
            remedy,
        )


def machine_memory() -> Optional[int]:
    """Return the bytes of memory this process may use; None where the system does not say."""
    known = [size for size in (_physical(), _container(CGROUP_LIMITS)) if size]
    return min(known) if known else None


def readable_bytes(count: float) -> str:
    """Write a number of bytes in a unit that people read.

    >>> readable_bytes(999), readable_bytes(80 * 2**30)
    ('999 bytes', '80.0 GiB')
    """
    if count < 1024:
        return f"{count:.0f} bytes"
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        count /= 1024
        if count < 1024 or unit == "TiB":
            break
    return f"{count:,.1f} {unit}"


def _physical() -> Optional[int]:
    if sys.platform == "win32":
        return _windows_memory()
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):  # a system without these names
        return None


def _container(files: Iterable[Path]) -> Optional[int]:
    """Return the limit of the control group; an unlimited one says ``max`` or a number beyond any memory."""
    for file in files:
        try:
            text = file.read_text(encoding="ascii").strip()
        except OSError:
            continue
        return int(text) if text.isdecimal() else None
    return None


def _windows_memory() -> Optional[int]:
    class MemoryStatus(ctypes.Structure):
        """``MEMORYSTATUSEX`` of the Windows API."""

        _fields_ = [("length", ctypes.c_ulong), ("load", ctypes.c_ulong)] + [
            (name, ctypes.c_ulonglong)
            for name in ("total", "free", "total_page", "free_page", "total_virtual", "free_virtual", "extended")
        ]

    status = MemoryStatus()
    status.length = ctypes.sizeof(MemoryStatus)
    filled = ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))  # type: ignore[attr-defined,unused-ignore]
    return int(status.total) if filled else None
