"""``f(A) g`` for any function f of a symmetric matrix A, from the Krylov space of a Lanczos run that started at g.

With V the basis and T the projected matrix (see `lanczos`),

    f(A) g  is about  |g| V' f(T) e1        (Higham 2008, *Functions of Matrices*, section 13.2),

exactly so when f is a polynomial of degree below k, or when the space is invariant (A maps it into itself). One basis
serves every f.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..array import Array
from ..errors import ConfigError
from .lanczos import LanczosResult, first_row
from .spectral_functions import SpectralFunction

__all__ = ["FunctionProduct", "function_times_vector", "last_change"]


@dataclass(frozen=True)
class FunctionProduct:
    """``f(A) g`` as far as a Krylov space knows it.

    Attributes:
        value: (P,).
        coefficients: Of the value in the basis (k,).
        ritz_values: Eigenvalues that f was given (k,), ascending; negative ones are 0 if clipped.
        negative: How many Ritz values were negative.
        most_negative: The smallest Ritz value before clipping, 0.0 if none was negative.
        change: ``|value of k steps - value of k - 1 steps| / |value of k steps|``, an estimate of the error of k - 1
            steps, usually larger than that of k; 1 after a single step, 0 where the space is invariant.
    """

    value: Array
    coefficients: Array
    ritz_values: Array
    negative: int
    most_negative: float
    change: float


def function_times_vector(
    result: LanczosResult, function: SpectralFunction, clip_negative: bool = True
) -> FunctionProduct:
    """Compute ``f(A) g`` from a Lanczos run that started at g; no further products.

    Args:
        result: Of `lanczos`.
        function: f, applied to eigenvalues (k,) at once.
        clip_negative: Whether f sees 0 in place of negative Ritz values, which a positive semi-definite A can only have
            by noise, and on which a solver's adjoint grows and `damped_inverse` means nothing.

    Returns:
        The value, what was clipped, and how much the last step changed it.

    Raises:
        ConfigError: The function returns another shape, or is not finite at a Ritz value.

    >>> import numpy as np
    >>> from nnabla_influence.linalg import FunctionOperator, lanczos
    >>> result = lanczos(FunctionOperator(2, np.diag([4.0, 9.0]).dot), np.array([1.0, 1.0]), steps=2)
    >>> function_times_vector(result, np.sqrt).value.round(6).tolist()
    [2.0, 3.0]
    """
    ritz = result.ritz_values
    lowest = float(ritz.min(initial=0.0))
    floor = 0.0 if clip_negative else -math.inf
    coefficients = _coefficients(result.projected, function, floor) * result.start_norm
    return FunctionProduct(
        value=coefficients @ result.basis,
        coefficients=coefficients,
        ritz_values=np.maximum(ritz, floor),
        negative=int((ritz < 0).sum()),
        most_negative=lowest,
        change=_change(result, function, floor, coefficients),
    )


def last_change(result: LanczosResult, function: SpectralFunction, clip_negative: bool = True) -> float:
    """Compute `FunctionProduct.change` alone, which takes next to nothing: the question of when to stop.

    Args:
        result: Of `lanczos`, as far as it is.
        function: f, see `function_times_vector`.
        clip_negative: See there.
    """
    floor = 0.0 if clip_negative else -math.inf
    return _change(result, function, floor, _coefficients(result.projected, function, floor) * result.start_norm)


def _coefficients(projected: Array, function: SpectralFunction, floor: float) -> Array:
    """Compute ``f(T) e1`` (k,), with T's eigenvalues raised to the floor."""
    values, vectors = np.linalg.eigh(projected)
    values = np.maximum(values, floor)
    images = np.asarray(function(values), np.float64)
    if images.shape != values.shape:
        raise ConfigError(
            f"A spectral function should return one value for each of {values.size} eigenvalues, not the "
            f"shape {images.shape}."
        )
    if not np.isfinite(images).all():
        raise ConfigError(
            f"The function is not finite at the Ritz value {values[~np.isfinite(images)][0]:g}: use a positive damping."
        )
    coefficients: Array = (vectors * images) @ first_row(vectors)
    return coefficients


def _change(result: LanczosResult, function: SpectralFunction, floor: float, coefficients: Array) -> float:
    """Compute the relative change by the last step; the bases are nested and orthonormal, so coefficients suffice."""
    if result.invariant:
        return 0.0
    size = float(np.linalg.norm(coefficients))
    if size == 0:
        return 0.0
    before = np.zeros_like(coefficients)
    before[:-1] = _coefficients(result.projected[:-1, :-1], function, floor) * result.start_norm
    return float(np.linalg.norm(coefficients - before)) / size
