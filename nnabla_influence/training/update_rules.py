"""Update rules, each with its own adjoint.

A rule turns a batch gradient into a step of the parameters. Its *adjoint* carries the validation gradient ``u``
backwards through the steps: at every step it yields a direction ``d`` (P,) such that sample i of the step earns
``<grad l_i, d> / |S_t|``, and then ``u <- u - (H d + decay d)``, NNabla's coupled weight decay being part of the gradient.

=========  ==============================================  ====================================  =====
solver     forward                                         adjoint                               exact
=========  ==============================================  ====================================  =====
Sgd        theta -= eta g                                  d = eta u                             yes
Momentum   v = m v + eta g; theta -= v                     n = m (n + u); d = eta (n_before + u)  yes
=========  ==============================================  ====================================  =====
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Dict, Type

import numpy as np

from ..config import SolverConfig
from ..errors import UnsupportedError


class Adjoint(ABC):
    """Carries a gradient backwards through the steps of a solver.

    Args:
        solver: The solver's settings.
        gradient: The validation gradient at the end, u (P,).

    Attributes:
        u: The adjoint of the parameters (P,), double precision.
    """

    def __init__(self, solver: SolverConfig, gradient: np.ndarray) -> None:
        self.solver = solver
        self.u = gradient.astype(np.float64)

    @abstractmethod
    def direction(self, learning_rate: float) -> np.ndarray:
        """d (P,) of the step about to be undone."""

    def step(self, direction: np.ndarray, curvature: np.ndarray) -> None:
        """Undoes the step: ``curvature`` is H d (P,) of the step's batches."""
        self.u = self.u - curvature - self.solver.weight_decay * direction


class SgdAdjoint(Adjoint):
    """Plain gradient descent."""

    def direction(self, learning_rate: float) -> np.ndarray:
        """d = eta u."""
        return learning_rate * self.u


class MomentumAdjoint(Adjoint):
    """Heavy ball: NNabla's ``v = m v + eta g; theta -= v``."""

    def __init__(self, solver: SolverConfig, gradient: np.ndarray) -> None:
        super().__init__(solver, gradient)
        self._momentum = solver.parameters["momentum"]
        self._velocity = np.zeros_like(self.u)

    def direction(self, learning_rate: float) -> np.ndarray:
        """d = eta (n + u)."""
        return learning_rate * (self._velocity + self.u)

    def step(self, direction: np.ndarray, curvature: np.ndarray) -> None:
        """Undoes the step of the parameters and of the velocity."""
        self._velocity = self._momentum * (self._velocity + self.u)
        super().step(direction, curvature)


ADJOINTS: Dict[str, Type[Adjoint]] = {"Sgd": SgdAdjoint, "Momentum": MomentumAdjoint}


def check_solver(solver: SolverConfig) -> None:
    """Refuses a solver without an adjoint.

    Raises:
        UnsupportedError: The solver is named, with those that work.
    """
    if solver.name not in ADJOINTS:
        raise UnsupportedError(f"Solver '{solver.name}' has no adjoint in this version, so its training steps cannot be "
                               f"scored; these work: {', '.join(sorted(ADJOINTS))}. Choose one with --solver and --learning-rate.")


def learning_rate_argument(name: str) -> str:
    """What NNabla calls the solver's learning rate."""
    return "alpha" if name.startswith(("Ada", "AMS")) and name not in ("Adagrad", "Adadelta") else "lr"


def adjoint(solver: SolverConfig, gradient: np.ndarray) -> Adjoint:
    """The adjoint of a solver, started at the validation gradient (P,)."""
    check_solver(solver)
    return ADJOINTS[solver.name](solver, gradient)
