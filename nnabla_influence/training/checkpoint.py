"""The state of a run before one of its steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict

from ..array import Array

__all__ = ["Checkpoint"]


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
