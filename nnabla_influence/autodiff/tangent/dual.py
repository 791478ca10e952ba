"""Numbers that carry their derivative: an array, and its tangent along one direction of the parameters.

With ``x = x(theta)`` and a direction u, the tangent of x is ``dx = d/de x(theta + e u)`` at e = 0. Rules of calculus
carry it through any function, for instance ``d(x y) = dx y + x dy``. No backward pass, no second derivative and no
difference is needed, and no error beyond the arithmetic's own.
"""

from __future__ import annotations

from typing import Any, Callable, Optional, Sequence, Union

import numpy as np

from ...array import Array

__all__ = ["Dual", "Index", "product"]

Index = Any
"""Whatever NumPy takes between brackets."""


class Dual:
    """An array and its tangent.

    Args:
        value: The array.
        tangent: Of the same shape; None is zero: no parameter that moves enters the value.
        spare: Whether nobody else reads the arrays, so that they may be overwritten.

    >>> x, y = Dual(np.array([3.0]), np.array([1.0])), Dual(np.array([2.0]))
    >>> (x * x * y).tangent  # 2 x y dx
    array([12.])
    """

    __slots__ = ("spare", "tangent", "value")

    def __init__(self, value: Array, tangent: Optional[Array] = None, spare: bool = False) -> None:
        self.value = value
        self.tangent = tangent
        self.spare = spare

    def linear(self, function: Callable[[Array], Array]) -> Dual:
        """Apply a linear function that keeps nothing: the tangent takes the same way as the value."""
        return Dual(function(self.value), None if self.tangent is None else function(self.tangent), self.spare)

    def mapped(self, value: Array, slope: Callable[[], Array]) -> Dual:
        """Return a function's value, elementwise, with its slope, which is computed only if there is a tangent."""
        return Dual(value, None if self.tangent is None else self.tangent * slope())

    def sum(self, axes: Sequence[int]) -> Dual:
        """Sum over axes, which stay with length 1."""
        return self.linear(lambda a: a.sum(axis=tuple(axes), keepdims=True))

    def mean(self, axes: Sequence[int]) -> Dual:
        """Take the mean over axes, which stay with length 1."""
        return self.linear(lambda a: a.mean(axis=tuple(axes), keepdims=True))

    def reshape(self, *shape: int) -> Dual:
        """Return the same values in another shape."""
        return self.linear(lambda a: a.reshape(shape))

    def transpose(self, axes: Sequence[int]) -> Dual:
        """Return the same values with the axes in another order."""
        return self.linear(lambda a: a.transpose(tuple(axes)))

    def power(self, exponent: float) -> Dual:
        """Raise to a fixed power."""
        return self.mapped(self.value**exponent, lambda: exponent * self.value ** (exponent - 1.0))

    def __getitem__(self, index: Index) -> Dual:
        return self.linear(lambda a: a[index])

    def __add__(self, other: Union[Dual, float]) -> Dual:
        if not isinstance(other, Dual):
            return Dual(self.value + other, self.tangent)
        value = self.value + other.value
        return Dual(value, _added(self.tangent, other.tangent, value))

    def __neg__(self) -> Dual:
        return self.linear(np.negative)

    def __sub__(self, other: Union[Dual, float]) -> Dual:
        return self + (-other)

    def __mul__(self, other: Union[Dual, float]) -> Dual:
        if not isinstance(other, Dual):
            return self.linear(lambda a: a * other)
        return product(np.multiply, self, other)

    def __truediv__(self, other: Dual) -> Dual:
        return self * other.power(-1.0)

    def __matmul__(self, other: Dual) -> Dual:
        return product(np.matmul, self, other)


def product(function: Callable[[Array, Array], Array], x: Dual, y: Dual, tangent_alone: bool = False) -> Dual:
    """Apply a function that is linear in each of two arrays: ``d f(x, y) = f(dx, y) + f(x, dy)``.

    Args:
        function: The function.
        x: Its first argument.
        y: Its second argument.
        tangent_alone: Whether the value may be left zero where there is a tangent.
    """
    of_x = None if x.tangent is None else function(x.tangent, y.value)
    of_y = None if y.tangent is None else function(x.value, y.tangent)
    one = of_y if of_x is None else of_x
    if one is None or not tangent_alone:
        value = function(x.value, y.value)
    else:
        value = np.broadcast_to(one.dtype.type(0.0), one.shape)
    return Dual(value, _added(of_x, of_y, value))


def _added(first: Optional[Array], second: Optional[Array], value: Array) -> Optional[Array]:
    """Add two tangents of a value, either of which may be zero, and smaller than the value where that was broadcast."""
    if first is not None and second is not None:
        total: Array = first + second
        return total
    one = second if first is None else first
    return one if one is None or one.shape == value.shape else np.broadcast_to(one, value.shape)
