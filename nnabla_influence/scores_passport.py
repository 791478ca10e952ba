"""The passport of an influence CSV: a small JSON file beside it, ``influence.csv.json``.

Neural Network Console reads every line of a CSV as a sample, so the CSV itself has no room for a checksum. The passport
says how many rows were written, the SHA-256 of the file, and how the scores came about. Whoever reads an influence CSV
looks whether the two still agree: half a file looks like a whole one, and one other digit like the right one. A CSV
without a passport is read as it is; one that somebody has edited too, and the log says so.
"""

from __future__ import annotations

import json
import logging
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Dict, Mapping, Optional

import numpy as np

from . import __version__
from .file_digest import file_digest
from .files import MORE_FILES, write_text_atomic

__all__ = ["edits", "passport_file", "read_passport", "remove_passport", "warn_if_edited", "write_passport"]

LOGGER = logging.getLogger("nnabla_influence")
FORMAT = "influence CSV, 1"
PLUGIN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


def passport_file(csv: Path) -> Path:
    """Return where the passport of an influence CSV lies: beside it, or where NNC Desktop does not list it.

    NNC Desktop keeps a result as ``plugins/<plugin id>/<name>/<name>.csv`` and shows every file of that folder as if it
    were the result; what lies one folder deeper it leaves alone.

    >>> passport_file(Path("work/influence.csv")).as_posix()
    'work/influence.csv.json'
    """
    name = csv.name + ".json"
    owner = csv.absolute().parent.parent
    listed = owner.parent.name == "plugins" and PLUGIN_ID.match(owner.name)
    return csv.parent / MORE_FILES / name if listed else csv.with_name(name)


def write_passport(csv: Path, rows: int, made: Mapping[str, Any]) -> None:
    """Write the passport of a CSV that has just been written.

    Args:
        csv: The CSV.
        rows: Its rows, without the header.
        made: How the scores came about; plain values.
    """
    passport = {"format": FORMAT, "rows": rows, "sha256": file_digest(csv), **made, "versions": _versions()}
    write_text_atomic(passport_file(csv), json.dumps(passport, indent=1) + "\n")


def remove_passport(csv: Path) -> bool:
    """Remove the passport of a CSV that is about to be written anew.

    Returns:
        Whether its place is free now; a file that is no passport stays.
    """
    path = passport_file(csv)
    if not path.exists():
        return True
    if read_passport(csv) is None:
        return False
    path.unlink()
    return True


def read_passport(csv: Path) -> Optional[Dict[str, Any]]:
    """Return the passport of a CSV; None if it has none, or the file in its place is none."""
    try:
        passport = json.loads(passport_file(csv).read_bytes().decode("utf-8"))
        numbers = isinstance(passport["rows"], int) and len(passport["sha256"]) == 64
        known = passport["format"] == FORMAT and numbers and isinstance(passport["versions"], dict)
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    return passport if known else None


def edits(csv: Path, rows: int) -> str:
    """Say how a CSV differs from the one its passport is of; empty if it does not, or has no passport.

    Args:
        csv: The CSV.
        rows: The rows that were read.
    """
    if not passport_file(csv).is_file():
        return ""
    passport = read_passport(csv)
    if passport is None:
        return f"{passport_file(csv).name} beside it is damaged, so nobody can tell whether it was edited"
    if passport["sha256"] == file_digest(csv):
        return ""
    if passport["rows"] != rows:
        return f"it was edited since it was written: it has {rows:,} of its {passport['rows']:,} rows"
    return "it was edited since it was written: cells, or their order, are others"


def warn_if_edited(csv: Path, rows: int) -> None:
    """Say it in the log where a CSV is not the one that was written, see `edits`."""
    edited = edits(csv, rows)
    if edited:
        LOGGER.warning("%s: %s. What follows is about the file as it is now.", csv, edited)


def _versions() -> Dict[str, str]:
    try:
        nnabla = version("nnabla")  # asked without loading it
    except PackageNotFoundError:
        nnabla = "unknown"
    known = {"nnabla_influence": __version__, "nnabla": nnabla, "numpy": np.__version__}
    return {**known, "python": platform.python_version()}
