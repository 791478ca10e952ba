"""A folder for what the workers of one piece of work share; gone at the end, even if an earlier process was killed."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Iterator, Optional

from ..temporary_names import folder_prefix, is_abandoned

__all__ = ["shared_folder"]

PREFIX = "nnabla_influence-"


@contextmanager
def shared_folder(parent: Optional[Path] = None) -> Iterator[Path]:
    """Make a folder that is removed at the end of the block.

    Args:
        parent: Where; None: among the system's temporary folders, which processes of this machine see.
    """
    place = Path(tempfile.gettempdir()) if parent is None else parent
    place.mkdir(parents=True, exist_ok=True)
    for other in place.glob(f"{PREFIX}*"):
        with suppress(OSError):
            if is_abandoned(other.with_name(other.name[len(PREFIX) :])):
                shutil.rmtree(str(other), ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX + folder_prefix(), dir=str(place)))
    try:
        yield folder
    finally:
        shutil.rmtree(str(folder), ignore_errors=True)
