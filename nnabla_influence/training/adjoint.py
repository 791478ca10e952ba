"""The walk back through a solver's steps: one vector for the parameters, and one for each of the solver's states.

What a step does to them is derived in `linear_step` (with the letters of `update_rules`) and `second_moments`.
"""

from __future__ import annotations

from typing import Mapping, Optional, Tuple

import numpy as np

from ..array import Array
from ..config import SolverConfig
from .linear_step import Coefficients
from .second_moments import Diagonal, StepTransition
from .step_plan import Step
from .update_rules import StepConditions, divisor, rule

__all__ = ["Adjoint"]


class Adjoint:
    """The validation gradient on its way back through the steps of a solver.

    With H D the curvature of a step's batches along its direction, one step back is ``direction``, then ``undo``:

    >>> import numpy as np
    >>> from nnabla_influence import SolverConfig
    >>> from nnabla_influence.training import Step
    >>> adjoint = Adjoint(SolverConfig("Sgd", 0.1), gradient=np.array([1.0, 2.0]), state={})
    >>> step = Step(index=0, epoch=0, learning_rate=0.1, batches=())
    >>> direction = adjoint.direction(step)  # eta u
    >>> direction
    array([0.1, 0.2])
    >>> adjoint.undo(step, direction, curvature=3.0 * direction)  # H = 3 I
    >>> adjoint.u  # (I - eta H) u
    array([0.7, 1.4])

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

    def __init__(self, solver: SolverConfig, gradient: Array, state: Mapping[str, Array]) -> None:
        self.solver = solver
        self.rule = rule(solver)
        self._divisor: Diagonal = 1.0
        self._transition: Optional[StepTransition] = None
        self.at(state)
        self.u = gradient.astype(np.float64)
        self.memory = np.zeros_like(self.u)
        self.moments = np.zeros((2, self.u.size if self.has_second_moment else 0))

    def at(self, state: Mapping[str, Array], transition: Optional[StepTransition] = None) -> None:
        """Take the second moment from the solver's state after the step about to be undone.

        Args:
            state: The state.
            transition: How the second moment came about in this step; None to hold it fixed.

        Raises:
            CacheMismatchError: It is not there.
        """
        self._divisor = divisor(self.solver, state)
        self._transition = transition

    @property
    def has_second_moment(self) -> bool:
        """Whether the adjoint is exact only with the transition of every step."""
        return self.rule.second is not None

    def direction(self, step: Step) -> Array:
        """Return D (P,) of the step about to be undone."""
        k = self._coefficients(step)
        # D = -(d lambda + b mu + gain nu~), see `second_moments`
        direction: Array = k.direction(self.u, self.memory) - self._through_second_moment(k)[0]
        return direction

    def undo(self, step: Step, direction: Array, curvature: Array) -> None:
        """Go back across a step: ``curvature`` is H D (P,) of its batches."""
        k = self._coefficients(step)
        decay = 0.0 if self.rule.decoupled else self.solver.weight_decay
        self.moments = self._through_second_moment(k)[1]
        self.u, self.memory = k.undone(self.u, self.memory, curvature)
        self.u = self.u - decay * direction

    def _through_second_moment(self, k: Coefficients) -> Tuple[Diagonal, Array]:
        """Return what the second moment adds to the derivative in the gradient, and its adjoints before the step."""
        transition = self._transition
        if transition is None or self.rule.partials is None:
            return 0.0, self.moments
        # theta' - e theta = c s + d g
        move = k.d * transition.gradient + (k.c * transition.before[self.rule.first] if self.rule.first else 0.0)
        return self.rule.partials(self.solver, transition).pulled_back(self.u * move, self.moments)

    def _coefficients(self, step: Step) -> Coefficients:
        return self.rule.coefficients(self.solver, StepConditions(step.learning_rate, step.index + 1, self._divisor))
