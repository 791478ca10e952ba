"""Two sets of samples as one, as a view: nothing is copied, nothing is written."""

from __future__ import annotations

from typing import Dict, Mapping, Sequence, Tuple, Union

import numpy as np

from ..array import Array
from ..dataset.samples import Samples
from ..errors import DataError

__all__ = ["JoinedSamples"]


class JoinedSamples(Samples):
    """A view of two sets of samples, the rows of the second behind those of the first.

    Example:
        >>> from nnabla_influence import Dataset
        >>> first = Dataset.from_arrays({"x": np.zeros(3)})
        >>> second = Dataset.from_arrays({"x": np.array([5.0, 6.0])})
        >>> JoinedSamples(first, second).batch([4, 0])["x"].ravel().tolist()
        [6.0, 0.0]

    Args:
        first: The samples 0 to N - 1.
        second: The samples from N.

    Raises:
        DataError: The second one lacks a variable of the first, or has it in another shape.
    """

    def __init__(self, first: Samples, second: Samples) -> None:
        for name, shape in first.shapes.items():
            if second.shapes.get(name) != shape:
                other_shape = second.shapes.get(name, "none")
                raise DataError(
                    f"Expected samples with a variable '{name}' of shape {shape} to add, got {other_shape}."
                )
        self._first = first
        self._second = second

    @property
    def shapes(self) -> Mapping[str, Tuple[int, ...]]:
        """The shape of one sample of each variable, without the batch axis."""
        return self._first.shapes

    def __len__(self) -> int:
        return len(self._first) + len(self._second)

    def batch(self, indices: Union[Sequence[int], Array]) -> Dict[str, Array]:
        """Return samples by their row numbers, see `Samples.batch`."""
        rows = np.asarray(indices, np.int64)
        behind = rows >= len(self._first)
        batch = {name: np.empty((len(rows), *shape), np.float32) for name, shape in self.shapes.items()}
        for part, chosen, shift in ((self._first, ~behind, 0), (self._second, behind, len(self._first))):
            if chosen.any():
                drawn = part.batch(rows[chosen] - shift)
                for name in batch:
                    batch[name][chosen] = drawn[name]
        return batch
