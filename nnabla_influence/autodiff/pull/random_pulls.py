"""Cotangents through layers that draw: linear for what they have drawn, see `tangent.random_layers`."""

from __future__ import annotations

import math
from typing import Dict, List, Optional

import numpy as np

from ...array import Array
from ..tangent.dual import Dual
from ..tangent.node import Node
from ..tangent.random_layers import sources
from .kept import Kept, Pull

__all__ = ["PULLS"]


def _dropout(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    return [c * kept.inputs[1], None]


def _moved(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    """Add every cotangent up where its value came from."""
    shape = node.input_shapes[0]
    places, inside = sources(kept.inputs[1].value)

    def spread(upper: Array) -> Array:
        """Return the cotangent of x."""
        total = np.bincount(places.ravel(), (upper * inside).ravel(), math.prod(shape))
        return total.reshape(shape).astype(upper.dtype)

    return [c.linear(spread), None]


PULLS: Dict[str, Pull] = {"Dropout": _dropout, **dict.fromkeys(("RandomCrop", "RandomFlip", "RandomShift"), _moved)}
"""By NNabla's type of the function."""
