"""Solving ``A x = b`` by products ``A v`` alone, and saying honestly how it went.

*Conjugate gradients* (Hestenes & Stiefel 1952) for a symmetric positive definite A: with ``r = p = b`` at the start,

    alpha = r'r / p'Ap,   x += alpha p,   s = r - alpha A p,   beta = s's / r'r,   p <- s + beta p,   r <- s.

Every step lowers ``q(x) = x'Ax / 2 - b'x``, whose minimum is the solution; the residual may rise on the way. So the
*best* iterate is the one with the lowest q, and q above 0, its start, means divergence. ``p'Ap <= 0`` proves that A is
not positive definite, and q then has no minimum: the Hessian of a network is often indefinite, so this is looked at in
every step. `scipy.sparse.linalg.cg` neither notices this nor reports a residual, hence the loop here.

*LiSSA* (Agarwal, Bullins & Hazan 2017; for influence functions Koh & Liang 2017) sums the Neumann series of
``(H + damping I)^-1`` with another random batch's Hessian ``H_t`` in every term:

    v <- b + v - (H_t v + damping v) / scale,   x = v / scale at the end.

It settles only if the eigenvalues of ``(H_t + damping I) / scale`` lie between 0 and 2. The code released with Koh &
Liang multiplies v by ``1 - damping``, which damps by ``damping * scale``; here damping means what it says.

A solver does not raise when it fails: it returns a `Solution` that tells why it stopped and what to try next.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Callable, Optional

import numpy as np

from ..errors import ConfigError
from .operators import Operator, Progress, Shifted, as_finite_vector, as_vector, checked_damping

ROUNDING = 1e-9  # relative; changes of q below this do not tell iterates apart
GROWTH_LIMIT = 10.0  # LiSSA: times the (t + 1) |b| that no stable recursion exceeds after t steps


class Status(Enum):
    """Why a solver stopped."""

    CONVERGED = "converged"
    MAX_ITERATIONS = "too few iterations"
    NEGATIVE_CURVATURE = "negative curvature"
    DIVERGED = "diverged"
    BREAKDOWN = "breakdown"


@dataclass(frozen=True)
class Solution:
    """What a solver found, and how far it can be trusted.

    Attributes:
        value: x (P,), always finite; the best iterate if the solver did not converge.
        status: Why it stopped.
        iterations: Steps taken.
        residual: ``|b - A x| / |b|``, 1 for x = 0; may be above 1. See each solver for how it is measured.
        advice: One sentence: what happened and what to try next; empty when converged.
    """

    value: np.ndarray
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
    b: np.ndarray,
    *,
    tolerance: float = 1e-4,
    max_iterations: int = 100,
    progress: Optional[Progress] = None,
) -> Solution:
    """Solves ``A x = b`` for a symmetric positive definite A by conjugate gradients.

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
    """
    _check_tolerance(tolerance)
    _check_counts(max_iterations=max_iterations)
    b = as_finite_vector(b, operator.size, "right-hand side")
    if not b.any():
        return Solution(np.zeros_like(b), Status.CONVERGED, 0, 0.0)
    search, status, steps = _ConjugateSearch(operator, b, tolerance), None, 0
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is looked for, and reported
        while status is None and steps < max_iterations:
            status, steps = search.step(), steps + 1
            if progress:
                progress(steps, max_iterations)
        return search.solution(status, steps)


class _ConjugateSearch:
    """Iterate x, residual r and direction p of conjugate gradients, and the best iterate so far."""

    def __init__(self, operator: Operator, b: np.ndarray, tolerance: float) -> None:
        self.operator, self.b, self.tolerance = operator, b, tolerance
        self.norm = float(np.linalg.norm(b))
        self.x, self.r, self.p = np.zeros_like(b), b, b
        self.best, self.residual, self.model = self.x, 1.0, 0.0  # with the lowest q, which is the model
        self.confirmed = (self.x, 1.0)  # the last iterate whose residual was computed afresh
        self.advice = ""

    def step(self) -> Optional[Status]:
        """One step; a status if it was the last."""
        image = self.operator @ self.p
        if not np.isfinite(image).all():
            self.advice = "A product was not finite: look for parameters or a loss that overflow in the network."
            return Status.BREAKDOWN
        curvature = float(self.p @ image)
        if curvature <= 0:
            return self._negative(curvature / float(self.p @ self.p))
        before = float(self.r @ self.r)
        self.x = self.x + before / curvature * self.p
        self.r = self.r - before / curvature * image
        after = float(self.r @ self.r)
        self.p = self.r + after / before * self.p
        return self._judge(-0.5 * float(self.x @ (self.b + self.r)), self._relative(self.r))

    def solution(self, status: Optional[Status], steps: int) -> Solution:
        """The best iterate with its confession."""
        if status is None:
            status, self.advice = (
                Status.MAX_ITERATIONS,
                (
                    f"The tolerance {self.tolerance:g} was not met in {steps} steps: "
                    "raise max_iterations or the damping."
                ),
            )
        if status in (Status.MAX_ITERATIONS, Status.NEGATIVE_CURVATURE, Status.DIVERGED) and self.best.any():
            believed, self.residual = self.residual, self._true_residual(self.best)
            if status is Status.MAX_ITERATIONS and self.residual > 2 * believed:
                self.advice = self._noise_advice()
        if self.residual <= self.tolerance:
            status, self.advice = Status.CONVERGED, ""
        return Solution(self.best, status, steps, self.residual, self.advice)

    def _judge(self, model: float, residual: float) -> Optional[Status]:
        if not model <= 0:
            self.advice = (
                "The iterates grow instead of settling: the operator is far from symmetric or its products "
                "are too noisy; make them more exact or raise the damping."
            )
            return Status.DIVERGED
        if model <= (1 - ROUNDING) * self.model:  # both negative: not clearly worse
            self.best, self.residual, self.model = self.x, residual, model
        return self._confirm() if residual <= self.tolerance else None

    def _confirm(self) -> Optional[Status]:
        """Believes the recursion's residual only if a fresh product agrees; else goes on from the fresh one."""
        residual, (_, before) = self._true_residual(self.x), self.confirmed
        if residual < before:
            self.confirmed = self.x, residual
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

    def _true_residual(self, x: np.ndarray) -> float:
        self.r = self.b - self.operator @ x
        return self._relative(self.r)

    def _relative(self, r: np.ndarray) -> float:
        return float(np.linalg.norm(r)) / self.norm

    def _negative(self, curvature: float) -> Status:
        self.advice = (
            f"The operator is not positive definite (curvature {curvature:.3g} along the search): raise the "
            f"damping by more than {abs(curvature):.3g}, or use Gauss-Newton products."
        )
        return Status.NEGATIVE_CURVATURE


