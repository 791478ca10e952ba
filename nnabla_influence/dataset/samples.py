"""The type *samples*: what training and measuring read of a data set, and nothing else.

A `Dataset` is one, and so is every view of one that shows other values, such as the relabelled training data of a
retraining. Whoever also needs to know where the data came from (path, table, fingerprint) takes a `Dataset`.
"""

from __future__ import annotations

from typing import Dict, Mapping, Protocol, Sequence, Tuple, Union

from ..array import Array

__all__ = ["Samples"]


class Samples(Protocol):
    """Samples that are drawn in batches by their row numbers.

    Any class with these three members is one; it need not inherit from this.

    >>> import numpy as np
    >>> from nnabla_influence import Dataset
    >>> samples: Samples = Dataset.from_arrays({"x": np.zeros((3, 2)), "y": np.arange(3)})
    >>> len(samples), samples.shapes["x"], samples.batch([2, 0])["y"].ravel().tolist()
    (3, (2,), [2.0, 0.0])
    """

    @property
    def shapes(self) -> Mapping[str, Tuple[int, ...]]:
        """The shape of one sample of each variable, without the batch axis."""

    def __len__(self) -> int:
        """Return N, the number of samples."""

    def batch(self, indices: Union[Sequence[int], Array]) -> Dict[str, Array]:
        """Return samples by their row numbers.

        Args:
            indices: (B,) row numbers from 0, repeated ones allowed.

        Returns:
            Fresh float32 arrays (B, *shape) by variable.
        """
