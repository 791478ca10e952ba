"""The room on a disk, and what does not fit it: said before hours of work, not after them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Optional

from .errors import TooLargeError
from .machine_memory import readable_bytes
from .remedies import Remedy

__all__ = ["free_bytes", "require_room"]


def require_room(folder: Path, needed: int, work: str, remedy: Optional[Remedy] = None) -> None:
    """Refuse work whose result does not fit the disk.

    Args:
        folder: Where it will be written; it need not exist yet.
        needed: Bytes, at least.
        work: What needs them, for the message.
        remedy: What lowers the need.

    Raises:
        TooLargeError: There is less room.
    """
    there = free_bytes(folder)
    if there is not None and needed > there:
        raise TooLargeError(
            f"Expected {work} to fit the {readable_bytes(there)} that are free in '{folder}', but it takes "
            f"{readable_bytes(needed)}.",
            remedy,
        )


def free_bytes(folder: Path) -> Optional[int]:
    """Return the bytes that are free where a folder is or would be made; None where the system does not say."""
    place = Path(os.path.abspath(str(folder)))
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        return shutil.disk_usage(str(place)).free
    except OSError:
        return None
