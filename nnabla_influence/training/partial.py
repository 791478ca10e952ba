"""The progress of a training on disk.

``progress.npz`` in the partial folder is the state after the last saved step; ``kept-STEP.npz`` are the states the
cache policy keeps. The same command goes on from there; the result has the same bytes as a run that was never
interrupted, because a step is a function of state and seed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from ..errors import CorruptFileError
from ..partial import PartialFolder
from .cache import Checkpoint

STATE_PREFIX = "solver."
PROGRESS = "progress"


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

    def load(self) -> Optional[Tuple[Checkpoint, List[float]]]:
        """The last saved state and history, None at the start of a run."""
        arrays = self._files.load(PROGRESS)
        return None if arrays is None else (_checkpoint(arrays), arrays["history"].tolist())

    def save(self, state: Checkpoint, history: Sequence[float]) -> None:
        """Saves the state to go on from.

        Args:
            state: After some step.
            history: Mean training loss of each finished epoch, then the sum so far of the unfinished one.
        """
        self._files.save(PROGRESS, {**_arrays(state), "history": np.array(history, np.float64)})

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
    solver = {name[len(STATE_PREFIX) :]: a for name, a in arrays.items() if name.startswith(STATE_PREFIX)}
    return Checkpoint(int(arrays["step"]), arrays["theta"], arrays["statistics"], solver)
