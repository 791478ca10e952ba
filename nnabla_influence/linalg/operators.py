"""A symmetric matrix A (P, P) that is never written down: only its products ``A v`` are known.

The curvature of a network with a million parameters would fill terabytes as a matrix; one product costs about as much
as a few gradients (Pearlmutter 1994, *Fast Exact Multiplication by the Hessian*). So products are the currency here,
and every operator counts those made with it: `Operator.products`.

Real products are not quite those of a symmetric matrix: float32 and finite differences leave noise and a slight
asymmetry. No operator corrects that; the solvers notice and report it. Everything is float64.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Callable

import numpy as np

from ..errors import ConfigError, DivergenceError

Progress = Callable[[int, int], None]  # called with (steps done, steps at most)


class Operator(ABC):
    """A symmetric linear map on R^P. A kind of operator defines `_product`, nothing else.

    Args:
        size: P.

    Attributes:
        size: P.
        products: How many products were made with this operator so far.

    Raises:
        ConfigError: The size is less than 1.
    """

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ConfigError(f"An operator should act on at least 1 parameter, not on {size}.")
        self.size, self.products = int(size), 0

    def apply(self, vector: np.ndarray) -> np.ndarray:
        """``A v``.

        Args:
            vector: v (P,).

        Returns:
            A new float64 array (P,); not checked for NaN, which is the solver's business.

        Raises:
            ConfigError: The vector, or the product that came back, has another shape than (P,).
        """
        vector = as_vector(vector, self.size, "vector")
        self.products += 1
        return as_vector(self._product(vector), self.size, "product")

    def __matmul__(self, vector: np.ndarray) -> np.ndarray:
        return self.apply(vector)

    @abstractmethod
    def _product(self, vector: np.ndarray) -> np.ndarray:
        """``A v`` for a float64 vector (P,) that must not be changed."""


class FunctionOperator(Operator):
    """The operator whose products a function returns.

    Args:
        size: P.
        function: v (P,) float64 -> A v (P,) of any floating type.
    """

    def __init__(self, size: int, function: Callable[[np.ndarray], np.ndarray]) -> None:
        super().__init__(size)
        self.function = function

    def _product(self, vector: np.ndarray) -> np.ndarray:
        return np.array(self.function(vector), np.float64)  # a copy: the function may reuse its buffer


class Shifted(Operator):
    """``A + damping I``: every eigenvalue moves up by the damping.

    Args:
        operator: A.
        damping: A finite number, 0 or more.

    Raises:
        ConfigError: The damping is negative or not finite.
    """

    def __init__(self, operator: Operator, damping: float) -> None:
        super().__init__(operator.size)
        self.operator, self.damping = operator, checked_damping(damping)

    def _product(self, vector: np.ndarray) -> np.ndarray:
        return self.operator @ vector + self.damping * vector


class Scaled(Operator):
    """``D^1/2 A D^1/2``: A seen through a diagonal preconditioner D, still symmetric.

    A solver that steps along ``D g`` applies the unsymmetric ``A D``; functions of it follow from the symmetric one:
    ``D f(A D) g = D^1/2 f(D^1/2 A D^1/2) D^1/2 g``.

    Args:
        operator: A.
        diagonal: D (P,), finite and nowhere negative.

    Attributes:
        root: D^1/2 (P,).

    Raises:
        ConfigError: The diagonal has another shape, or an entry is negative or not finite.
    """

    def __init__(self, operator: Operator, diagonal: np.ndarray) -> None:
        super().__init__(operator.size)
        diagonal = as_vector(diagonal, self.size, "diagonal")
        broken = np.flatnonzero(~((diagonal >= 0) & np.isfinite(diagonal)))
        if len(broken):
            raise ConfigError(
                f"The preconditioner's diagonal should be finite and not negative; {len(broken)} of "
                f"{self.size} entries are, the first at {broken[0]}: {diagonal[broken[0]]:g}."
            )
        self.operator, self.root = operator, np.sqrt(diagonal)

    def _product(self, vector: np.ndarray) -> np.ndarray:
        return self.root * (self.operator @ (self.root * vector))


def as_vector(values: np.ndarray, size: int, name: str) -> np.ndarray:
    """The values as float64 (P,).

    Raises:
        ConfigError: They have another shape.
    """
    array = np.asarray(values, np.float64)
    if array.shape != (size,):
        raise ConfigError(f"The {name} should have the shape ({size},) of the operator, not {array.shape}.")
    return array


def as_finite_vector(values: np.ndarray, size: int, name: str) -> np.ndarray:
    """The values as float64 (P,), none of them NaN or infinite.

    Raises:
        ConfigError: They have another shape.
        DivergenceError: They are not all finite.
    """
    array = as_vector(values, size, name)
    broken = np.flatnonzero(~np.isfinite(array))
    if len(broken):
        raise DivergenceError(
            f"The {name} should be finite; {len(broken)} of {size} values are not, the first at "
            f"{broken[0]}: {array[broken[0]]}. Look for a network that diverged in training."
        )
    return array


def checked_damping(damping: float) -> float:
    """The damping, if it is a finite number of 0 or more.

    Raises:
        ConfigError: It is not.
    """
    if not (math.isfinite(damping) and damping >= 0):
        raise ConfigError(f"The damping should be a finite number of 0 or more, not {damping}.")
    return float(damping)
