"""The data cache does not grow without end: beyond a limit the data sets that were used least recently are removed.

Opening a data set sets the time of its folder, and leaves a mark with the process's number in ``in_use/``. What a
living process of ours has marked is never removed, whatever the limit: its workers open the arrays again by name. A
mark of a process that is gone counts for nothing and is swept; that of another machine, or of Windows, for a day (see
`temporary_names`).

The limit is kept in the user's own cache folder only, whenever a data set is added. A folder that somebody chose by
name is his to look after.
"""

from __future__ import annotations

import logging
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import List, Set, Union

from ..byte_size import byte_size, byte_text
from ..errors import ConfigError
from ..temporary_names import folder_prefix, is_abandoned
from .store import ENTRY_NAME, OWN_FILE, children, remove_own

__all__ = ["DEFAULT_LIMIT", "LIMIT_VARIABLE", "MARKS", "data_cache_limit", "mark_used", "trim_data_cache"]

LOGGER = logging.getLogger("nnabla_influence")
LIMIT_VARIABLE = "NNABLA_INFLUENCE_DATA_CACHE_LIMIT"
DEFAULT_LIMIT = "20GB"
MARKS = "in_use"
FINGERPRINT = 64  # characters, at the end of a mark's name


def data_cache_limit() -> int:
    """Return the bytes that the user's data cache may hold: ``NNABLA_INFLUENCE_DATA_CACHE_LIMIT``, or 20 GB.

    Raises:
        ConfigError: The variable holds something else.
    """
    try:
        return byte_size(os.environ.get(LIMIT_VARIABLE) or DEFAULT_LIMIT)
    except ValueError as error:
        raise ConfigError(f"{LIMIT_VARIABLE}: {error}. Change the environment variable.") from error


def mark_used(data_cache: Path, fingerprint: str) -> None:
    """Say that this process uses a data set; where that cannot be written, nobody can remove anything either.

    Marks of processes that are gone are swept, so that a folder without a limit does not gather them.
    """
    with suppress(OSError):
        marks = data_cache / MARKS
        marks.mkdir(parents=True, exist_ok=True)
        (marks / f"{folder_prefix()}{fingerprint}").touch()
        os.utime(str(data_cache / fingerprint))
        _marked(data_cache)


def trim_data_cache(folder: Union[str, Path], limit: Union[int, str]) -> int:
    """Remove the data sets that were used least recently, until the rest is within a limit.

    Args:
        folder: The folder of the data cache, such as `default_data_cache()`.
        limit: How many bytes may stay; in words ``"5GB"``.

    Returns:
        The bytes freed. What a living process uses stays, even beyond the limit.

    Raises:
        ConfigError: The limit is no size.

    Example:
        >>> trim_data_cache("an empty folder", "5GB")
        0
    """
    data_cache, limit = Path(folder), _checked_limit(limit)
    sizes = {entry: _size(entry) for entry in children(data_cache) if ENTRY_NAME.match(entry.name)}
    excess = sum(sizes.values()) - limit
    freed = 0
    for entry in sorted(sizes, key=_last_used):
        if freed >= excess:
            break
        freed += _removed(entry)
    if freed:
        LOGGER.info(
            "data cache %s: removed %s that had not been used for longest (limit %s)",
            data_cache,
            byte_text(freed),
            byte_text(limit),
        )
    return freed


def _checked_limit(limit: Union[int, str]) -> int:
    try:
        return byte_size(str(limit))
    except ValueError as error:
        raise ConfigError(f"Limit of the data cache: {error}.") from error


def _removed(entry: Path) -> int:
    """Remove a data set that nobody uses and that holds nothing of somebody else; return the bytes freed."""
    if entry.name in _marked(entry.parent) or not all(OWN_FILE.match(path.name) for path in entry.iterdir()):
        return 0
    aside = Path(tempfile.mkdtemp(prefix=folder_prefix(), dir=str(entry.parent)))
    taken = aside / entry.name
    try:
        with suppress(OSError):  # a neighbour removes it as well, or Windows has it open
            os.rename(str(entry), str(taken))
            # Looked at again: a process may have marked it between the look and the renaming.
            if entry.name in _marked(entry.parent):
                os.rename(str(taken), str(entry))
        return remove_own(taken, OWN_FILE)
    finally:
        with suppress(OSError):  # a file of it is still open, on Windows
            aside.rmdir()


def _marked(data_cache: Path) -> Set[str]:
    """Return the fingerprints that living processes use, and sweep the marks of those that are gone."""
    living: List[Path] = []
    folder = data_cache / MARKS
    for mark in folder.iterdir() if folder.is_dir() else ():
        with suppress(OSError):  # a neighbour sweeps as well
            if is_abandoned(mark):
                mark.unlink()
            else:
                living.append(mark)
    return {mark.name[-FINGERPRINT:] for mark in living}


def _size(entry: Path) -> int:
    with suppress(OSError):  # it is being removed
        return sum(path.stat().st_size for path in entry.iterdir() if OWN_FILE.match(path.name))
    return 0


def _last_used(entry: Path) -> float:
    with suppress(OSError):
        return entry.stat().st_mtime
    return 0.0
