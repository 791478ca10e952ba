"""A plugin replaces an empty file, or one that the same plugin wrote; whatever else is in an output's place is refused.

Nobody can tell by a file alone who wrote it, so each plugin keeps a record beside its outputs: their names and their
SHA-256. A file that somebody has edited since is no longer the plugin's. NNC itself makes the file empty before the
plugin starts. While a plugin works, the record says of each output that it is being written: a plugin that is killed
can write nothing down any more, and the next click must go on.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import Dict, Iterator, Optional

from ...errors import OutputExistsError
from ...file_digest import file_digest
from ...files import write_text_atomic
from ...remedies import remedy
from ..host.desktop_result import beside

__all__ = ["own_outputs", "record_file"]

BEING_WRITTEN = "being written"


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
        if _holds_something(output) and _record(plugin, output).get(output.name) not in (
            BEING_WRITTEN,
            file_digest(output),
        ):
            raise OutputExistsError(
                f"{output}: expected no file, or one that this plugin wrote and nobody has changed since, got another "
                "one.",
                remedy("replace-output"),
            )
    for output in outputs:
        if record_file(plugin, output).parent.is_dir():
            _write(plugin, output, BEING_WRITTEN)
    try:
        yield
    finally:  # also what was written before something went wrong
        for output in outputs:
            _write(plugin, output, file_digest(output) if _holds_something(output) else None)


def _write(plugin: str, output: Path, digest: Optional[str]) -> None:
    """Put what is known of an output into the record; a record that knows nothing is no file."""
    known = _record(plugin, output)
    record = {name: known[name] for name in known if name != output.name}
    if digest is not None:
        record[output.name] = digest
    file = record_file(plugin, output)
    if record and record != known:
        write_text_atomic(file, json.dumps(record, indent=1, sort_keys=True) + "\n")
    elif not record and file.exists():
        file.unlink()


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
