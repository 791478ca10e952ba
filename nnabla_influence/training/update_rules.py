"""Update rules, each with its own adjoint.

Every solver here is linear in the gradient once its second moment is held fixed: with parameters theta, one state
vector s (velocity or first moment) and the batch gradient g, all coefficients diagonal,

    s'     = a s + b g
    theta' = e theta + c s + d g

so one adjoint serves them all. With lambda the adjoint of theta (``u``) and mu that of s, the step's *direction* is
``D = -(d lambda + b mu)``; sample i of the step earns ``<grad l_i, D> / |S_t|``, and going back across the step,

    lambda <- e lambda - (H D + decay D),     mu <- a mu + c lambda    (old values on the right)

where ``decay`` is NNabla's coupled weight decay, part of the gradient. Decoupled decay (SgdW, AdamW) is in e.

================  ==========================================================
solver            step
================  ==========================================================
Sgd               theta -= eta g
Momentum          s = m s + eta g; theta -= s
Nesterov          s = m s - eta g; theta += m s - eta g
SgdW              Momentum, then theta -= decay theta
Adam, AdamW       s = b1 s + (1 - b1) g; theta -= eta_t s / (sqrt(v) + eps)
AMSGRAD           the same with the largest v so far and without bias terms
Adamax            the same with the largest |g|, decayed
RMSprop, Adagrad  theta -= eta g / (sqrt(v) + eps)
================  ==========================================================

The second moment v depends on the sample too. Where a step's own states and gradient are known (replayed steps), so
does the adjoint: see `second_moments`. Where they are not (every step at the final parameters), v is taken as it is,
its own dependence on the sample is left out, and the log says so. Formulas as NNabla 1.39 computes them, each held
against NNabla's solver in the tests.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Callable, Dict, Mapping, Optional, cast

import numpy as np

from ..array import Array
from ..config import SolverConfig
from ..errors import CacheMismatchError, UnsupportedError
from ..remedies import remedy
from .second_moments import (
    Diagonal,
    Partials,
    StepTransition,
    adagrad_moment,
    adam_moment,
    adamax_moment,
    amsgrad_moment,
    rmsprop_moment,
)

__all__ = [
    "RULES",
    "Coefficients",
    "Rule",
    "StepConditions",
    "coupled_decay",
    "effective_rate",
    "rule",
    "second_moment",
    "shrinkage",
]


@dataclass(frozen=True)
class Coefficients:
    """The linear step of a solver: ``s' = a s + b g``, ``theta' = e theta + c s + d g``.

    Every letter is a number, or a diagonal (P,).
    """

    a: Diagonal = 0.0
    b: Diagonal = 0.0
    c: Diagonal = 0.0
    d: Diagonal = 0.0
    e: Diagonal = 1.0


@dataclass(frozen=True)
class StepConditions:
    """The conditions of a step, on which its coefficients depend beside the settings.

    Args:
        learning_rate: eta of the step.
        number: The step's number, from 1.
        second: The second moment v (P,) as the solver stores it, None for solvers without.
    """

    learning_rate: float
    number: int
    second: Optional[Array] = None


def _sgd(solver: SolverConfig, at: StepConditions) -> Coefficients:
    return Coefficients(d=-at.learning_rate)


def _momentum(solver: SolverConfig, at: StepConditions) -> Coefficients:
    # theta' = theta - s' = theta - m s - eta g
    m = solver.parameters["momentum"]
    return Coefficients(a=m, b=at.learning_rate, c=-m, d=-at.learning_rate)


def _nesterov(solver: SolverConfig, at: StepConditions) -> Coefficients:
    # theta' = theta + m s' - eta g = theta + m (m s - eta g) - eta g
    m = solver.parameters["momentum"]
    return Coefficients(a=m, b=-at.learning_rate, c=m * m, d=-(1 + m) * at.learning_rate)


def _sgdw(solver: SolverConfig, at: StepConditions) -> Coefficients:
    m = solver.parameters["momentum"]
    return Coefficients(a=m, b=at.learning_rate, c=-m, d=-at.learning_rate, e=1 - _decoupled_decay(solver, at))


def _adam(solver: SolverConfig, at: StepConditions) -> Coefficients:
    p = solver.parameters
    # eta_t holds both bias corrections, so eps is added to the root of the uncorrected v.
    rate = at.learning_rate * math.sqrt(1 - p["beta2"] ** at.number) / (1 - p["beta1"] ** at.number)
    return _first_moment(solver, rate / (np.sqrt(_v(at)) + p["eps"]))


def _adamw(solver: SolverConfig, at: StepConditions) -> Coefficients:
    plain = _adam(solver, at)
    return Coefficients(plain.a, plain.b, plain.c, plain.d, 1 - _decoupled_decay(solver, at))


def _amsgrad(solver: SolverConfig, at: StepConditions) -> Coefficients:
    return _first_moment(solver, at.learning_rate / (np.sqrt(_v(at)) + solver.parameters["eps"]))


def _adamax(solver: SolverConfig, at: StepConditions) -> Coefficients:
    rate = at.learning_rate / (1 - solver.parameters["beta1"] ** at.number)
    return _first_moment(solver, rate / (_v(at) + solver.parameters["eps"]))


def _scaled_gradient(solver: SolverConfig, at: StepConditions) -> Coefficients:
    return Coefficients(d=-at.learning_rate / (np.sqrt(_v(at)) + solver.parameters["eps"]))


def _first_moment(solver: SolverConfig, scale: Diagonal) -> Coefficients:
    # s' = beta s + (1 - beta) g; theta' = theta - scale s'
    beta = solver.parameters["beta1"]
    return Coefficients(a=beta, b=1 - beta, c=-scale * beta, d=-scale * (1 - beta))


def _decoupled_decay(solver: SolverConfig, at: StepConditions) -> float:
    """Return the share of theta that a step takes away.

    NNabla scales the decay by the learning rate relative to the initial one.
    """
    decay = solver.weight_decay or solver.parameters["wd"]
    return decay * at.learning_rate / solver.learning_rate


def _v(at: StepConditions) -> Array:
    """Return the second moment (P,) of a solver that has one."""
    return cast(Array, at.second)


@dataclass(frozen=True)
class Rule:
    """The update rule of one solver.

    Args:
        coefficients: Its linear step.
        second: NNabla's name of its second moment, None if it has none.
        first: NNabla's name of s, where there is a second moment too.
        partials: Derivatives of the second moment's own step.
        rate: NNabla's name of its learning rate.
        decoupled: Whether weight decay is not part of the gradient.
    """

    coefficients: Callable[[SolverConfig, StepConditions], Coefficients]
    second: Optional[str] = None
    rate: str = "lr"
    decoupled: bool = False
    first: Optional[str] = None
    partials: Optional[Callable[[SolverConfig, StepTransition], Partials]] = None


RULES: Dict[str, Rule] = {
    "Sgd": Rule(_sgd),
    "Momentum": Rule(_momentum),
    "Nesterov": Rule(_nesterov),
    "SgdW": Rule(_sgdw, decoupled=True),
    "Adam": Rule(_adam, "var", "alpha", first="mean", partials=adam_moment),
    "AdamW": Rule(_adamw, "var", "alpha", decoupled=True, first="mean", partials=adam_moment),
    "AMSGRAD": Rule(_amsgrad, "v_hat", "alpha", first="m", partials=amsgrad_moment),
    "Adamax": Rule(_adamax, "u", "alpha", first="m", partials=adamax_moment),
    "RMSprop": Rule(_scaled_gradient, "v", partials=rmsprop_moment),
    "Adagrad": Rule(_scaled_gradient, "v", partials=adagrad_moment),
}


def rule(solver: SolverConfig) -> Rule:
    """Return the rule of a solver.

    Raises:
        UnsupportedError: It has none; it is named, with those that have.
    """
    if solver.name not in RULES:
        raise UnsupportedError(
            f"Solver '{solver.name}' has no adjoint in this version, so its training steps cannot be scored; "
            f"these work: {', '.join(RULES)}.",
            remedy("other-solver"),
        )
    return RULES[solver.name]


def effective_rate(solver: SolverConfig, learning_rate: float, step: int, state: Mapping[str, Array]) -> Diagonal:
    """Return the distance the solver moves a parameter per unit of a gradient that stays the same.

    For SGD this is eta, with momentum eta / (1 - m); for solvers with a second moment it is a diagonal (P,).

    Args:
        solver: The settings.
        learning_rate: eta.
        step: Updates done, for bias corrections.
        state: The solver's state vectors by NNabla's names.

    Raises:
        UnsupportedError: The solver has no adjoint.
        CacheMismatchError: The second moment is not in the state.

    >>> effective_rate(SolverConfig("Momentum", 0.1, {"momentum": 0.5}), 0.1, 0, {})
    0.2
    """
    k = rule(solver).coefficients(solver, StepConditions(learning_rate, max(1, step), second_moment(solver, state)))
    # A constant g brings s to b g / (1 - a); from then on theta moves by c s + d g in every step.
    return -(k.c * k.b / (1 - k.a) + k.d)


def coupled_decay(solver: SolverConfig) -> float:
    """Return the weight decay that is part of a step's gradient; 0 for solvers that decouple it."""
    return 0.0 if rule(solver).decoupled else solver.weight_decay


def shrinkage(solver: SolverConfig, learning_rate: float) -> float:
    """Return the share of every parameter that decoupled weight decay takes away in a step; 0 where it is coupled."""
    return _decoupled_decay(solver, StepConditions(learning_rate, 1)) if rule(solver).decoupled else 0.0


def second_moment(solver: SolverConfig, state: Mapping[str, Array]) -> Optional[Array]:
    """Return the second moment (P,) in a solver's state, None for solvers without.

    Raises:
        CacheMismatchError: The solver has one and it is not there.
    """
    name = rule(solver).second
    if name is None:
        return None
    if name not in state:
        raise CacheMismatchError(
            f"Solver '{solver.name}' needs its second moment, which a trained network file does not hold.",
            remedy("train-for-state"),
        )
    return state[name].astype(np.float64)
