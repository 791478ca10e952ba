"""Training data with other labels for some rows, as a view: nothing is copied, nothing is written."""

from __future__ import annotations

from typing import Dict, Mapping, Optional, Sequence, Tuple, Union

import numpy as np

from ..array import Array
from ..dataset.samples import Samples
from ..errors import ConfigError
from .change import Change

__all__ = ["Relabelled"]


class Relabelled(Samples):
    """A view of a training set with other labels for some rows.

    Example:
        >>> from nnabla_influence import Dataset
        >>> samples = Dataset.from_arrays({"x": np.zeros(3), "y": np.array([0, 1, 2])})
        >>> view = Relabelled(samples, "y", Change(relabelled=np.array([1]), labels=np.array([7.0])))
        >>> view.batch([2, 1])["y"].ravel().tolist()
        [2.0, 7.0]

    Args:
        samples: The data.
        column: Its label column.
        change: Rows and their new labels.

    Raises:
        ConfigError: There is no column of one label per row.
    """

    def __init__(self, samples: Samples, column: Optional[str], change: Change) -> None:
        if column is None or int(np.prod(samples.shapes[column])) != 1:
            raise ConfigError(f"Relabelling needs one label per row; the network's target is column '{column}'.")
        self._samples = samples
        self._column = column
        self._labels = {int(row): label for row, label in zip(change.relabelled, change.labels)}

    @property
    def shapes(self) -> Mapping[str, Tuple[int, ...]]:
        """The shape of one sample of each variable, without the batch axis."""
        return self._samples.shapes

    def __len__(self) -> int:
        return len(self._samples)

    def batch(self, indices: Union[Sequence[int], Array]) -> Dict[str, Array]:
        """Return samples by their row numbers, see `Samples.batch`."""
        batch = self._samples.batch(indices)
        for position, row in enumerate(indices):
            if int(row) in self._labels:
                batch[self._column][position] = self._labels[int(row)]
        return batch
