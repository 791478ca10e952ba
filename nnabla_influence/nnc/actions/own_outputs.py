"""A plugin replaces an empty file, or one that the same plugin wrote; whatever else is in an output's place is refused.

Nobody can tell by a file alone who wrote it, so a record lies in the folder of the outputs: the name of each file, the
plugin that wrote it, and its SHA-256. A file that somebody has edited since is no longer the plugin's. NNC itself makes
the file empty before the plugin starts.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from pathlib import Path
from typing import Dict, Iterator, Tuple

from ...errors import OutputExistsError
from ...files import write_text_atomic
from ...remedies import remedy

__all__ = ["RECORD", "own_outputs"]

RECORD = "nnabla_influence_files.json"
CHUNK = 1 << 20
Entry = Tuple[str, str]
"""A plugin, and the SHA-256 of what it wrote."""


@contextmanager
def own_outputs(plugin: str, *outputs: Path) -> Iterator[None]:
    """Refuse what is not the plugin's own in the places of its outputs; afterwards they are its own.

    Args:
        plugin: The plugin's name in the manifest.
        outputs: The files that the block writes.

    Raises:
        OutputExistsError: One of them exists, is not empty, and was written by somebody else, or edited.
    """
    for output in outputs:
        if _holds_something(output) and _record(output.parent).get(output.name) != (plugin, _sha256(output)):
            raise OutputExistsError(
                f"{output}: expected no file, or one that this plugin wrote and nobody has changed since, got another "
                "one.",
                remedy("replace-output"),
            )
    try:
        yield
    finally:  # also what was written before something went wrong
        for output in outputs:
            if _holds_something(output):
                _add(plugin, output)


def _holds_something(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def _add(plugin: str, output: Path) -> None:
    record = {**_record(output.parent), output.name: (plugin, _sha256(output))}
    whole = {name: {"plugin": by, "sha256": digest} for name, (by, digest) in sorted(record.items())}
    write_text_atomic(output.parent / RECORD, json.dumps(whole, indent=1) + "\n")


def _record(folder: Path) -> Dict[str, Entry]:
    """Read who wrote what in a folder; a record that is missing or damaged knows nothing."""
    try:
        whole = json.loads((folder / RECORD).read_bytes().decode("utf-8"))
        return {str(name): (entry["plugin"], entry["sha256"]) for name, entry in whole.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for block in iter(lambda: stream.read(CHUNK), b""):
            digest.update(block)
    return digest.hexdigest()
