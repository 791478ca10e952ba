"""The progress of a training on disk.

``progress.npz`` in the partial folder is the state after the last saved step; ``kept-STEP.npz`` are the states the
cache policy keeps. The same command goes on from there; the result has the same bytes as a run that was never
interrupted, because a step is a function of state and seed.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence

import numpy as np

from ..array import Array
from ..errors import CorruptFileError
from ..remedies import remedy
from ..resume import PartialFolder
from .checkpoint import Checkpoint

__all__ = ["TrainingProgress", "UnfinishedTraining"]

PROGRESS_FILE = "progress"
RECORD_PREFIX = "record."
SECONDS_BETWEEN_SAVES = 20.0  # inside an epoch; the end of an epoch is always saved


class TrainingProgress(NamedTuple):
    """The point a training has reached.

    Args:
        state: After some step.
        history: Mean training loss of each finished epoch, then the sum so far of the unfinished one.
        records: Running sums of what is recorded in passing.
    """

    state: Checkpoint
    history: List[float]
    records: Dict[str, Array]


class UnfinishedTraining:
    """The folder an unfinished training goes on from.

    Args:
        target: The cache the training will write.
        passport: Passport of the run; a folder left by a run with another one is refused.

    Raises:
        CacheMismatchError: The folder belongs to another run.
    """

    def __init__(self, target: Path, passport: Mapping[str, Any]) -> None:
        self._files = PartialFolder(target, passport)
        self._saved = time.monotonic()

    @property
    def due(self) -> bool:
        """Whether the last save is so long ago that an interruption would cost too much."""
        return time.monotonic() - self._saved > SECONDS_BETWEEN_SAVES

    def load(self) -> Optional[TrainingProgress]:
        """Return the last saved progress, None at the start of a run."""
        arrays = self._files.load(PROGRESS_FILE)
        if arrays is None:
            return None
        return TrainingProgress(
            Checkpoint.from_arrays(arrays), arrays["history"].tolist(), _prefixed(arrays, RECORD_PREFIX)
        )

    def save(self, progress: TrainingProgress) -> None:
        """Save what to go on from."""
        records = {RECORD_PREFIX + name: array for name, array in progress.records.items()}
        history = np.array(progress.history, np.float64)
        self._files.save(PROGRESS_FILE, {**progress.state.to_arrays(), "history": history, **records})
        self._saved = time.monotonic()

    def keep(self, state: Checkpoint) -> None:
        """Keep a state for the cache."""
        self._files.save(f"kept-{state.step}", state.to_arrays())

    def kept(self, steps: Sequence[int]) -> List[Checkpoint]:
        """Return the states kept for the cache, in order.

        Raises:
            CorruptFileError: One is gone.
        """
        states = [self._files.load(f"kept-{step}") for step in steps]
        if any(arrays is None for arrays in states):
            raise CorruptFileError(f"Files are missing in '{self._files.folder}'.", remedy("discard-and-train-again"))
        return [Checkpoint.from_arrays(arrays) for arrays in states if arrays is not None]


def _prefixed(arrays: Mapping[str, Array], prefix: str) -> Dict[str, Array]:
    return {name[len(prefix) :]: array for name, array in arrays.items() if name.startswith(prefix)}
