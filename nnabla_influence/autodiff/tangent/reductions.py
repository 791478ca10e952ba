"""Sums, means, products and extreme values over axes."""

from __future__ import annotations

import math
from typing import Callable, Dict

import numpy as np

from ...array import Array
from .dual import Dual
from .node import Node, Rule

__all__ = ["RULES"]


def _linear(reduce: Callable[..., Array]) -> Rule:
    def rule(node: Node, x: Dual) -> Dual:
        """See `node.Rule`."""
        axes = tuple(node.arguments["axes"])
        return x.linear(lambda a: reduce(a, axis=axes).reshape(node.output_shapes[0]))

    return rule


def _extreme(place: Callable[..., Array]) -> Rule:
    """Return the rule of the largest or smallest value; of equal ones the first counts."""

    def rule(node: Node, x: Dual) -> Dual:
        """See `node.Rule`."""
        rows = _reduced_last(node, x)
        at = place(rows.value, axis=1)
        return rows.linear(lambda a: a[np.arange(len(a)), at].reshape(node.output_shapes[0]))

    return rule


def _product(node: Node, x: Dual) -> Dual:
    """Multiply all values; each one's slope is the product of the others, which may hold zeros."""
    rows = _reduced_last(node, x)
    total = rows[:, 0]
    for column in range(1, rows.value.shape[1]):
        total = total * rows[:, column]
    return total.reshape(*node.output_shapes[0])


def _reduced_last(node: Node, x: Dual) -> Dual:
    """Return (rows, values to reduce)."""
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
    "Max": _extreme(np.argmax),
    "Min": _extreme(np.argmin),
    "Prod": _product,
    "Norm": _norm,
}
"""By NNabla's type of the function."""
