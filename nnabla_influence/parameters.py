"""The parameter space: named arrays on one side, one flat vector on the other.

Influence functions are linear algebra on a vector ``theta`` (P,); a network keeps its weights as many
named arrays. `ParameterSpace` fixes the order (names sorted) and converts both ways, nothing else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Dict, Iterator, Mapping, Tuple

import numpy as np

from .array import Array
from .errors import NetworkError

__all__ = ["ParameterSpace", "Shape"]

Shape = Tuple[int, ...]


@dataclass(frozen=True)
class ParameterSpace:
    """Ordered names and shapes of the parameters that make up a vector.

    >>> space = ParameterSpace.of({"affine/W": (2, 3), "affine/b": (3,)})
    >>> space.size
    9
    >>> space.unflatten(np.arange(9.0))["affine/b"]
    array([6., 7., 8.])

    Args:
        names: Parameter names, in the order of the vector.
        shapes: Shape of each.
    """

    names: Tuple[str, ...]
    shapes: Tuple[Shape, ...]

    @classmethod
    def of(cls, shapes: Mapping[str, Shape]) -> ParameterSpace:
        """Return the space of the named shapes, names sorted."""
        names = tuple(sorted(shapes))
        return cls(names, tuple(tuple(int(d) for d in shapes[name]) for name in names))

    @property
    def size(self) -> int:
        """P, the number of scalars."""
        return sum(math.prod(shape) for shape in self.shapes)

    def slices(self) -> Iterator[Tuple[str, slice, Shape]]:
        """Yield name, place in the vector and shape of each parameter."""
        start = 0
        for name, shape in zip(self.names, self.shapes):
            stop = start + math.prod(shape)
            yield name, slice(start, stop), shape
            start = stop

    def flatten(self, arrays: Mapping[str, Array]) -> Array:
        """Join named arrays into a float32 vector (P,).

        Raises:
            NetworkError: A name is missing or has another shape.
        """
        vector = np.empty(self.size, np.float32)  # NNabla's own precision
        for name, place, shape in self.slices():
            if name not in arrays:
                raise NetworkError(
                    f"Parameter '{name}' {shape} is missing; {len(arrays)} parameters arrived. "
                    "Use the parameters of this very network."
                )
            if tuple(arrays[name].shape) != shape:
                raise NetworkError(f"Parameter '{name}' should have shape {shape}, not {tuple(arrays[name].shape)}.")
            vector[place] = np.asarray(arrays[name]).ravel()
        return vector

    def not_finite(self, vector: Array) -> str:
        """Say which parameter of a vector (P,) is not finite and where; empty if all are finite.

        >>> space = ParameterSpace.of({"affine/W": (2, 2), "affine/b": (2,)})
        >>> space.not_finite(np.array([0, 0, 0, np.nan, 1, np.inf]))
        "2 of 6 numbers are not finite, the first (nan) in parameter 'affine/W' at (1, 1)"
        >>> space.not_finite(np.zeros(6))
        ''
        """
        broken = np.flatnonzero(~np.isfinite(vector))
        if not len(broken):
            return ""
        first = int(broken[0])
        name, place, shape = next(part for part in self.slices() if part[1].start <= first < part[1].stop)
        at = tuple(int(i) for i in np.unravel_index(first - place.start, shape)) if shape else ()
        return (
            f"{len(broken)} of {self.size:,} numbers are not finite, the first ({float(vector[first])}) in parameter "
            f"'{name}' at {at}"
        )

    def unflatten(self, vector: Array) -> Dict[str, Array]:
        """Split a vector (P,) into named arrays (views, no copies).

        Raises:
            NetworkError: The vector has another length.
        """
        if vector.shape != (self.size,):
            raise NetworkError(f"A vector of {self.size} parameters was expected, not one of shape {vector.shape}.")
        return {name: vector[place].reshape(shape) for name, place, shape in self.slices()}
