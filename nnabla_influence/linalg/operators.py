"""A symmetric matrix A (P, P) that is never written down: only its products ``A v`` are known.

The curvature of a network with a million parameters would fill terabytes as a matrix; one product costs about as much
as a few gradients (Pearlmutter 1994, *Fast Exact Multiplication by the Hessian*). So products are the currency here.

Real products are not quite those of a symmetric matrix: float32 and finite differences leave noise and a slight
asymmetry. No operator corrects that; the solvers notice and report it. Everything is float64.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Callable

import numpy as np

from ..array import Array
from ..errors import ConfigError, DivergenceError

__all__ = ["FunctionOperator", "Operator", "Scaled", "Shifted", "as_finite_vector", "as_vector", "checked_damping"]


class Operator(ABC):
    """A symmetric linear map on R^P.

    A kind of operator defines `_product`, nothing else.

    Args:
        size: P.

    Attributes:
        size: P.

    Raises:
        ConfigError: The size is less than 1.
    """

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ConfigError(f"An operator should act on at least 1 parameter, not on {size}.")
        self.size = int(size)

    def apply(self, vector: Array) -> Array:
        """Compute ``A v``.

        Args:
            vector: v (P,).

        Returns:
            A new float64 array (P,); not checked for NaN, which is the solver's business.

        Raises:
            ConfigError: The vector, or the product that came back, has another shape than (P,).
        """
        vector = as_vector(vector, self.size, "vector")
        return as_vector(self._product(vector), self.size, "product")

    def __matmul__(self, vector: Array) -> Array:
        return self.apply(vector)

    @abstractmethod
    def _product(self, vector: Array) -> Array:
        """Compute ``A v`` for a float64 vector (P,) that must not be changed."""


class FunctionOperator(Operator):
    """The operator whose products a function returns.

    Args:
        size: P.
        function: v (P,) float64 -> A v (P,) of any floating type.

    >>> import numpy as np
    >>> matrix = np.array([[2.0, 1.0], [1.0, 3.0]])
    >>> (FunctionOperator(2, matrix.dot) @ np.array([1.0, 0.0])).tolist()
    [2.0, 1.0]
    """

    def __init__(self, size: int, function: Callable[[Array], Array]) -> None:
        super().__init__(size)
        self.function = function

    def _product(self, vector: Array) -> Array:
        return np.array(self.function(vector), np.float64)  # a copy: the function may reuse its buffer


class Shifted(Operator):
    """``A + damping I``: every eigenvalue moves up by the damping.

    Args:
        operator: A.
        damping: A finite number, 0 or more.

    Raises:
        ConfigError: The damping is negative or not finite.

    >>> import numpy as np
    >>> (Shifted(FunctionOperator(2, np.zeros_like), 0.5) @ np.array([1.0, 4.0])).tolist()
    [0.5, 2.0]
    """

    def __init__(self, operator: Operator, damping: float) -> None:
        super().__init__(operator.size)
        self.operator = operator
        self.damping = checked_damping(damping)

    def _product(self, vector: Array) -> Array:
        product: Array = self.operator @ vector + self.damping * vector
        return product


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

    >>> import numpy as np
    >>> (Scaled(FunctionOperator(2, np.copy), np.array([4.0, 9.0])) @ np.ones(2)).tolist()
    [4.0, 9.0]
    """

    def __init__(self, operator: Operator, diagonal: Array) -> None:
        super().__init__(operator.size)
        diagonal = as_vector(diagonal, self.size, "diagonal")
        broken = np.flatnonzero(~((diagonal >= 0) & np.isfinite(diagonal)))
        if len(broken):
            raise ConfigError(
                f"The preconditioner's diagonal should be finite and not negative; {len(broken)} of "
                f"{self.size} entries are, the first at {broken[0]}: {diagonal[broken[0]]:g}."
            )
        self.operator = operator
        self.root: Array = np.sqrt(diagonal)

    def _product(self, vector: Array) -> Array:
        product: Array = self.root * (self.operator @ (self.root * vector))
        return product


def as_vector(values: Array, size: int, name: str) -> Array:
    """Return the values as float64 (P,).

    Raises:
        ConfigError: They have another shape.
    """
    array: Array = np.asarray(values, np.float64)
    if array.shape != (size,):
        raise ConfigError(f"The {name} should have the shape ({size},) of the operator, not {array.shape}.")
    return array


def as_finite_vector(values: Array, size: int, name: str) -> Array:
    """Return the values as float64 (P,), none of them NaN or infinite.

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
    """Return the damping, if it is a finite number of 0 or more.

    Raises:
        ConfigError: It is not.
    """
    if not (math.isfinite(damping) and damping >= 0):
        raise ConfigError(f"The damping should be a finite number of 0 or more, not {damping}.")
    return float(damping)