@dataclass(frozen=True)
class LissaSettings:
    """How LiSSA runs; the product's batches are numbered from 0.

    Args:
        scale: Above the largest eigenvalue of any batch's ``H_t + damping I``: then every step contracts.
        damping: Added to the diagonal of the Hessian.
        depth: Steps of one run; about ``scale / (smallest eigenvalue + damping)`` times a few are needed.
        batches: How many batches there are; a run goes through them in random order, then again in another.
        repeats: Runs, over which the value is averaged.
        seed: Of the order.
        tolerance: The largest relative residual to accept.

    Raises:
        ConfigError: A value is out of range; it is named.
    """

    scale: float
    damping: float
    depth: int
    batches: int
    repeats: int = 1
    seed: int = 0
    tolerance: float = 1e-2

    def __post_init__(self) -> None:
        checked_damping(self.damping)
        _check_tolerance(self.tolerance)
        _check_counts(depth=self.depth, batches=self.batches, repeats=self.repeats)
        if not (math.isfinite(self.scale) and self.scale > self.damping):
            raise ConfigError(
                f"The scale should be above the largest eigenvalue, hence above the damping "
                f"{self.damping:g}, not {self.scale}."
            )

    def order(self) -> np.ndarray:
        """Batch numbers (repeats, depth)."""
        rng, steps = np.random.default_rng(self.seed), self.repeats * self.depth
        passes = [rng.permutation(self.batches) for _ in range(math.ceil(steps / self.batches))]
        return np.concatenate(passes)[:steps].reshape(self.repeats, self.depth)


