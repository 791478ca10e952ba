"""Where decoded data sets are kept, what is there, and how to get rid of it.

The data cache only saves time: everything in it can be made again from the CSVs. `store` describes its layout.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import List, NamedTuple, Union

from .cache_limit import MARKS
from .fingerprint import INDEX_FOLDER
from .store import ENTRY_NAME, ENVIRONMENT, OWN_FILE, PARTIAL, children, read_passport, remove_own

__all__ = ["IDENTIFIED", "VERIFIED", "CacheEntry", "clear_data_cache", "default_data_cache", "list_data_cache"]

VERIFIED = "a checksum of every block of a mebibyte is verified when it is first read"
IDENTIFIED = (
    "known by size, times and number in the file system; read and hashed again after 7 days, or a change of these"
)
"""How far what is kept is trusted, for people."""

# Clearing removes what is named so, and nothing else: the folder may be shared with other files.
_MARK = re.compile(r"partial-[0-9a-f]{8}-[0-9]+-[0-9a-f]{64}\Z")
_INDEX_FILE = re.compile(r"([0-9a-f]{32}|\.partial-[0-9a-f-]+)\.json\Z")


class CacheEntry(NamedTuple):
    """One decoded data set: `csv` is the path it was first read from, `bytes` its size on disk."""

    fingerprint: str
    csv: str
    rows: int
    bytes: int


def default_data_cache() -> Path:
    """Return the user's data cache: ``NNABLA_INFLUENCE_DATA_CACHE``, or a folder where the system keeps caches."""
    chosen = os.environ.get(ENVIRONMENT)
    if chosen:
        return Path(os.path.abspath(os.path.expanduser(chosen)))
    return _system_caches() / "nnabla_influence" / "data"


def _system_caches() -> Path:
    stated = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME", "")
    if sys.platform != "darwin" and os.path.isabs(stated):
        return Path(stated)
    home = _home()
    if sys.platform == "win32":
        return home / "AppData" / "Local"
    return home / "Library" / "Caches" if sys.platform == "darwin" else home / ".cache"


def _home() -> Path:
    """Return the user's home; without one a folder of his own among the temporary ones, never the root folder."""
    home = Path(os.path.expanduser("~"))  # of an empty HOME Python makes the root folder
    if home.is_absolute() and home != home.parent:
        return home
    user = os.getuid() if hasattr(os, "getuid") else "user"
    return Path(tempfile.gettempdir()) / f"home-of-{user}"


def list_data_cache(folder: Union[str, Path]) -> List[CacheEntry]:
    """Return the whole decoded data sets in a data cache, sorted by CSV path; damaged ones are left out."""
    entries = []
    for child in children(Path(folder)):
        passport = read_passport(child) if ENTRY_NAME.match(child.name) else None
        if passport is not None:
            size = sum(variable["bytes"] for variable in passport["variables"])
            entries.append(CacheEntry(child.name, str(passport.get("csv", "")), int(passport["rows"]), size))
    return sorted(entries, key=lambda entry: (entry.csv, entry.fingerprint))


def clear_data_cache(folder: Union[str, Path]) -> int:
    """Remove everything this module made in a data cache, and nothing else.

    Returns:
        The bytes freed. Data sets that are open stay usable on Linux and macOS.
    """
    freed = 0
    for child in children(Path(folder)):
        # A `.partial-` file of a killed process counts as ours, see `files.atomic_path`.
        if child.name == INDEX_FOLDER:
            freed += remove_own(child, _INDEX_FILE)
        elif child.name == MARKS:
            freed += remove_own(child, _MARK)
        elif ENTRY_NAME.match(child.name) or child.name.startswith(PARTIAL):
            freed += remove_own(child, OWN_FILE)
    return freed
