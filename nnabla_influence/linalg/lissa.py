"""LiSSA: solving ``(H + damping I) x = b`` by the Hessians of random batches.

*LiSSA* (Agarwal, Bullins & Hazan 2017; for influence functions Koh & Liang 2017) sums the Neumann series of
``(H + damping I)^-1`` with another random batch's Hessian ``H_t`` in every term:

    v <- b + v - (H_t v + damping v) / scale,   x = v / scale at the end.

It settles only if the eigenvalues of ``(H_t + damping I) / scale`` lie between 0 and 2. The code released with Koh &
Liang multiplies v by ``1 - damping``, which damps by ``damping * scale``; here damping means what it says.

It does not raise when it fails: it returns a `Solution` that tells why it stopped and what to try next.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Callable, Optional

import numpy as np

from ..errors import ConfigError
from .operators import Operator, Progress, Shifted, as_finite_vector, as_vector, checked_damping
from .solvers import Solution, Status, check_counts, check_tolerance

GROWTH_LIMIT = 10.0  # times the (t + 1) |b| that no stable recursion exceeds after t steps


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
        check_tolerance(self.tolerance)
        check_counts(depth=self.depth, batches=self.batches, repeats=self.repeats)
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
        """X and the change of v in the last step, (2, P)."""
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
