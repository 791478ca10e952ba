"""A plugin replaces an empty file, or one that the same plugin wrote; whatever else is in an output's place is refused.

Nobody can tell by a file alone who wrote it, so each plugin keeps a record beside its outputs: their names and their
SHA-256. A file that somebody has edited since is no longer the plugin's. NNC itself makes the file empty before the
plugin starts.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from pathlib import Path
from typing import Dict, Iterator

from ...errors import OutputExistsError
from ...files import write_text_atomic
from ...remedies import remedy
from ..host.desktop_result import beside

__all__ = ["own_outputs", "record_file"]

CHUNK = 1 << 20


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
        if _holds_something(output) and _record(plugin, output).get(output.name) != _sha256(output):
            raise OutputExistsError(
                f"{output}: expected no file, or one that this plugin wrote and nobody has changed since, got another "
                "one.",
                remedy("replace-output"),
            )
    try:
        yield
    finally:  # also what was written before something went wrong
        for output in filter(_holds_something, outputs):
            record = {**_record(plugin, output), output.name: _sha256(output)}
            write_text_atomic(record_file(plugin, output), json.dumps(record, indent=1, sort_keys=True) + "\n")


def record_file(plugin: str, output: Path) -> Path:
    """Return where a plugin's record about an output lies."""
    return beside(output, f".written_by_{plugin}.json")


def _holds_something(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def _record(plugin: str, output: Path) -> Dict[str, str]:
    """Read the SHA-256 of each file by its name; a record that is missing or damaged knows nothing."""
    try:
        record = json.loads(record_file(plugin, output).read_bytes().decode("utf-8"))
        return {str(name): str(digest) for name, digest in record.items()}
    except (OSError, ValueError, AttributeError, RecursionError):
        return {}


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for block in iter(lambda: stream.read(CHUNK), b""):
            digest.update(block)
    return digest.hexdigest()
