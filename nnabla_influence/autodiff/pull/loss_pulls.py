"""Cotangents through losses: what the gradient of a batch's losses begins with.

With p the softmax of z and e_t the vector that is 1 at the label t,

    softmax cross-entropy      c (p - e_t)
    categorical cross-entropy  -c e_t / p, for probabilities p

and for losses of one value each, c times their slope.
"""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

import numpy as np

from ...array import Array, IntArray
from ..tangent.dual import Dual
from ..tangent.losses import SMALLEST, label_places, probabilities
from ..tangent.node import Node, Rule
from ..tangent.registry import RULES
from .kept import Kept, Pull

__all__ = ["PULLS"]

OF_VALUES = (
    "AbsoluteError",
    "BinaryCrossEntropy",
    "EpsilonInsensitiveLoss",
    "HuberLoss",
    "SigmoidCrossEntropy",
    "SquaredError",
)


def _of_values(rule: Rule) -> Pull:
    """Return the pull of a loss of one value each: the tangent of a direction of ones is the slope."""

    def pull(node: Node, kept: Kept, c: Array) -> List[Optional[Array]]:
        """See `kept.Pull`."""
        cotangents: List[Optional[Array]] = []
        for place, wanted in enumerate(kept.wanted):
            inputs = [Dual(x, np.ones_like(x) if place == other else None) for other, x in enumerate(kept.inputs)]
            cotangents.append(c * rule(node, *inputs).tangent if wanted else None)  # type: ignore[union-attr]
        return cotangents

    return pull


def _softmax_cross_entropy(node: Node, kept: Kept, c: Array) -> List[Optional[Array]]:
    z = kept.inputs[0]
    axis, places, of_labels = _at_labels(node, kept, c)
    cotangent = probabilities(z, axis) * of_labels
    np.put_along_axis(cotangent, places, np.take_along_axis(cotangent, places, axis) - of_labels, axis)
    return [cotangent, None]


def _categorical_cross_entropy(node: Node, kept: Kept, c: Array) -> List[Optional[Array]]:
    p = kept.inputs[0]
    axis, places, of_labels = _at_labels(node, kept, c)
    cotangent = np.zeros_like(p)
    chosen = np.maximum(np.take_along_axis(p, places, axis), SMALLEST)
    np.put_along_axis(cotangent, places, -of_labels / chosen, axis)
    return [cotangent, None]


def _at_labels(node: Node, kept: Kept, c: Array) -> Tuple[int, IntArray, Array]:
    """Return the classes' axis, each label's place on it, and c with that axis, zero where there is no label."""
    x, labels = kept.inputs
    axis, places, known = label_places(node, x.shape, labels)
    return axis, places, c.reshape(places.shape) * known


PULLS: Dict[str, Pull] = {
    "SoftmaxCrossEntropy": _softmax_cross_entropy,
    "CategoricalCrossEntropy": _categorical_cross_entropy,
    **{name: _of_values(RULES[name]) for name in OF_VALUES},
}
"""By NNabla's type of the function."""
