"""Cotangents through layers that draw: linear for what they have drawn, see `tangent.random_layers`."""

from __future__ import annotations

from typing import Dict, List, Optional

from ..tangent.dual import Dual
from ..tangent.node import Node
from .kept import Kept, Pull
from .shape_pulls import added_up

__all__ = ["PULLS"]


def _dropout(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    return [c * kept.inputs[1], None]


def _moved(node: Node, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    numbers = kept.inputs[1].value
    return [c.linear(lambda a: added_up(a, numbers, node)), None]


PULLS: Dict[str, Pull] = {"Dropout": _dropout, **dict.fromkeys(("RandomCrop", "RandomFlip", "RandomShift"), _moved)}
"""By NNabla's type of the function."""
