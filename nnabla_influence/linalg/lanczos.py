"""``f(A) g`` for any function f of a symmetric matrix A that is known by a few products only.

Lanczos (1950) builds an orthonormal basis V (k, P) of the Krylov space span(g, Ag, .., A^(k-1) g); seen in that basis A
is a small tridiagonal matrix ``T = V A V'`` (k, k), and

    f(A) g  is about  |g| V' f(T) e1        (Higham 2008, *Functions of Matrices*, section 13.2),

exactly so when f is a polynomial of degree below k, or when the space is invariant (A maps it into itself). T's
eigenvalues, the Ritz values, soon find the extreme eigenvalues of A; with the squared first components of T's
eigenvectors as weights they form a Gauss quadrature: ``g' f(A) g`` is about ``|g|^2 sum_j weight_j f(ritz_j)``
(Golub & Meurant 2010, *Matrices, Moments and Quadrature*). One basis serves every f.

In floating point the basis loses its orthogonality and eigenvalues appear twice. So each new vector is orthogonalised
against *all* earlier ones, twice (Parlett 1998, section 6.9: "twice is enough"); k is small, a product is what costs.
The coefficients of that are the whole of ``V A V'``, at no extra product: where products are slightly asymmetric
its symmetric part is used, which is the projection of A's symmetric part, and the rest is reported as `asymmetry`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Callable, Optional

import numpy as np

from ..errors import ConfigError
from .operators import Operator, Progress, as_finite_vector, checked_damping

INVARIANT = 1e-10  # a remainder this small beside |T| is rounding: the space is invariant

SpectralFunction = Callable[[np.ndarray], np.ndarray]  # eigenvalues (k,) -> values (k,)


@dataclass(frozen=True)
class LanczosResult:
    """A symmetric operator seen from a Krylov space of k dimensions.

    Attributes:
        start_norm: ``|g|`` of the start vector; 0 gives an empty space, k = 0.
        basis: V (k, P), orthonormal rows, the first along g.
        projected: T (k, k), the symmetric part of ``V A V'``.
        asymmetry: ``|M - M'| / |M|`` of ``M = V A V'`` (Frobenius); 0 for a symmetric operator.
        invariant: Whether A maps the space into itself, so that functions of A are exact.
    """

    start_norm: float
    basis: np.ndarray
    projected: np.ndarray
    asymmetry: float
    invariant: bool

    @property
    def alpha(self) -> np.ndarray:
        """Diagonal of T (k,)."""
        return np.diagonal(self.projected).copy()

    @property
    def beta(self) -> np.ndarray:
        """Off-diagonal of T (k - 1,)."""
        return np.diagonal(self.projected[:-1, 1:]).copy()

    @property
    def ritz_values(self) -> np.ndarray:
        """Eigenvalues of T (k,), ascending."""
        return np.linalg.eigvalsh(self.projected)

    @property
    def ritz_weights(self) -> np.ndarray:
        """Share of g along each Ritz vector, squared (k,); the sum is 1."""
        return _first_row(np.linalg.eigh(self.projected)[1]) ** 2


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

    value: np.ndarray
    coefficients: np.ndarray
    ritz_values: np.ndarray
    negative: int
    most_negative: float
    change: float


def lanczos(operator: Operator, start: np.ndarray, steps: int, *, progress: Optional[Progress] = None) -> LanczosResult:
    """Builds the Krylov basis of a start vector, one product a step.

    Args:
        operator: A.
        start: g (P,). Zero is legal and gives an empty space.
        steps: Products at most; fewer are made if the space becomes invariant, never more than P.
        progress: Called with (steps done, steps at most).

    Returns:
        Basis and projected operator; memory is k P float64 numbers.

    Raises:
        ConfigError: The start has another shape, or there is no step to take.
        DivergenceError: The start or a product is not finite.
    """
    if steps < 1:
        raise ConfigError(f"Lanczos needs at least 1 step, not {steps}.")
    start, steps = as_finite_vector(start, operator.size, "start vector"), min(steps, operator.size)
    norm = float(np.linalg.norm(start))
    if norm == 0:
        return LanczosResult(0.0, np.zeros((0, operator.size)), np.zeros((0, 0)), 0.0, True)
    basis, matrix = np.zeros((steps, operator.size)), np.zeros((steps, steps))
    basis[0] = start / norm
    for k in range(1, steps + 1):
        remainder = _project(operator, basis[:k], matrix[:k, k - 1])
        if progress:
            progress(k, steps)
        length = float(np.linalg.norm(remainder))
        invariant = length <= INVARIANT * float(np.linalg.norm(matrix))  # always so for a full basis
        if invariant or k == steps:
            break
        basis[k], matrix[k, k - 1] = remainder / length, length
    return _result(norm, basis[:k], matrix[:k, :k], invariant)


def _project(operator: Operator, basis: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Writes ``V A v`` of the last basis vector v into the column (k,); returns what of A v lies outside, (P,)."""
    image = as_finite_vector(operator @ basis[-1], operator.size, "product")
    for _ in range(2):
        coefficients = basis @ image  # (k,)
        image = image - coefficients @ basis
        column += coefficients
    return image