def lissa(
    product: Callable[[int, np.ndarray], np.ndarray],
    b: np.ndarray,
    settings: LissaSettings,
    operator: Optional[Operator] = None,
    progress: Optional[Progress] = None,
) -> Solution:
    """Solves ``(H + damping I) x = b`` by stochastic products.

    Args:
        product: (t, v) -> H_t v (P,), the mean Hessian of batch t, without damping.
        b: Right-hand side (P,).
        settings: How to run.
        operator: H of all the data, to measure the residual. Without it the residual is estimated by the last step's
            change averaged over the repeats, which the noise of its batch makes too large rather than too small.
        progress: Called with (steps done, steps at most), all repeats counted.

    Returns:
        The mean over the repeats; after a divergence the last bounded iterate of that run.

    Raises:
        ConfigError: b or a product has another shape.
        DivergenceError: b is not finite.
    """
    b = as_finite_vector(b, operator.size if operator else np.size(b), "right-hand side")
    if not b.any():
        return Solution(np.zeros_like(b), Status.CONVERGED, 0, 0.0)
    recursion = _Recursion(product, b, settings, progress)
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is looked for, and reported
        bounded = all(recursion.run(batches) for batches in settings.order())
        value, change = recursion.outcome(bounded)
        if operator:
            change = b - Shifted(operator, settings.damping) @ value
            if bounded:
                recursion.curvature = float(value @ (b - change) / (value @ value)) - settings.damping
        residual = float(np.linalg.norm(change) / np.linalg.norm(b))
    status = recursion.status(bounded, residual)
    return Solution(value, status, recursion.steps, residual, recursion.advice(status))


class _Recursion:
    """LiSSA's v, its last change, and the sums of both over the finished runs."""

    def __init__(
        self,
        product: Callable[[int, np.ndarray], np.ndarray],
        b: np.ndarray,
        settings: LissaSettings,
        progress: Optional[Progress],
    ) -> None:
        self.product, self.b, self.settings, self.progress = product, b, settings, progress
        self.steps, self.norm = 0, float(np.linalg.norm(b))
        self.v, self.change, self.curvature = b, b, math.nan
        self.sums = np.zeros((2, b.size))  # of v and of its last change

    def run(self, batches: np.ndarray) -> bool:
        """One run from v = b; false if it grew beyond what a stable recursion can."""
        self.v = self.b
        for t, batch in enumerate(batches):
            new = self._next(int(batch))
            self.steps += 1
            if not np.linalg.norm(new) <= GROWTH_LIMIT * (t + 2) * self.norm:
                return False
            self.v, self.change = new, new - self.v
            if self.progress:
                self.progress(self.steps, self.settings.depth * self.settings.repeats)
        self.sums += self.v, self.change
        return True

    def outcome(self, bounded: bool) -> np.ndarray:
        """x and the change of v in the last step, (2, P)."""
        scale = np.array([[self.settings.scale], [1.0]])
        return (self.sums / self.settings.repeats if bounded else np.stack([self.v, self.change])) / scale

    def status(self, bounded: bool, residual: float) -> Status:
        """The verdict; growth along negative curvature is called by its name."""
        if bounded and residual <= self.settings.tolerance:
            return Status.CONVERGED
        if self.curvature + self.settings.damping <= 0:
            return Status.NEGATIVE_CURVATURE
        return Status.MAX_ITERATIONS if bounded else Status.DIVERGED

    def advice(self, status: Status) -> str:
        """What to try next."""
        s = self.settings
        if status is Status.NEGATIVE_CURVATURE:
            return (
                f"The Hessian is not positive definite (curvature {self.curvature:.3g} along v, without damping): "
                f"raise the damping above {-self.curvature:.3g}, or use Gauss-Newton products."
            )
        if status is Status.DIVERGED:
            return (
                f"The recursion grew without bound after {self.steps} steps: raise the scale above the largest "
                f"eigenvalue with damping, here at least {self.curvature + s.damping:.3g}, from {s.scale:g}."
            )
        if status is Status.MAX_ITERATIONS:
            return (
                f"The tolerance {s.tolerance:g} was not met: raise the depth from {s.depth}, or the damping; if "
                "that does not help, the batches are too small or the repeats too few."
            )
        return ""

    def _next(self, batch: int) -> np.ndarray:
        image = as_vector(self.product(batch, self.v), self.b.size, "product")
        self.curvature = float(self.v @ image / (self.v @ self.v))  # along v, which turns to what grows fastest
        return self.b + self.v - (image + self.settings.damping * self.v) / self.settings.scale


def _check_tolerance(tolerance: float) -> None:
    if not 0 < tolerance < 1:
        raise ConfigError(f"The tolerance should lie between 0 and 1, not be {tolerance}.")


def _check_counts(**counts: int) -> None:
    for name, count in counts.items():
        if count < 1:
            raise ConfigError(f"{name} should be at least 1, not {count}.")
