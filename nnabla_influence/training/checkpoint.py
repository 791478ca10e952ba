"""The state of a run before one of its steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Mapping

import numpy as np

from ..array import Array

__all__ = ["Checkpoint"]

STATE_PREFIX = "solver."


@dataclass(frozen=True)
class Checkpoint:
    """The state of a run before a step.

    Args:
        step: Updates done.
        theta: Parameters (P,).
        statistics: Running statistics and frozen weights (S,).
        solver: The solver's state vectors by name, each (P,).
    """

    step: int
    theta: Array
    statistics: Array
    solver: Dict[str, Array]

    def to_arrays(self) -> Dict[str, Array]:
        """Return the state as arrays by name, ready to be saved."""
        solver = {STATE_PREFIX + name: array for name, array in self.solver.items()}
        return {"step": np.array(self.step, np.int64), "theta": self.theta, "statistics": self.statistics, **solver}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Checkpoint:
        """Return the state that `to_arrays` was called on; further arrays are ignored."""
        start = len(STATE_PREFIX)
        solver = {name[start:]: array for name, array in arrays.items() if name.startswith(STATE_PREFIX)}
        return cls(int(arrays["step"]), arrays["theta"], arrays["statistics"], solver)
