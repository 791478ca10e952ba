"""The adjoint of a second moment: how a step's gradient changes every later step through what it is divided by.

A solver with a second moment moves by ``theta' - e theta = -n / (root(w') + eps)``, n linear in the gradient g, and

    v' = keep v + (a function of g, with derivative gain)        the running moment
    w' = v' where it is taken, else w                            the moment that divides: v' itself, or the largest

all diagonal. With lambda, nu and xi the adjoints of theta, v and w, and ``slope`` the derivative of root, going back
across the step is

    xi~ = xi - lambda * move * slope / (root(w') + eps)          the move shrinks where w' grows
    nu~ = nu + taken * xi~
    the derivative in g gains  gain * nu~
    nu <- keep * nu~,   xi <- (1 - taken) * xi~

so the step's direction (see `linear_step`) becomes ``D = -(d lambda + b mu + gain nu~)``. The gradient of the step,
coupled weight decay included, has to be computed again, which is one training step more.
"""

from __future__ import annotations

from typing import Mapping, NamedTuple, Tuple, Union

import numpy as np

from ..array import Array
from ..config import SolverConfig

__all__ = [
    "Diagonal",
    "Partials",
    "StepTransition",
    "adagrad_moment",
    "adam_moment",
    "adamax_moment",
    "amsgrad_moment",
    "rmsprop_moment",
]

Diagonal = Union[float, Array]
"""A diagonal matrix: one number for all parameters, or (P,)."""


class StepTransition(NamedTuple):
    """One step as it happened: the solver's states on both sides, and the gradient between them.

    Args:
        before: The solver's state vectors (P,) before it, by NNabla's names.
        after: The same after it.
        gradient: Its gradient (P,), coupled weight decay included.
    """

    before: Mapping[str, Array]
    after: Mapping[str, Array]
    gradient: Array


class Partials(NamedTuple):
    """Diagonal derivatives of one step of a second moment, with the letters of the module's text.

    Args:
        keep: dv'/dv.
        gain: dv'/dg.
        stiffness: slope / (root(w') + eps) (P,); 0 where w' is 0, because nothing has moved there yet.
        taken: 1 where w' is v', 0 where it is still w.
    """

    keep: Diagonal
    gain: Diagonal
    stiffness: Array
    taken: Diagonal = 1.0

    def pulled_back(self, work: Array, adjoints: Array) -> Tuple[Array, Array]:
        """Go back across the step.

        Args:
            work: ``lambda * move`` (P,).
            adjoints: nu and xi (2, P).

        Returns:
            ``gain * nu~`` (P,), and nu and xi before the step.
        """
        nu, xi = adjoints
        xi = xi - work * self.stiffness  # xi~
        nu = nu + self.taken * xi  # nu~
        return self.gain * nu, np.stack([self.keep * nu, (1.0 - self.taken) * xi])


def adam_moment(solver: SolverConfig, transition: StepTransition) -> Partials:
    """Differentiate ``v' = beta2 v + (1 - beta2) g^2``."""
    return _mean_square(solver.parameters["beta2"], solver, transition, "var")


def rmsprop_moment(solver: SolverConfig, transition: StepTransition) -> Partials:
    """Differentiate ``v' = decay v + (1 - decay) g^2``."""
    return _mean_square(solver.parameters["decay"], solver, transition, "v")


def adagrad_moment(solver: SolverConfig, transition: StepTransition) -> Partials:
    """Differentiate ``v' = v + g^2``."""
    return Partials(1.0, 2.0 * transition.gradient, _stiffness(solver, transition.after["v"]))


def amsgrad_moment(solver: SolverConfig, transition: StepTransition) -> Partials:
    """Differentiate ``v' = beta2 v + (1 - beta2) g^2``, of which the largest so far divides."""
    taken = (transition.after["v"] == transition.after["v_hat"]).astype(np.float64)
    return _mean_square(solver.parameters["beta2"], solver, transition, "v_hat")._replace(taken=taken)


def adamax_moment(solver: SolverConfig, transition: StepTransition) -> Partials:
    """Differentiate ``u' = max(beta2 u, |g|)``, which divides as it is, without a root."""
    beta = solver.parameters["beta2"]
    u = transition.after["u"].astype(np.float64)
    # Where |g| won, u' is |g| and forgets u; elsewhere it is beta2 u and does not feel g.
    renewed = np.abs(transition.gradient) > beta * transition.before["u"]
    stiffness = np.where(u > 0, 1.0 / (u + solver.parameters["eps"]), 0.0)
    return Partials(np.where(renewed, 0.0, beta), np.where(renewed, np.sign(transition.gradient), 0.0), stiffness)


def _mean_square(keep: float, solver: SolverConfig, transition: StepTransition, name: str) -> Partials:
    return Partials(keep, 2.0 * (1.0 - keep) * transition.gradient, _stiffness(solver, transition.after[name]))


def _stiffness(solver: SolverConfig, moment: Array) -> Array:
    """Return ``1 / (2 sqrt(w) (sqrt(w) + eps))``: the root's slope over what divides."""
    root = np.sqrt(moment.astype(np.float64))
    safe = np.where(root > 0, root, 1.0)  # not divided by, but evaluated
    return np.where(root > 0, 0.5 / (safe * (safe + solver.parameters["eps"])), 0.0)
