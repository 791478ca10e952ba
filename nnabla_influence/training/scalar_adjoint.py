"""A solver's adjoint run on a scalar: what the steps of a horizon leave of a gradient on average over batch orders.

Let every step have the mean curvature G instead of that of its own batches. Then all vectors of the adjoint stay
functions of G times the validation gradient g, and one number x, an eigenvalue of G, stands for G: from lambda = 1 and
mu = 0 at the end, step t of n_t batches has the direction d_t(x) of `linear_step` with the curvature n_t x. A sample is
in each of the batches with probability |S| / N and earns ``<grad l_i, D> / |S|`` there, so on average over all orders

    r_i = (1 / N) <grad l_i, F(G) g>,      F(x) = sum over the steps t of n_t d_t(x).

For SGD, F(x) is the sum over s = 0..K-1 of ``eta (1 - eta x)^s``. Velocities, first moments, bias corrections, decay
and schedules are in the coefficients of the step and need no formula here. A solver that divides by the root of a
second moment has one diagonal D for all steps and the scalar part of its rule for the rest:
``F`` becomes ``D^1/2 F(D^1/2 G D^1/2) D^1/2``. Coupled weight decay is part of G, divided by the mean of n_t; a step
of fewer batches has as much of it as any other, which is made up for (but not through D, where it is no number).

Without decoupled decay ``F(x) = (1 - u) / x``, u what is left of lambda before the first step: with many stable steps
nothing is left, and F is 1 / x. Where lambda grows beyond 10 times its start, the steps diverge along that direction
and there is no mean to speak of (`last-epoch` stops there). F is 1 / x there too, as if all had been forgotten.
"""

from __future__ import annotations

from typing import List, Sequence, Tuple

import numpy as np

from ..array import Array
from ..config import SolverConfig
from .linear_step import Coefficients
from .step_plan import UnorderedStep
from .update_rules import StepConditions, coupled_decay, rule

__all__ = ["ScalarAdjoint"]

GROWTH_LIMIT = 10.0  # times lambda at the start


class ScalarAdjoint:
    """F, the sum of a horizon's directions as a function of the curvature.

    Args:
        solver: The solver's settings.
        steps: The horizon's steps, first to last.

    Attributes:
        limit: The largest eigenvalue at which any number of such steps is stable.

    Raises:
        UnsupportedError: The solver has no adjoint.

    >>> steps = [UnorderedStep(number, learning_rate=0.5, batches=1) for number in (1, 2)]
    >>> ScalarAdjoint(SolverConfig("Sgd"), steps)(np.array([0.0, 1.0, 3.0])).tolist()  # eta (1 + (1 - eta x))
    [1.0, 0.75, 0.25]
    >>> ScalarAdjoint(SolverConfig("Momentum", parameters={"momentum": 0.5}), steps)(np.array([0.0])).tolist()
    [1.25]
    """

    def __init__(self, solver: SolverConfig, steps: Sequence[UnorderedStep]) -> None:
        own = rule(solver)
        self._steps: List[Tuple[Coefficients, int]] = [
            (own.coefficients(solver, StepConditions(step.learning_rate, step.number)), step.batches) for step in steps
        ]
        self.limit = min(float(np.min(k.limit)) / batches for k, batches in self._steps)
        self._decay = coupled_decay(solver) if own.second is None else 0.0
        self._mean_batches = sum(step.batches for step in steps) / len(steps)

    def __call__(self, x: Array) -> Array:
        """Return F of eigenvalues (k,), 1 / x where the steps diverge."""
        total, diverged = self._walk(np.asarray(x, np.float64))
        sums: Array = np.divide(1.0, x, out=total, where=diverged)
        return sums

    def diverges(self, x: Array) -> Array:
        """Tell at which eigenvalues (k,) the steps diverge."""
        return self._walk(np.asarray(x, np.float64))[1]

    def _walk(self, x: Array) -> Tuple[Array, Array]:
        """Return the sum of directions (k,), and where lambda grew too much (k,)."""
        u = np.ones_like(x)
        memory = np.zeros_like(x)
        total = np.zeros_like(x)
        diverged = np.zeros(x.shape, bool)
        for k, batches in reversed(self._steps):
            diverged |= np.abs(u) > GROWTH_LIMIT
            direction = np.where(diverged, 0.0, k.direction(u, memory))
            total += batches * direction
            curvature = batches * x + self._decay * (1 - batches / self._mean_batches)
            u, memory = k.undone(u, memory, curvature * direction)
        return total, diverged
