"""Update rules, each with its own adjoint.

Every solver here is linear in the gradient once its second moment is held fixed: with parameters theta, one state
vector s (velocity or first moment) and the batch gradient g, all coefficients diagonal,

    s'     = a s + b g
    theta' = e theta + c s + d g

so one adjoint serves them all, see `linear_step`. Coupled weight decay is part of g; decoupled decay (SgdW, AdamW) is
in e.

================  ==========================================================
solver            step
================  ==========================================================
Sgd               theta -= eta g
Momentum          s = m s + eta g; theta -= s
Nesterov          s = m s - eta g; theta += m s - eta g
SgdW              Momentum, then theta -= decay theta
Adam, AdamW       s = b1 s + (1 - b1) g; theta -= eta_t s / (sqrt(v) + eps)
AMSGRAD           the same with the largest v so far, and bias terms only if asked for
Adamax            the same with the largest |g|, decayed
RMSprop, Adagrad  theta -= eta g / (sqrt(v) + eps)
================  ==========================================================

The second moment v depends on the sample too. Where a step's own states and gradient are known (replayed steps), so
does the adjoint: see `second_moments`. Where they are not (every step at the final parameters), v is taken as it is,
its own dependence on the sample is left out, and the log says so. Then what the solver divides by, ``sqrt(v) + eps``
(Adamax: ``v + eps``), is one diagonal for all steps, and with 1 in its place every letter above is a number: the
*scalar part* of the rule, see `scalar_adjoint`. Formulas as NNabla 1.39 computes them, each held against NNabla's
solver in the tests.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Callable, Dict, Mapping, Optional, Tuple

import numpy as np

from ..array import Array
from ..config import SolverConfig
from ..errors import CacheMismatchError, UnsupportedError
from ..remedies import remedy
from .linear_step import Coefficients
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
    "Rule",
    "StepConditions",
    "coupled_decay",
    "divisor",
    "rule",
]


@dataclass(frozen=True)
class StepConditions:
    """The conditions of a step, on which its coefficients depend beside the settings.

    Args:
        learning_rate: eta of the step.
        number: The step's number, from 1.
        divisor: What the solver divides by because of its second moment (P,); 1 gives the scalar part of the rule.
    """

    learning_rate: float
    number: int
    divisor: Diagonal = 1.0


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
    return _first_moment(solver, rate / at.divisor)


def _adamw(solver: SolverConfig, at: StepConditions) -> Coefficients:
    plain = _adam(solver, at)
    return Coefficients(plain.a, plain.b, plain.c, plain.d, 1 - _decoupled_decay(solver, at))


def _amsgrad(solver: SolverConfig, at: StepConditions) -> Coefficients:
    if solver.parameters.get("bias_correction", False):  # off in NNabla's own numbers
        return _adam(solver, at)
    return _first_moment(solver, at.learning_rate / at.divisor)


def _adamax(solver: SolverConfig, at: StepConditions) -> Coefficients:
    rate = at.learning_rate / (1 - solver.parameters["beta1"] ** at.number)
    return _first_moment(solver, rate / at.divisor)


def _scaled_gradient(solver: SolverConfig, at: StepConditions) -> Coefficients:
    return Coefficients(d=-at.learning_rate / at.divisor)


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


@dataclass(frozen=True)
class Rule:
    """The update rule of one solver.

    Args:
        coefficients: Its linear step.
        second: NNabla's name of its second moment, None if it has none.
        first: NNabla's name of s, where there is a second moment too.
        partials: Derivatives of the second moment's own step.
        root: What is taken of the second moment before eps is added.
        rate: NNabla's name of its learning rate.
        numbers: NNabla's names of the numbers that its coefficients depend on.
        decoupled: Whether weight decay is not part of the gradient.
    """

    coefficients: Callable[[SolverConfig, StepConditions], Coefficients]
    second: Optional[str] = None
    rate: str = "lr"
    decoupled: bool = False
    first: Optional[str] = None
    partials: Optional[Callable[[SolverConfig, StepTransition], Partials]] = None
    root: Callable[[Array], Array] = np.sqrt
    numbers: Tuple[str, ...] = ()


BETAS = ("beta1", "beta2", "eps")

RULES: Dict[str, Rule] = {
    "Sgd": Rule(_sgd),
    "Momentum": Rule(_momentum, numbers=("momentum",)),
    "Nesterov": Rule(_nesterov, numbers=("momentum",)),
    "SgdW": Rule(_sgdw, decoupled=True, numbers=("momentum", "wd")),
    "Adam": Rule(_adam, "var", "alpha", first="mean", partials=adam_moment, numbers=BETAS),
    "AdamW": Rule(_adamw, "var", "alpha", decoupled=True, first="mean", partials=adam_moment, numbers=(*BETAS, "wd")),
    "AMSGRAD": Rule(
        _amsgrad, "v_hat", "alpha", first="m", partials=amsgrad_moment, numbers=(*BETAS, "bias_correction")
    ),
    "Adamax": Rule(_adamax, "u", "alpha", first="m", partials=adamax_moment, root=np.abs, numbers=BETAS),
    "RMSprop": Rule(_scaled_gradient, "v", partials=rmsprop_moment, numbers=("decay", "eps")),
    "Adagrad": Rule(_scaled_gradient, "v", partials=adagrad_moment, numbers=("eps",)),
}


def rule(solver: SolverConfig) -> Rule:
    """Return the rule of a solver.

    Raises:
        UnsupportedError: It has none, or a number that the rule does not know; they are named, with what there is.
    """
    if solver.name not in RULES:
        raise UnsupportedError(
            f"Solver '{solver.name}' has no adjoint in this version, so its training steps cannot be scored; "
            f"these work: {', '.join(RULES)}.",
            remedy("other-solver"),
        )
    update_rule = RULES[solver.name]
    unknown = [name for name in solver.parameters if name not in update_rule.numbers]
    if unknown:
        raise UnsupportedError(
            f"Solver '{solver.name}' has the number '{unknown[0]}', which its adjoint in this version does not know "
            f"(it knows {', '.join(update_rule.numbers) or 'the learning rate only'}), so its training steps cannot be "
            "scored.",
            remedy("other-solver"),
        )
    return update_rule


def coupled_decay(solver: SolverConfig) -> float:
    """Return the weight decay that is part of a step's gradient; 0 for solvers that decouple it."""
    return 0.0 if rule(solver).decoupled else solver.weight_decay


def divisor(solver: SolverConfig, state: Mapping[str, Array]) -> Diagonal:
    """Return what a solver divides its steps by (P,), from the second moment in its state; 1 for solvers without.

    Raises:
        UnsupportedError: The solver has no adjoint.
        CacheMismatchError: The solver has a second moment and it is not there.

    >>> divisor(SolverConfig("RMSprop", 0.1, {"decay": 0.9, "eps": 1.0}), {"v": np.array([4.0, 9.0])}).tolist()
    [3.0, 4.0]
    """
    own = rule(solver)
    if own.second is None:
        return 1.0
    if own.second not in state:
        raise CacheMismatchError(
            f"Solver '{solver.name}' needs its second moment, which a trained network file does not hold.",
            remedy("train-for-state"),
        )
    return own.root(state[own.second].astype(np.float64)) + solver.parameters["eps"]
