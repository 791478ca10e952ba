"""Sums, means, products and norms over axes; extreme values are copies, see `copies`."""

from __future__ import annotations

import math
from typing import Callable, Dict

import numpy as np

from ...array import Array
from .dual import Dual
from .node import Node, Rule

__all__ = ["RULES", "reduced_last"]


def _linear(reduce: Callable[..., Array]) -> Rule:
    def rule(node: Node, x: Dual) -> Dual:
        """See `node.Rule`."""
        axes = tuple(node.arguments["axes"])
        return x.linear(lambda a: reduce(a, axis=axes).reshape(node.output_shapes[0]))

    return rule


def _product(node: Node, x: Dual) -> Dual:
    """Multiply all values; each one's slope is the product of the others, which may hold zeros."""
    rows = reduced_last(node, x)
    total = rows[:, 0]
    for column in range(1, rows.value.shape[1]):
        total = total * rows[:, column]
    return total.reshape(*node.output_shapes[0])


def reduced_last(node: Node, x: Dual) -> Dual:
    """Return (rows, values to reduce).

    Args:
        node: The function, which reduces some axes.
        x: Its input.
    """
    axes = sorted(axis % x.value.ndim for axis in node.arguments["axes"])
    kept = [axis for axis in range(x.value.ndim) if axis not in axes]
    width = math.prod([x.value.shape[axis] for axis in axes])
    return x.transpose([*kept, *axes]).reshape(-1, width)


def _norm(node: Node, x: Dual) -> Dual:
    """Return the p-norm ``(sum |x|^p)^(1/p)``."""
    p = node.arguments["p"]
    powers = x.mapped(np.abs(x.value) ** p, lambda: p * np.sign(x.value) * np.abs(x.value) ** (p - 1.0))
    return powers.sum(node.arguments["axes"]).power(1.0 / p).reshape(*node.output_shapes[0])


RULES: Dict[str, Rule] = {
    "Sum": _linear(np.sum),
    "Mean": _linear(np.mean),
    "Prod": _product,
    "Norm": _norm,
}
"""By NNabla's type of the function."""
