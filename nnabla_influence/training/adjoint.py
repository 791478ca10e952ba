"""The walk back through a solver's steps: one vector for the parameters, and one for each of the solver's states.

What a step does to them is derived in `update_rules` (linear part) and `second_moments`.
"""

from __future__ import annotations

from typing import Any, Mapping, Optional, Tuple

import numpy as np

from ..config import SolverConfig
from .second_moments import Diagonal, Motion
from .update_rules import Coefficients, Moment, rule, second_moment


class Adjoint:
    """Carries the validation gradient backwards through the steps of a solver.

    Args:
        solver: The solver's settings.
        gradient: The validation gradient at the end (P,).
        state: The solver's state vectors by NNabla's names; second moments are taken from it.

    Raises:
        UnsupportedError: The solver has no adjoint.
        CacheMismatchError: The second moment the solver needs is not in the state.

    Attributes:
        u: The adjoint of the parameters (P,), double precision.
        memory: The adjoint of the solver's state vector (P,).
        moments: The adjoints of the second moment and of its largest value so far (2, P).
    """

    def __init__(self, solver: SolverConfig, gradient: np.ndarray, state: Mapping[str, np.ndarray]) -> None:
        self.solver, self.rule = solver, rule(solver)
        self._second: Optional[np.ndarray] = None
        self._motion: Optional[Motion] = None
        self.at(state)
        self.u = gradient.astype(np.float64)
        self.memory = np.zeros_like(self.u)
        self.moments = np.zeros((2, self.u.size if self.has_second_moment else 0))

    def at(self, state: Mapping[str, np.ndarray], motion: Optional[Motion] = None) -> None:
        """Takes the second moment from the solver's state after the step about to be undone.

        Args:
            state: The state.
            motion: How the second moment came about in this step; None to hold it fixed.

        Raises:
            CacheMismatchError: It is not there.
        """
        self._second, self._motion = second_moment(self.solver, state), motion

    @property
    def has_second_moment(self) -> bool:
        """Whether the adjoint is exact only with the motion of every step."""
        return self.rule.second is not None

    def direction(self, step: Any) -> np.ndarray:
        """D (P,) of the `Step` about to be undone."""
        k = self._coefficients(step)
        direction: np.ndarray = -(k.d * self.u + k.b * self.memory + self._through_second_moment(k)[0])
        return direction

    def undo(self, step: Any, direction: np.ndarray, curvature: np.ndarray) -> None:
        """Goes back across a step: ``curvature`` is H D (P,) of its batches."""
        k = self._coefficients(step)
        decay = 0.0 if self.rule.decoupled else self.solver.weight_decay
        memory = k.a * self.memory + k.c * self.u
        self.moments = self._through_second_moment(k)[1]
        self.u = k.e * self.u - curvature - decay * direction
        self.memory = memory

    def _through_second_moment(self, k: Coefficients) -> Tuple[Diagonal, np.ndarray]:
        """What the second moment adds to the derivative in the step's gradient, and its adjoints before the step."""
        motion = self._motion
        if motion is None or self.rule.partials is None:
            return 0.0, self.moments
        move = k.d * motion.gradient + (k.c * motion.before[self.rule.first] if self.rule.first else 0.0)
        return self.rule.partials(self.solver, motion).pulled_back(self.u * move, self.moments)

    def _coefficients(self, step: Any) -> Coefficients:
        return self.rule.coefficients(self.solver, Moment(step.learning_rate, step.index + 1, self._second))
