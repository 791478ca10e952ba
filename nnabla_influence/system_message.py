"""A message for a full disk, a missing permission and the like, with the file where it is known."""

from __future__ import annotations

import errno

__all__ = ["system_message"]

ADVICE = {
    errno.ENOSPC: "; free some space or write elsewhere",
    errno.EACCES: "; check the permissions or write elsewhere",
    errno.EROFS: "; write elsewhere",
}


def system_message(error: OSError) -> str:
    """Return what the operating system says, and what to do about it."""
    where = f"{error.filename}: " if error.filename is not None else ""
    return f"{where}{error.strerror}{ADVICE.get(error.errno or 0, '')}"
