"""The step that all solvers share, and the way back across it.

With parameters theta, one state vector s (velocity or first moment) and the step's gradient g, all letters diagonal,

    s'     = a s + b g
    theta' = e theta + c s + d g

With lambda the adjoint of theta and mu that of s, the step's *direction* is ``D = -(d lambda + b mu)``: sample i of the
step earns ``<grad l_i, D> / |S_t|``. With H the curvature of the step's batches, going back across the step,

    lambda <- e lambda - (H D + decay D),     mu <- a mu + c lambda    (old values on the right)

where ``decay`` is NNabla's coupled weight decay, part of the gradient.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple

from ..array import Array
from .second_moments import Diagonal

__all__ = ["Coefficients"]


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

    def direction(self, u: Array, memory: Array) -> Array:
        """Return D, the derivative in the step's gradient with its sign turned, from lambda and mu after the step."""
        direction: Array = -(self.d * u + self.b * memory)
        return direction

    def undone(self, u: Array, memory: Array, curvature: Array) -> Tuple[Array, Array]:
        """Return lambda and mu before the step; ``curvature`` is H D."""
        return self.e * u - curvature, self.a * memory + self.c * u  # both from the old lambda

    @property
    def limit(self) -> Diagonal:
        """Return the largest curvature at which repeating this step is stable; for SGD it is 2 / eta.

        One step back multiplies (lambda, mu) by ``[[e + x d, x b], [c, a]]``; with growing x its eigenvalue first
        leaves the unit circle at -1, where ``1 + trace + determinant = 0``.
        """
        return (1 + self.e) * (1 + self.a) / (self.b * self.c - self.d * (1 + self.a))
