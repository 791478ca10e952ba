"""Functions of a curvature's eigenvalues that influence scores are made of."""

from __future__ import annotations

from typing import Callable

import numpy as np

from ..array import Array
from .operators import checked_damping

__all__ = ["SpectralFunction", "damped_inverse"]

SpectralFunction = Callable[[Array], Array]
"""Eigenvalues (k,) -> values (k,)."""


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
        """Return ``1 / (x + damping)`` of eigenvalues (k,)."""
        with np.errstate(divide="ignore"):  # 1 / 0 is refused where the value is used, by name
            inverse: Array = 1.0 / (np.asarray(x, np.float64) + damping)
            return inverse

    return f
