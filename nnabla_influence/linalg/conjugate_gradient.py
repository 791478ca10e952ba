"""Solves ``A x = b`` by products ``A v`` alone, and says honestly how it went.

*Conjugate gradients* (Hestenes & Stiefel 1952) for a symmetric positive definite A: with ``r = p = b`` at the start,

    alpha = r'r / p'Ap,   x += alpha p,   s = r - alpha A p,   beta = s's / r'r,   p <- s + beta p,   r <- s.

Every step lowers ``q(x) = x'Ax / 2 - b'x``, whose minimum is the solution; the residual may rise on the way. So the
*best* iterate is the one with the lowest q, and q above 0, its start, means divergence. ``p'Ap <= 0`` proves that A is
not positive definite, and q then has no minimum: the Hessian of a network is often indefinite, so this is looked at in
every step. `scipy.sparse.linalg.cg` neither notices this nor reports a residual, hence the loop here.

A solver does not raise when it fails: it returns a `Solution` that tells why it stopped and what to try next.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Optional

import numpy as np

from ..array import Array
from ..errors import ConfigError
from ..progress import ProgressCallback
from .operators import Operator, as_finite_vector

__all__ = ["Solution", "Status", "conjugate_gradient"]

ROUNDING = 1e-9  # relative; changes of q below this do not tell iterates apart


class Status(Enum):
    """Why a solver stopped."""

    CONVERGED = "converged"
    MAX_ITERATIONS = "too few iterations"
    NEGATIVE_CURVATURE = "negative curvature"
    DIVERGED = "diverged"
    BREAKDOWN = "breakdown"


@dataclass(frozen=True)
class Solution:
    """What a solver arrived at, and how far it can be trusted.

    Attributes:
        value: x (P,), always finite; the best iterate if the solver did not converge.
        status: Why it stopped.
        iterations: Steps taken.
        residual: ``|b - A x| / |b|``, 1 for x = 0; may be above 1.
        advice: One sentence: what happened and what to try next; empty when converged.
    """

    value: Array
    status: Status
    iterations: int
    residual: float
    advice: str = ""

    @property
    def ok(self) -> bool:
        """Whether the tolerance was met."""
        return self.status is Status.CONVERGED


def conjugate_gradient(
    operator: Operator,
    b: Array,
    *,
    tolerance: float = 1e-4,
    max_iterations: int = 100,
    progress: Optional[ProgressCallback] = None,
) -> Solution:
    """Solve ``A x = b`` for a symmetric positive definite A by conjugate gradients.

    The residual that the recursion carries drifts away from the true one when products are noisy. So it is computed
    afresh before convergence is claimed (one more product); if it is too large, the search starts again from there.

    Args:
        operator: A.
        b: Right-hand side (P,).
        tolerance: The largest relative residual to accept.
        max_iterations: Steps at most.
        progress: Called with (steps done, steps at most).

    Returns:
        The best iterate; its residual is computed afresh, unless a product was not finite.

    Raises:
        ConfigError: b has another shape, the tolerance is not positive, or there is no step to take.
        DivergenceError: b is not finite.

    >>> import numpy as np
    >>> from nnabla_influence.linalg import FunctionOperator
    >>> solution = conjugate_gradient(FunctionOperator(2, np.diag([1.0, 4.0]).dot), np.array([1.0, 2.0]))
    >>> solution.ok, solution.value.round(6).tolist(), solution.iterations
    (True, [1.0, 0.5], 2)
    """
    if not 0 < tolerance < 1:
        raise ConfigError(f"The tolerance should lie between 0 and 1, not be {tolerance}.")
    if max_iterations < 1:
        raise ConfigError(f"max_iterations should be at least 1, not {max_iterations}.")
    b = as_finite_vector(b, operator.size, "right-hand side")
    if not b.any():
        return Solution(np.zeros_like(b), Status.CONVERGED, 0, 0.0)
    search = _ConjugateSearch(operator, b, tolerance)
    status: Optional[Status] = None
    steps = 0
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is looked for, and reported
        while status is None and steps < max_iterations:
            status = search.step()
            steps += 1
            if progress:
                progress(steps, max_iterations)
        return search.solution(status, steps)


class _ConjugateSearch:
    """Iterate x, residual r and direction p of conjugate gradients, and the best iterate so far."""

    def __init__(self, operator: Operator, b: Array, tolerance: float) -> None:
        self.operator = operator
        self.b = b
        self.tolerance = tolerance
        self.norm = float(np.linalg.norm(b))
        self.x: Array = np.zeros_like(b)
        self.r: Array = b
        self.p: Array = b
        # The best iterate is the one with the lowest q, which is the model.
        self.best = self.x
        self.residual = 1.0
        self.model = 0.0
        self.confirmed = (self.x, 1.0)  # the last iterate whose residual was computed afresh
        self.advice = ""

    def step(self) -> Optional[Status]:
        """Take one step; return a status if it was the last."""
        image = self.operator @ self.p
        if not np.isfinite(image).all():
            self.advice = "A product was not finite: look for parameters or a loss that overflow in the network."
            return Status.BREAKDOWN
        curvature = float(self.p @ image)  # p'Ap
        if curvature <= 0:
            return self._negative(curvature / float(self.p @ self.p))
        before = float(self.r @ self.r)  # r'r
        self.x = self.x + before / curvature * self.p
        self.r = self.r - before / curvature * image
        after = float(self.r @ self.r)  # s's
        self.p = self.r + after / before * self.p
        # q = x'Ax / 2 - b'x, with Ax = b - r from the recursion: no further product.
        return self._judge(-0.5 * float(self.x @ (self.b + self.r)), self._relative(self.r))

    def solution(self, status: Optional[Status], steps: int) -> Solution:
        """Return the best iterate, and say how it came about."""
        if status is None:
            status = Status.MAX_ITERATIONS
            self.advice = (
                f"The tolerance {self.tolerance:g} was not met in {steps} steps: raise max_iterations or the damping."
            )
        if status in (Status.MAX_ITERATIONS, Status.NEGATIVE_CURVATURE, Status.DIVERGED) and self.best.any():
            believed = self.residual
            self.residual = self._true_residual(self.best)
            if status is Status.MAX_ITERATIONS and self.residual > 2 * believed:
                self.advice = self._noise_advice()
        if self.residual <= self.tolerance:
            status = Status.CONVERGED
            self.advice = ""
        return Solution(self.best, status, steps, self.residual, self.advice)

    def _judge(self, model: float, residual: float) -> Optional[Status]:
        """Keep the iterate if it is the best so far; return a status if the search is over."""
        if not model <= 0:
            self.advice = (
                "The iterates grow instead of settling: the operator is far from symmetric or its products "
                "are too noisy; make them more exact or raise the damping."
            )
            return Status.DIVERGED
        if model <= (1 - ROUNDING) * self.model:  # both negative: not clearly worse
            self.best = self.x
            self.residual = residual
            self.model = model
        return self._confirm() if residual <= self.tolerance else None

    def _confirm(self) -> Optional[Status]:
        """Believe the recursion's residual only if a fresh product agrees; else go on from the fresh one."""
        residual = self._true_residual(self.x)
        _, before = self.confirmed
        if residual < before:
            self.confirmed = (self.x, residual)
        self.best, self.residual = self.confirmed
        if residual <= self.tolerance:
            return Status.CONVERGED
        if not residual <= 0.5 * before:
            self.advice = self._noise_advice()
            return Status.BREAKDOWN
        self.p = self.r
        return None

    def _noise_advice(self) -> str:
        return (
            f"Errors of the products keep the residual at {self.residual:.3g}: accept a tolerance above it, make "
            "the products more exact, or raise the damping."
        )

    def _true_residual(self, x: Array) -> float:
        """Compute ``|b - A x| / |b|`` by a fresh product, whose r the search may go on from."""
        self.r = self.b - self.operator @ x
        return self._relative(self.r)

    def _relative(self, r: Array) -> float:
        return float(np.linalg.norm(r)) / self.norm

    def _negative(self, curvature: float) -> Status:
        self.advice = (
            f"The operator is not positive definite (curvature {curvature:.3g} along the search): raise the "
            f"damping by more than {abs(curvature):.3g}, or use Gauss-Newton products."
        )
        return Status.NEGATIVE_CURVATURE
