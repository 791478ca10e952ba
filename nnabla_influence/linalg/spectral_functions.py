"""Functions of a curvature's eigenvalues that influence scores are made of."""

from __future__ import annotations

import math
from typing import Callable

import numpy as np

from ..array import Array
from ..errors import ConfigError
from .operators import checked_damping

__all__ = ["SpectralFunction", "damped_inverse", "sgd_horizon"]

SpectralFunction = Callable[[Array], Array]
"""Eigenvalues (k,) -> values (k,)."""


def sgd_horizon(learning_rate: float, steps: int) -> SpectralFunction:
    """Return what K steps of gradient descent leave of a gradient.

    That is ``f(x) = mean over s = 0..K-1 of clip(1 - eta x, 0, 1)^s``.

    In closed form, with ``y = clip(eta x, 0, 1)``: ``f = (1 - (1 - y)^K) / (K y)``. It falls from 1 at x = 0 (flat
    directions remember everything) to 1/K where eta x >= 1 (sharp ones forget at once).

    Args:
        learning_rate: eta.
        steps: K.

    Raises:
        ConfigError: The learning rate is not positive, or there is no step.

    >>> import numpy as np
    >>> sgd_horizon(learning_rate=0.5, steps=2)(np.array([0.0, 1.0, 2.0])).tolist()
    [1.0, 0.75, 0.5]
    """
    if not (math.isfinite(learning_rate) and learning_rate > 0):
        raise ConfigError(f"The learning rate should be positive, not {learning_rate}.")
    if steps < 1:
        raise ConfigError(f"The horizon should be at least 1 step, not {steps}.")

    def f(x: Array) -> Array:
        y = np.clip(learning_rate * np.asarray(x, np.float64), 0.0, 1.0)
        with np.errstate(divide="ignore"):  # log1p(-1) is -inf, and expm1 of it the right -1
            forgotten = -np.expm1(steps * np.log1p(-y))  # 1 - (1 - y)^K without cancellation at small y
        # At y = 0 nothing is forgotten: f = 1.
        remembered: Array = np.divide(forgotten, steps * y, out=np.ones_like(y), where=y > 0)
        return remembered

    return f


def damped_inverse(damping: float) -> SpectralFunction:
    """Return ``f(x) = 1 / (x + damping)``: the influence function's inverse on the same Krylov space.

    Raises:
        ConfigError: The damping is negative or not finite.

    >>> import numpy as np
    >>> damped_inverse(1.0)(np.array([0.0, 3.0])).tolist()
    [1.0, 0.25]
    """
    damping = checked_damping(damping)

    def f(x: Array) -> Array:
        with np.errstate(divide="ignore"):  # 1 / 0 is refused where the value is used, by name
            inverse: Array = 1.0 / (np.asarray(x, np.float64) + damping)
            return inverse

    return f
