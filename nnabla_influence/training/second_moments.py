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

so the step's direction (see `update_rules`) becomes ``D = -(d lambda + b mu + gain nu~)``. The gradient of the step,
coupled weight decay included, has to be computed again, which is one training step more.
"""

from __future__ import annotations

from typing import Mapping, NamedTuple, Tuple, Union

import numpy as np

from ..config import SolverConfig

Diagonal = Union[float, np.ndarray]  # a number, or (P,)


class Motion(NamedTuple):
    """One step as it happened.

    Args:
        before: The solver's state vectors (P,) before it, by NNabla's names.
        after: The same after it.
        gradient: Its gradient (P,), coupled weight decay included.
    """

    before: Mapping[str, np.ndarray]
    after: Mapping[str, np.ndarray]
    gradient: np.ndarray


class Partials(NamedTuple):
    """Diagonal derivatives of one step of a second moment; see the module's text."""

    keep: Diagonal
    gain: Diagonal
    stiffness: np.ndarray  # slope / (root(w') + eps), 0 where w' is 0: nothing has moved there yet
    taken: Diagonal = 1.0

    def pulled_back(self, work: np.ndarray, adjoints: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Goes back across the step.

        Args:
            work: ``lambda * move`` (P,).
            adjoints: nu and xi (2, P).

        Returns:
            ``gain * nu~`` (P,), and nu and xi before the step.
        """
        nu, xi = adjoints
        xi = xi - work * self.stiffness
        nu = nu + self.taken * xi
        return self.gain * nu, np.stack([self.keep * nu, (1.0 - self.taken) * xi])


def adam_moment(solver: SolverConfig, motion: Motion) -> Partials:
    """``v' = beta2 v + (1 - beta2) g^2``."""
    return _mean_square(solver.parameters["beta2"], solver, motion, "var")


def rmsprop_moment(solver: SolverConfig, motion: Motion) -> Partials:
    """``v' = decay v + (1 - decay) g^2``."""
    return _mean_square(solver.parameters["decay"], solver, motion, "v")


def adagrad_moment(solver: SolverConfig, motion: Motion) -> Partials:
    """``v' = v + g^2``."""
    return Partials(1.0, 2.0 * motion.gradient, _stiffness(solver, motion.after["v"]))


def amsgrad_moment(solver: SolverConfig, motion: Motion) -> Partials:
    """``v' = beta2 v + (1 - beta2) g^2``, divided by the largest so far."""
    taken = (motion.after["v"] == motion.after["v_hat"]).astype(np.float64)
    return _mean_square(solver.parameters["beta2"], solver, motion, "v_hat")._replace(taken=taken)


def adamax_moment(solver: SolverConfig, motion: Motion) -> Partials:
    """``u' = max(beta2 u, |g|)``, which divides as it is."""
    beta, u = solver.parameters["beta2"], motion.after["u"].astype(np.float64)
    renewed = np.abs(motion.gradient) > beta * motion.before["u"]
    stiffness = np.where(u > 0, 1.0 / (u + solver.parameters["eps"]), 0.0)
    return Partials(np.where(renewed, 0.0, beta), np.where(renewed, np.sign(motion.gradient), 0.0), stiffness)


def _mean_square(keep: float, solver: SolverConfig, motion: Motion, name: str) -> Partials:
    return Partials(keep, 2.0 * (1.0 - keep) * motion.gradient, _stiffness(solver, motion.after[name]))


def _stiffness(solver: SolverConfig, moment: np.ndarray) -> np.ndarray:
    """``1 / (2 sqrt(w) (sqrt(w) + eps))``."""
    root = np.sqrt(moment.astype(np.float64))
    safe = np.where(root > 0, root, 1.0)
    return np.where(root > 0, 0.5 / (safe * (safe + solver.parameters["eps"])), 0.0)
