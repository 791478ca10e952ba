"""What a training leaves on disk while it runs: ``<target>.partial/``.

The folder survives an interruption on purpose. ``progress.npz`` is the state after the last saved step and is
replaced atomically; ``kept-STEP.npz`` are the states the cache policy keeps. The same command goes on from there; the
result has the same bytes as a run that was never interrupted, because a step is a function of state and seed.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence

import numpy as np

from ..config import differences
from ..errors import CacheMismatchError
from ..files import atomic_path, write_text_atomic
from .cache import Checkpoint

STATE_PREFIX = "solver."
NOTE = "passport.json"


def partial_folder(target: Path) -> Path:
    """Where the training of a cache keeps its progress."""
    return target.with_name(target.name + ".partial")


class PartialRun:
    """The progress of one training on disk.

    Args:
        target: The cache the training will write.
        passport: Passport of the run; a folder left by a run with another one is refused.

    Raises:
        CacheMismatchError: The folder belongs to another run.
    """

    def __init__(self, target: Path, passport: Mapping[str, Any]) -> None:
        self.folder = partial_folder(target)
        self._progress = self.folder / "progress.npz"
        note = self.folder / NOTE
        if note.is_file():
            theirs = json.loads(note.read_text(encoding="utf-8"))
            found = differences(passport, theirs)
            if found:
                raise CacheMismatchError(
                    f"'{self.folder}' holds an interrupted training with other settings (yours / its): "
                    f"{'; '.join(found)}. Run the same command to go on with it, or remove it with --discard.")
        else:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_text_atomic(note, json.dumps(passport, sort_keys=True, indent=1))

    def load(self) -> Optional[Checkpoint]:
        """The last saved state, None at the start of a run."""
        return _load(self._progress) if self._progress.is_file() else None

    def history(self) -> List[float]:
        """Per-epoch training losses up to the last saved state; the unfinished epoch's running sums come last."""
        with np.load(self._progress, allow_pickle=False) as file:
            return [float(x) for x in file["history"]]

    def save(self, state: Checkpoint, history: Sequence[float]) -> None:
        """Saves the state to go on from."""
        _save(self._progress, state, history)

    def keep(self, state: Checkpoint) -> None:
        """Keeps a state for the cache."""
        _save(self.folder / f"kept-{state.step}.npz", state, ())

    def kept(self, steps: Sequence[int]) -> List[Checkpoint]:
        """The states kept for the cache, in order."""
        return [_load(self.folder / f"kept-{step}.npz") for step in steps]


def discard(target: Path) -> bool:
    """Removes the progress of a training; returns whether there was any."""
    folder = partial_folder(target)
    if not (folder / NOTE).is_file():
        return False
    shutil.rmtree(folder)
    return True


def _save(path: Path, state: Checkpoint, history: Sequence[float]) -> None:
    arrays = {STATE_PREFIX + name: array for name, array in state.solver.items()}
    with atomic_path(path) as temporary:
        with open(temporary, "wb") as stream:
            np.savez(stream, step=np.int64(state.step), theta=state.theta, statistics=state.statistics,
                     history=np.array(history, np.float64), **arrays)


def _load(path: Path) -> Checkpoint:
    with np.load(path, allow_pickle=False) as file:
        solver: Dict[str, np.ndarray] = {name[len(STATE_PREFIX):]: file[name] for name in file.files
                                         if name.startswith(STATE_PREFIX)}
        return Checkpoint(int(file["step"]), file["theta"], file["statistics"], solver)
