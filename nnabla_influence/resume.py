"""Unfinished work on disk: the folder ``<target>.partial/`` beside the file it will write.

It survives an interruption on purpose, so that the same command can go on; it is removed on success. Every file in it
is replaced atomically. A passport says which run the folder belongs to; a run with other settings is refused. While a
process works on it, it is locked (`working_on`), and what is damaged in it is refused by name.
"""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Dict, Iterator, Mapping, Optional

from .archives.npz_arrays import pack_arrays, unpack_arrays
from .array import Array
from .config import differences
from .errors import CacheMismatchError, CorruptFileError, InUseError, OutputExistsError, TooLargeError
from .files import FilePath, write_bytes_atomic, write_text_atomic
from .remedies import remedy
from .run_lock import LOCK_FILE, locked
from .temporary_names import sweep

__all__ = ["PartialFolder", "clear", "clear_finished", "discard", "has_progress", "partial_folder", "working_on"]

NOTE = "passport.json"


def partial_folder(target: Path) -> Path:
    """Return the folder in which the progress towards a file is kept."""
    return target.with_name(target.name + ".partial")


def discard(target: FilePath) -> bool:
    """Remove the progress towards a file; return whether there was any.

    Raises:
        InUseError: Another process works on it.
    """
    folder = partial_folder(Path(target))
    # Only what bears our passport is removed: a folder of that name may be somebody's own.
    if not (folder / NOTE).is_file():
        return False
    with locked(folder):
        clear(folder)
    return True


@contextmanager
def working_on(target: Path) -> Iterator[None]:
    """Lock the progress towards a file while the block runs; afterwards a folder without progress is removed.

    After an interrupt it stays in any case: it has been said that the same command goes on from there. What an error
    leaves behind is what was there before.

    Raises:
        InUseError: Another process works on the same file.
    """
    folder = partial_folder(target)
    _refuse_no_folder(folder)
    with locked(folder):
        begun = (folder / NOTE).exists()
        try:
            yield
        except KeyboardInterrupt:
            raise
        except BaseException:
            if not begun:
                _clear_without_progress(target)
            raise
        _clear_without_progress(target)


def _clear_without_progress(target: Path) -> None:
    if not has_progress(target):
        clear(partial_folder(target))


def clear_finished(target: FilePath, passport: Mapping[str, Any]) -> None:
    """Remove what a run has left that was killed between its last write and its tidying up; another run's stays.

    Args:
        target: The finished file.
        passport: What identifies its run.
    """
    folder = partial_folder(Path(target))
    if not folder.is_dir():
        return
    with suppress(InUseError, CacheMismatchError, CorruptFileError), locked(folder):
        if (folder / NOTE).is_file():
            PartialFolder(Path(target), passport)
            clear(folder)


def clear(folder: Path) -> None:
    """Remove everything in a locked folder but the lock, which goes with the folder when it is given up.

    What was written last goes first, for it says how far the run has come, and the passport last: a process that is
    killed meanwhile leaves no progress that nobody can go on with.
    """
    for child in sorted(folder.iterdir(), key=lambda path: (path.name == NOTE, -path.lstat().st_mtime_ns)):
        if child.is_dir() and not child.is_symlink():
            shutil.rmtree(child)
        elif child.name != LOCK_FILE:
            child.unlink()


def _refuse_no_folder(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise OutputExistsError(
            f"'{folder}': expected a folder for the progress, or none, got something else. Move it, or choose another "
            "file to write."
        )


def has_progress(target: Path) -> bool:
    """Whether anything was saved on the way to a file."""
    folder = partial_folder(target)
    return folder.is_dir() and any(path.name not in (NOTE, LOCK_FILE) for path in folder.iterdir())


class _SavedArrays(Dict[str, Array]):
    """The arrays of a file; asking for one that it lacks says which file that is."""

    def __init__(self, path: Path, arrays: Mapping[str, Array]) -> None:
        super().__init__(arrays)
        self._path = path

    def __missing__(self, name: str) -> Array:
        raise _damaged(self._path, f"it lacks '{name}'")


def _read_passport(note: Path) -> Mapping[str, Any]:
    try:
        passport = json.loads(note.read_bytes().decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(note, str(error)) from error
    if not isinstance(passport, dict):
        raise _damaged(note, "it is no passport")
    return passport


def _damaged(path: Path, why: str) -> CorruptFileError:
    return CorruptFileError(f"'{path}' is damaged: {why}.", remedy("discard-damaged"))


class PartialFolder:
    """The progress towards one file.

    Args:
        target: The file that will be written.
        passport: What identifies the run; plain values.

    Raises:
        CacheMismatchError: The folder belongs to another run.
        CorruptFileError: Its passport is damaged, or missing beside progress.

    Example:
        >>> import tempfile
        >>> import numpy as np
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
        _refuse_no_folder(self.folder)
        sweep(self.folder)
        if not note.is_file():
            if any(self.folder.glob("*.npz")):  # what `save` wrote
                raise CorruptFileError(
                    f"'{note}' is missing, so nobody knows which run the progress beside it belongs to. Delete the "
                    "folder, or choose another file to write."
                )
            self.folder.mkdir(parents=True, exist_ok=True)
            write_text_atomic(note, json.dumps(passport, sort_keys=True, indent=1))
            return
        changed = differences(passport, _read_passport(note))
        if changed:
            raise CacheMismatchError(
                f"'{self.folder}' holds an interrupted run with other settings (yours / its): {'; '.join(changed)}.",
                remedy("go-on-or-remove"),
            )

    def load(self, name: str) -> Optional[Dict[str, Array]]:
        """Return the arrays saved under a name, None if there are none.

        Raises:
            CorruptFileError: The file is damaged, or an array is asked for that it lacks.
        """
        path = self._path(name)
        if not path.exists():
            return None
        try:
            return _SavedArrays(path, unpack_arrays(path.read_bytes()))
        except (OSError, CorruptFileError, TooLargeError) as error:
            raise _damaged(path, str(error)) from error

    def save(self, name: str, arrays: Mapping[str, Any]) -> None:
        """Save arrays under a name, replacing what was there."""
        write_bytes_atomic(self._path(name), pack_arrays(arrays), sweeps=False)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.npz"
