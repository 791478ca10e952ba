"""The progress of a training on disk.

``progress.npz`` in the partial folder is the state after the last saved step; ``kept-STEP.npz`` are the states the
cache policy keeps. The same command goes on from there; the result has the same bytes as a run that was never
interrupted, because a step is a function of state and seed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence

import numpy as np

from ..errors import CorruptFileError
from ..resume import PartialFolder
from .checkpoint import Checkpoint

STATE_PREFIX, RECORD_PREFIX = "solver.", "record."
PROGRESS = "progress"


class Progress(NamedTuple):
    """How far a training is.

    Args:
        state: After some step.
        history: Mean training loss of each finished epoch, then the sum so far of the unfinished one.
        records: Running sums of what is recorded in passing.
    """

    state: Checkpoint
    history: List[float]
    records: Dict[str, np.ndarray]


class PartialRun:
    """The progress of one training.

    Args:
        target: The cache the training will write.
        passport: Passport of the run; a folder left by a run with another one is refused.

    Raises:
        CacheMismatchError: The folder belongs to another run.
    """

    def __init__(self, target: Path, passport: Mapping[str, Any]) -> None:
        self._files = PartialFolder(target, passport)

    def load(self) -> Optional[Progress]:
        """The last saved progress, None at the start of a run."""
        arrays = self._files.load(PROGRESS)
        if arrays is None:
            return None
        return Progress(_checkpoint(arrays), arrays["history"].tolist(), _prefixed(arrays, RECORD_PREFIX))

    def save(self, progress: Progress) -> None:
        """Saves what to go on from."""
        records = {RECORD_PREFIX + name: array for name, array in progress.records.items()}
        history = np.array(progress.history, np.float64)
        self._files.save(PROGRESS, {**_arrays(progress.state), "history": history, **records})

    def keep(self, state: Checkpoint) -> None:
        """Keeps a state for the cache."""
        self._files.save(f"kept-{state.step}", _arrays(state))

    def kept(self, steps: Sequence[int]) -> List[Checkpoint]:
        """The states kept for the cache, in order.

        Raises:
            CorruptFileError: One is gone.
        """
        found = [self._files.load(f"kept-{step}") for step in steps]
        if any(arrays is None for arrays in found):
            raise CorruptFileError(
                f"Files are missing in '{self._files.folder}'. Remove it with --discard, train again."
            )
        return [_checkpoint(arrays) for arrays in found if arrays is not None]


def _arrays(state: Checkpoint) -> Dict[str, Any]:
    solver = {STATE_PREFIX + name: array for name, array in state.solver.items()}
    return {"step": np.int64(state.step), "theta": state.theta, "statistics": state.statistics, **solver}


def _checkpoint(arrays: Mapping[str, np.ndarray]) -> Checkpoint:
    return Checkpoint(int(arrays["step"]), arrays["theta"], arrays["statistics"], _prefixed(arrays, STATE_PREFIX))


def _prefixed(arrays: Mapping[str, np.ndarray], prefix: str) -> Dict[str, np.ndarray]:
    return {name[len(prefix) :]: array for name, array in arrays.items() if name.startswith(prefix)}
