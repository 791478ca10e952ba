"""Interpolation of images: linear in the pixels, and along every axis a product with a matrix of its own."""

from __future__ import annotations

from typing import Dict, List, Tuple

import numpy as np

from ...array import Array
from .node import Node, Rule

__all__ = ["RULES", "along_axes"]


def along_axes(node: Node, a: Array, back: bool = False) -> Array:
    """Interpolate an array, or carry a cotangent back.

    Args:
        node: The function.
        a: The images, or a cotangent of theirs.
        back: Whether it is a cotangent.
    """
    for axis, matrix in _matrices(node):
        used = (matrix.T if back else matrix).astype(a.dtype)
        a = np.moveaxis(np.tensordot(a, used, ([axis], [1])), -1, axis)
    return a


def _matrices(node: Node) -> List[Tuple[int, Array]]:
    """Return the axes, and for each the matrix (pixels made, pixels read)."""
    made = node.arguments["output_size"]
    shape = node.input_shapes[0]
    first = len(shape) - len(made)
    weights = {"linear": _linear, "nearest": _nearest}[node.arguments["mode"]]
    return [(axis, weights(node, shape[axis], size)) for axis, size in enumerate(made, start=first)]


def _linear(node: Node, read: int, made: int) -> Array:
    """Weigh the two pixels beside every place, by their distance from it."""
    place = _places(node, read, made)
    low = np.minimum(np.floor(place).astype(int), read - 1)
    matrix = np.zeros((made, read))
    np.add.at(matrix, (np.arange(made), low), 1.0 - (place - low))
    np.add.at(matrix, (np.arange(made), np.minimum(low + 1, read - 1)), place - low)
    return matrix


def _nearest(node: Node, read: int, made: int) -> Array:
    """Copy the pixel below every place."""
    if node.arguments["half_pixel_for_nn"]:
        place = (np.arange(made) + 0.5) * read / made
    else:
        place = _places(node, read, made)
    matrix = np.zeros((made, read))
    matrix[np.arange(made), np.minimum(place.astype(int), read - 1)] = 1.0
    return matrix


def _places(node: Node, read: int, made: int) -> Array:
    """Return where the pixels made lie among those read."""
    numbers = np.arange(made, dtype=np.float64)
    if made == 1:
        return numbers
    if node.arguments["align_corners"]:
        return numbers * (read - 1) / (made - 1)
    if node.arguments["half_pixel"]:
        return np.maximum((numbers + 0.5) * read / made - 0.5, 0.0)
    return numbers * read / made


RULES: Dict[str, Rule] = {"Interpolate": lambda node, x: x.linear(lambda a: along_axes(node, a))}
"""By NNabla's type of the function."""
