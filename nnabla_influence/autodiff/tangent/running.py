"""Running sums and products along an axis."""

from __future__ import annotations

from typing import Dict

import numpy as np

from ...array import Array
from .dual import Dual
from .node import Node, Rule
from .shapes import stacked

__all__ = ["RULES", "running_sum"]


def running_sum(a: Array, axis: int, backwards: bool, exclusive: bool) -> Array:
    """Add up along an axis.

    Args:
        a: The array.
        axis: The axis.
        backwards: Whether to begin at its end.
        exclusive: Whether to leave each value itself out.
    """
    turned = np.flip(a, axis) if backwards else a
    total = np.cumsum(turned, axis)
    if exclusive:
        total = total - turned
    return np.flip(total, axis) if backwards else total


def _sum(node: Node, x: Dual) -> Dual:
    axis, exclusive, backwards = (node.arguments[name] for name in ("axis", "exclusive", "reverse"))
    return x.linear(lambda a: running_sum(a, axis, backwards, exclusive))


def _product(node: Node, x: Dual) -> Dual:
    """Multiply value after value, which needs no quotient of values that may be zero."""
    axis = node.arguments["axis"] % x.value.ndim
    before = (slice(None),) * axis
    length = x.value.shape[axis]
    places = range(length)[::-1] if node.arguments["reverse"] else range(length)
    total = Dual(np.ones_like(x.value[before + (0,)]))
    parts = {}
    for place in places:
        after = total * x[before + (place,)]
        parts[place] = total if node.arguments["exclusive"] else after
        total = after
    return stacked([parts[place] for place in range(length)], axis)


RULES: Dict[str, Rule] = {"CumSum": _sum, "CumProd": _product}
"""By NNabla's type of the function."""