def _result(norm: float, basis: np.ndarray, matrix: np.ndarray, invariant: bool) -> LanczosResult:
    size = float(np.linalg.norm(matrix))
    asymmetry = float(np.linalg.norm(matrix - matrix.T)) / size if size else 0.0
    return LanczosResult(norm, basis, (matrix + matrix.T) / 2, asymmetry, invariant)


def function_times_vector(
    result: LanczosResult, function: SpectralFunction, clip_negative: bool = True
) -> FunctionProduct:
    """``f(A) g`` from a Lanczos run that started at g; no further products.

    Args:
        result: Of `lanczos`.
        function: f, applied to eigenvalues (k,) at once.
        clip_negative: Whether f sees 0 in place of negative Ritz values, which a positive semi-definite A can only have
            by noise, and on which `sgd_horizon` and `damped_inverse` mean nothing.

    Returns:
        The value, what was clipped, and how much the last step changed it.

    Raises:
        ConfigError: The function returns another shape, or is not finite at a Ritz value.
    """
    ritz = result.ritz_values
    lowest = float(ritz.min(initial=0.0))
    floor = 0.0 if clip_negative else -math.inf
    coefficients = _coefficients(result.projected, function, floor) * result.start_norm
    change = 0.0 if result.invariant else _change(result, function, floor, coefficients)
    return FunctionProduct(
        coefficients @ result.basis, coefficients, np.maximum(ritz, floor), int((ritz < 0).sum()), lowest, change
    )


def _coefficients(projected: np.ndarray, function: SpectralFunction, floor: float) -> np.ndarray:
    """``f(T) e1`` (k,), with T's eigenvalues raised to the floor."""
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
    return (vectors * images) @ _first_row(vectors)


def _first_row(vectors: np.ndarray) -> np.ndarray:
    """Components of the Ritz vectors along the start (k,); there is none in an empty space."""
    return vectors[0] if len(vectors) else np.zeros(0)


def _change(result: LanczosResult, function: SpectralFunction, floor: float, coefficients: np.ndarray) -> float:
    """Relative change by the last step; the bases are nested and orthonormal, so coefficients suffice."""
    size = float(np.linalg.norm(coefficients))
    if size == 0:
        return 0.0
    before = np.zeros_like(coefficients)
    before[:-1] = _coefficients(result.projected[:-1, :-1], function, floor) * result.start_norm
    return float(np.linalg.norm(coefficients - before)) / size


def sgd_horizon(learning_rate: float, steps: int) -> SpectralFunction:
    """What K steps of gradient descent leave of a gradient: ``f(x) = mean over s = 0..K-1 of clip(1 - eta x, 0, 1)^s``.

    In closed form, with ``y = clip(eta x, 0, 1)``: ``f = (1 - (1 - y)^K) / (K y)``. It falls from 1 at x = 0 (flat
    directions remember everything) to 1/K where eta x >= 1 (sharp ones forget at once).

    Args:
        learning_rate: eta.
        steps: K.

    Raises:
        ConfigError: The learning rate is not positive, or there is no step.
    """
    if not (math.isfinite(learning_rate) and learning_rate > 0):
        raise ConfigError(f"The learning rate should be positive, not {learning_rate}.")
    if steps < 1:
        raise ConfigError(f"The horizon should be at least 1 step, not {steps}.")

    def f(x: np.ndarray) -> np.ndarray:
        y = np.clip(learning_rate * np.asarray(x, np.float64), 0.0, 1.0)
        with np.errstate(divide="ignore"):  # log1p(-1) is -inf, and expm1 of it the right -1
            forgotten = -np.expm1(steps * np.log1p(-y))  # 1 - (1 - y)^K without cancellation at small y
        return np.divide(forgotten, steps * y, out=np.ones_like(y), where=y > 0)

    return f


def damped_inverse(damping: float) -> SpectralFunction:
    """``f(x) = 1 / (x + damping)``: the influence function's inverse on the same Krylov space.

    Raises:
        ConfigError: The damping is negative or not finite.
    """
    damping = checked_damping(damping)

    def f(x: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):  # 1 / 0 is refused where the value is used, by name
            return 1.0 / (np.asarray(x, np.float64) + damping)

    return f
