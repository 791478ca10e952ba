"""The state of a run before one of its steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Mapping

import numpy as np

from ..array import Array
from ..parameters import ParameterSpace

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

    def not_finite(self, space: ParameterSpace, statistics: ParameterSpace) -> str:
        """Say what of the state is not finite; empty if all of it is.

        Args:
            space: Names and shapes of the parameters (P,), and of each of the solver's vectors.
            statistics: Names and shapes of the statistics (S,).
        """
        parts = [("parameters", space, self.theta), ("statistics", statistics, self.statistics)]
        parts += [(f"the solver's {name}", space, vector) for name, vector in self.solver.items()]
        broken_parts = ((what, names.not_finite(vector)) for what, names, vector in parts)
        return next((f"{what}: {broken}" for what, broken in broken_parts if broken), "")

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Checkpoint:
        """Return the state that `to_arrays` was called on; further arrays are ignored."""
        start = len(STATE_PREFIX)
        solver = {name[start:]: array for name, array in arrays.items() if name.startswith(STATE_PREFIX)}
        return cls(int(arrays["step"]), arrays["theta"], arrays["statistics"], solver)
