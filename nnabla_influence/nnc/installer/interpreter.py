"""What the Python of Neural Network Console has: NNC runs plugins with its own Python, not with the user's.

The question is asked of that Python itself, in a process that imports nothing but tells what it could import.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Sequence, Tuple

from ..host.manifest import PLUGINS

__all__ = ["Interpreter", "find_interpreter", "missing_libraries"]

WITH_NNABLA = ("nnabla", "numpy", "scipy", "h5py", "tqdm")
"""What every plugin needs; all of it comes with NNabla."""

LEAST_VERSION = (3, 8)
ANSWER_WITHIN = 60.0  # seconds; a Python on a cold disk is slow
QUESTION = """
import importlib.util, json, sys
print(json.dumps([sys.version_info[:2], [n for n in sys.argv[1:] if importlib.util.find_spec(n) is None]]))
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python and what it lacks.

    Attributes:
        path: The program.
        version: Its version.
        missing: The libraries it cannot import, of all that plugins may need.
    """

    path: Path
    version: Tuple[int, int]
    missing: Tuple[str, ...]


def find_interpreter(candidates: Sequence[Path], known_by: Sequence[str] = ()) -> Optional[Interpreter]:
    """Return the first of these programs that answers as a Python.

    Args:
        candidates: The programs.
        known_by: Libraries that it must have to be the one that is looked for.
    """
    for candidate in candidates:
        interpreter = _ask(candidate, known_by)
        if interpreter is not None and not set(known_by) & set(interpreter.missing):
            return interpreter
    return None


def missing_libraries(interpreter: Interpreter) -> List[str]:
    """Say what is missing and which plugins need it."""
    lines = []
    if interpreter.version < LEAST_VERSION:
        lines.append(f"it is Python {'.'.join(map(str, interpreter.version))}; the plugins need 3.8 or newer")
    for library in interpreter.missing:
        users = "every plugin" if library in WITH_NNABLA else ", ".join(p.label for p in PLUGINS if library in p.needs)
        lines.append(f"it lacks {library}, which is needed by: {users}")
    return lines


def _ask(path: Path, known_by: Sequence[str]) -> Optional[Interpreter]:
    libraries = (*WITH_NNABLA, *sorted({library for plugin in PLUGINS for library in plugin.needs}), *known_by)
    command = [str(path), "-c", QUESTION, *libraries]
    try:
        # In its own folder, so that nothing of the current one can be imported.
        done = subprocess.run(
            command, cwd=str(path.parent), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=ANSWER_WITHIN
        )
        version, missing = json.loads(done.stdout.decode("utf-8"))
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return Interpreter(path, (version[0], version[1]), tuple(missing))
