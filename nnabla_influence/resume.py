"""Unfinished work on disk: the folder ``<target>.partial/`` beside the file it will write.

It survives an interruption on purpose, so that the same command can go on; it is removed on success. Every file in it
is replaced atomically. A passport says which run the folder belongs to; a run with other settings is refused.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Dict, Mapping, Optional

from .archives.npz_arrays import pack_arrays, unpack_arrays
from .array import Array
from .config import differences
from .errors import CacheMismatchError
from .files import FilePath, write_bytes_atomic, write_text_atomic
from .remedies import remedy

__all__ = ["PartialFolder", "discard", "has_progress", "partial_folder"]

NOTE = "passport.json"


def partial_folder(target: Path) -> Path:
    """Return the folder in which the progress towards a file is kept."""
    return target.with_name(target.name + ".partial")


def discard(target: FilePath) -> bool:
    """Remove the progress towards a file; return whether there was any."""
    folder = partial_folder(Path(target))
    # Only what bears our passport is removed: a folder of that name may be somebody's own.
    if not (folder / NOTE).is_file():
        return False
    shutil.rmtree(folder)
    return True


def has_progress(target: Path) -> bool:
    """Whether anything was saved on the way to a file."""
    folder = partial_folder(target)
    return folder.is_dir() and any(path.name != NOTE for path in folder.iterdir())


class PartialFolder:
    """The progress towards one file.

    Args:
        target: The file that will be written.
        passport: What identifies the run; plain values.

    Raises:
        CacheMismatchError: The folder belongs to another run.

    Example:
        >>> import tempfile
        >>> place = tempfile.TemporaryDirectory()
        >>> target = Path(place.name) / "influence.csv"
        >>> PartialFolder(target, {"seed": 1}).save("step 10", {"u": np.ones(2)})
        >>> PartialFolder(target, {"seed": 1}).load("step 10")
        {'u': array([1., 1.])}
        >>> discard(target)
        True
        >>> place.cleanup()
    """

    def __init__(self, target: Path, passport: Mapping[str, Any]) -> None:
        self.folder = partial_folder(target)
        note = self.folder / NOTE
        if not note.is_file():
            self.folder.mkdir(parents=True, exist_ok=True)
            write_text_atomic(note, json.dumps(passport, sort_keys=True, indent=1))
            return
        changed = differences(passport, json.loads(note.read_text(encoding="utf-8")))
        if changed:
            raise CacheMismatchError(
                f"'{self.folder}' holds an interrupted run with other settings (yours / its): {'; '.join(changed)}.",
                remedy("go-on-or-remove"),
            )

    def load(self, name: str) -> Optional[Dict[str, Array]]:
        """Return the arrays saved under a name, None if there are none."""
        path = self._path(name)
        if not path.is_file():
            return None
        return unpack_arrays(path.read_bytes())

    def save(self, name: str, arrays: Mapping[str, Any]) -> None:
        """Save arrays under a name, replacing what was there."""
        write_bytes_atomic(self._path(name), pack_arrays(arrays))

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.npz"
