"""When a Lanczos run has seen enough of the curvature: the rule behind methods that apply a function of it.

Every step costs a curvature product over the subset, more than half a training epoch of it. What the last step changed
in ``f(A) g``, relative to its size, estimates the error of the step before (see `linalg.FunctionProduct`). With a
thousandth the scores differ from those of 32 steps by less than a thousandth of the largest on seven networks, long
trainings, batch normalisation and Adam among them, in five to ten steps; eight steps always, as earlier versions took,
are too many for some and too few for others. The table is in ``samples/benchmark/README.md``.
"""

from __future__ import annotations

from functools import partial
from typing import Callable, Optional

from ..array import Array
from ..linalg import LanczosResult, Operator, SpectralFunction, lanczos, last_change

__all__ = ["MOST_STEPS", "SETTLED", "krylov_space"]

SETTLED = 1e-3
"""Relative change by a step after which no further one is taken."""

MOST_STEPS = 16


def krylov_space(operator: Operator, start: Array, function: SpectralFunction, steps: Optional[int]) -> LanczosResult:
    """Build the Krylov space from which a function of an operator, times a vector, is taken.

    Args:
        operator: A.
        start: g (P,).
        function: f, applied to eigenvalues (k,) at once; negative ones are clipped.
        steps: Exactly so many products (see `lanczos`); None: until one changes ``f(A) g`` by `SETTLED` or less, at
            most `MOST_STEPS`.

    Raises:
        ConfigError: There is no step to take, or the function fails, see `linalg.function_times_vector`.
        DivergenceError: The start or a product is not finite.
    """
    if steps is not None:
        return lanczos(operator, start, steps)
    enough: Callable[[LanczosResult], bool] = partial(_has_settled, function=function)
    return lanczos(operator, start, MOST_STEPS, enough=enough)


def _has_settled(result: LanczosResult, function: SpectralFunction) -> bool:
    return last_change(result, function) <= SETTLED
