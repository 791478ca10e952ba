"""Layers that draw, where training is replayed: linear for what was drawn, which NNabla draws as training did.

NNabla's generator goes from function to function, so each is run once, in NNabla's order. What a layer has drawn shows
in what it makes of a known input: a dropout of ones gives its shares; a flip, crop or shift of the pixels' numbers says
which pixel goes where. Layers that draw and mix pixels have no rule. The probe is written over the layer's input in
NNabla's graph.
"""

from __future__ import annotations

import math
from typing import Callable, Dict

import numpy as np

from ...array import Array
from ...errors import UnsupportedError
from .dual import Dual
from .node import Node, Rule

__all__ = ["PROBES", "RULES", "check_drawing"]

# Whole numbers up to here are exact in float32.
LARGEST = 1 << 24


def _ones(node: Node) -> Array:
    return np.ones(node.input_shapes[0], np.float32)


def _numbers(node: Node) -> Array:
    """Return the number of every value, from 1 on: 0 is what comes from outside an image."""
    shape = node.input_shapes[0]
    return np.arange(1, math.prod(shape) + 1, dtype=np.float32).reshape(shape)


def check_drawing(node: Node) -> None:
    """Refuse a layer whose draw does not show.

    Raises:
        UnsupportedError: It fills with another number than zero, or has more values than float32 can number.
    """
    count = math.prod(node.input_shapes[0])
    if PROBES.get(node.kind) is not _numbers:
        return
    if count > LARGEST:
        raise UnsupportedError(f"The forward mode can follow {LARGEST} values through {node.kind}, not {count}.")
    if node.arguments.get("constant_value"):
        raise UnsupportedError(f"The forward mode can follow {node.kind} with zeros around the image only.")


def _dropout(node: Node, x: Dual, shares: Dual) -> Dual:
    return x * shares


def _moved(node: Node, x: Dual, numbers: Dual) -> Dual:
    """Take every value from where it comes."""
    whole = numbers.value.astype(np.int64)
    places, inside = np.maximum(whole - 1, 0), whole > 0
    return x.linear(lambda a: a.reshape(-1)[places] * inside)


PROBES: Dict[str, Callable[[Node], Array]] = {
    "Dropout": _ones,
    "RandomCrop": _numbers,
    "RandomFlip": _numbers,
    "RandomShift": _numbers,
}
"""The input that shows what a layer has drawn, by NNabla's type of it."""

RULES: Dict[str, Rule] = {"Dropout": _dropout, **dict.fromkeys(("RandomCrop", "RandomFlip", "RandomShift"), _moved)}
"""By NNabla's type of the function; their second input is what NNabla makes of the first one's probe."""
