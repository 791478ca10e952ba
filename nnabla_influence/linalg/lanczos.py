"""A symmetric matrix A seen from a small Krylov space, by a few products only.

Lanczos (1950) builds an orthonormal basis V (k, P) of the Krylov space span(g, Ag, .., A^(k-1) g); seen in that basis A
is a small tridiagonal matrix ``T = V A V'`` (k, k). T's eigenvalues, the Ritz values, soon find the extreme eigenvalues
of A; with the squared first components of T's eigenvectors as weights they form a Gauss quadrature: ``g' f(A) g`` is
about ``|g|^2 sum_j weight_j f(ritz_j)`` for any function f (Golub & Meurant 2010, *Matrices, Moments and Quadrature*).
`function_times_vector` makes ``f(A) g`` of it.

In floating point the basis loses its orthogonality and eigenvalues appear twice. So each new vector is orthogonalised
against *all* earlier ones, twice (Parlett 1998, section 6.9: "twice is enough"); k is small, a product is what costs.
The coefficients of that are the whole of ``V A V'``, at no extra product: where products are slightly asymmetric
its symmetric part is used, which is the projection of A's symmetric part, and the rest is reported as `asymmetry`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Optional

import numpy as np

from ..array import Array
from ..errors import ConfigError
from ..machine_memory import require_memory
from ..progress import ProgressCallback
from ..remedies import remedy
from .operators import Operator, as_finite_vector

__all__ = ["LanczosResult", "lanczos"]

INVARIANT = 1e-10  # a remainder this small beside |T| is rounding: the space is invariant


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
    basis: Array
    projected: Array
    asymmetry: float
    invariant: bool

    @property
    def alpha(self) -> Array:
        """Return the diagonal of T (k,)."""
        diagonal: Array = np.diagonal(self.projected).copy()
        return diagonal

    @property
    def beta(self) -> Array:
        """Return the off-diagonal of T (k - 1,)."""
        off_diagonal: Array = np.diagonal(self.projected[:-1, 1:]).copy()
        return off_diagonal

    @property
    def ritz_values(self) -> Array:
        """Return the eigenvalues of T (k,), ascending."""
        values: Array = np.linalg.eigvalsh(self.projected)
        return values

    @property
    def ritz_weights(self) -> Array:
        """Return the share of g along each Ritz vector, squared (k,); the sum is 1."""
        weights: Array = first_row(np.linalg.eigh(self.projected)[1]) ** 2
        return weights


def lanczos(
    operator: Operator,
    start: Array,
    steps: int,
    *,
    enough: Optional[Callable[[LanczosResult], bool]] = None,
    progress: Optional[ProgressCallback] = None,
) -> LanczosResult:
    """Build the Krylov basis of a start vector, one product a step.

    Args:
        operator: A.
        start: g (P,). Zero is legal and gives an empty space.
        steps: Products at most; fewer are made if the space becomes invariant, never more than P.
        enough: Asked after every step with the result so far; what it calls enough is returned.
        progress: Called with (steps done, steps at most).

    Returns:
        Basis and projected operator; memory is k P float64 numbers.

    Raises:
        ConfigError: The start has another shape, or there is no step to take.
        DivergenceError: The start or a product is not finite.
        TooLargeError: The basis does not fit the memory of this machine.

    >>> import numpy as np
    >>> from nnabla_influence.linalg import FunctionOperator
    >>> result = lanczos(FunctionOperator(3, np.diag([1.0, 2.0, 3.0]).dot), np.ones(3), steps=3)
    >>> result.ritz_values.round(6).tolist()
    [1.0, 2.0, 3.0]
    """
    if steps < 1:
        raise ConfigError(f"Lanczos needs at least 1 step, not {steps}.")
    start = as_finite_vector(start, operator.size, "start vector")
    steps = min(steps, operator.size)
    norm = float(np.linalg.norm(start))
    if norm == 0:
        return LanczosResult(0.0, np.zeros((0, operator.size)), np.zeros((0, 0)), 0.0, True)
    numbers = steps * operator.size
    require_memory(8 * numbers, f"{steps} Lanczos vectors of {operator.size:,} numbers", remedy("fewer-lanczos-steps"))
    basis = np.zeros((steps, operator.size))  # V
    matrix = np.zeros((steps, steps))  # V A V'
    basis[0] = start / norm
    for k in range(1, steps + 1):
        remainder = _project(operator, basis[:k], matrix[:k, k - 1])
        if progress:
            progress(k, steps)
        length = float(np.linalg.norm(remainder))
        invariant = length <= INVARIANT * float(np.linalg.norm(matrix))  # always so for a full basis
        result = _result(norm, basis[:k], matrix[:k, :k], invariant)
        if invariant or k == steps or (enough is not None and enough(result)):
            break
        basis[k] = remainder / length
        matrix[k, k - 1] = length
    return result


def _project(operator: Operator, basis: Array, column: Array) -> Array:
    """Write ``V A v`` of the last basis vector v into the column (k,); return what of A v lies outside (P,)."""
    image = as_finite_vector(operator @ basis[-1], operator.size, "product")
    for _ in range(2):  # twice is enough; once leaves rounding along the basis
        coefficients = basis @ image  # (k,)
        image = image - coefficients @ basis
        column += coefficients
    return image


def _result(norm: float, basis: Array, matrix: Array, invariant: bool) -> LanczosResult:
    size = float(np.linalg.norm(matrix))
    asymmetry = float(np.linalg.norm(matrix - matrix.T)) / size if size else 0.0
    return LanczosResult(norm, basis, (matrix + matrix.T) / 2, asymmetry, invariant)


def first_row(vectors: Array) -> Array:
    """Return the components of the Ritz vectors along the start (k,); there is none in an empty space."""
    return vectors[0] if len(vectors) else np.zeros(0)
