"""The best constant predictor: what a network that ignores its inputs could reach at most.

It is fitted to the training targets and has a loss on any data set, in the unit of the network's own loss:

* cross-entropy of class numbers: it answers with the classes' shares ``q_c`` among the training labels, and a row of
  class c costs ``-log q_c``. On the training data the mean is the entropy of the labels, which no constant can beat. A
  class that the training data lacks is counted once, or a single such row would cost infinitely much.
* sigmoid or binary cross-entropy of several outputs: for each output the mean ``p`` of its targets t, at the cost of
  ``-t log p - (1 - t) log(1 - p)``. A mean of 0 or 1 is moved as if one further row said otherwise.
* squared error: for each output the mean m of its targets, at the cost of ``(t - m)^2``, NNabla's squared error; on the
  training data the mean is the variance.

Of several outputs or positions the mean counts, several losses are added, and each has its weight, as in the network.
For any other loss (its best constant depends on settings of the layer) there is no such predictor.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, NamedTuple, Optional, Protocol, Sequence, Tuple

import numpy as np

from ..array import Array, IntArray
from ..dataset.batches import consecutive_batches
from ..dataset.dataset import Dataset
from ..network.loss_role import LossRole

__all__ = ["ConstantPredictor"]

PROBABILITIES = ("SigmoidCrossEntropy", "BinaryCrossEntropy")
SQUARES = ("SquaredError",)
BATCH_SIZE = 256


class _Constant(Protocol):
    """What predicts the same for every row."""

    def cost(self, targets: Array) -> Array:
        """Compute the loss (B, D) of targets (B, D)."""


class ConstantPredictor:
    """The best constant for the losses of a network; made by `fit`.

    >>> data = Dataset.from_arrays({"x": np.zeros((4, 2)), "y": np.array([0, 0, 0, 1])})
    >>> constant = ConstantPredictor.fit([LossRole("loss", "SoftmaxCrossEntropy", "logits", "y")], data)
    >>> constant.losses(data).round(3).tolist()
    [0.288, 0.288, 0.288, 1.386]
    """

    def __init__(self, parts: Sequence[Tuple[LossRole, str, _Constant]]) -> None:
        self._parts = parts

    @classmethod
    def fit(cls, losses: Sequence[LossRole], data: Dataset) -> Optional[ConstantPredictor]:
        """Fit the constant to training data.

        Args:
            losses: The losses of the network, which are added.
            data: The training data.

        Returns:
            The predictor; None where a loss is of another kind, or its target is no column of the data.
        """
        parts: List[Tuple[LossRole, str, _Constant]] = []
        for role in losses:
            if role.target is None or role.target not in data.variables:
                return None
            constant = _fitted(role, data, role.target)
            if constant is None:
                return None
            parts.append((role, role.target, constant))
        return cls(parts)

    def losses(self, data: Dataset) -> Array:
        """Compute the constant's loss (N,) of every row of a data set."""
        total = np.zeros(len(data))
        for role, column, constant in self._parts:
            rows = [constant.cost(targets).mean(axis=1) for targets in _targets(data, column)]
            total += role.weight * np.concatenate(rows)
        return total


class _ClassShares(NamedTuple):
    """Predicts each class with its share of the data, and one that the data lacks with a share of its own."""

    shares: Dict[int, float]
    unseen: float

    def cost(self, targets: Array) -> Array:
        """Return the cross-entropy of class numbers, in their shape."""
        numbers, places = np.unique(targets, return_inverse=True)
        costs = np.array([-np.log(self.shares.get(int(number), self.unseen)) for number in numbers])
        # A negative label says that there is none: NNabla's loss leaves it out too.
        costs[numbers < 0] = 0.0
        of_rows: Array = costs[places].reshape(targets.shape)
        return of_rows


class _Probabilities(NamedTuple):
    """Predicts the mean of each column as the probability of a one."""

    means: Array  # (D,)

    def cost(self, targets: Array) -> Array:
        """Return the binary cross-entropy of targets (N, D), in their shape."""
        of_rows: Array = -targets * np.log(self.means) - (1.0 - targets) * np.log1p(-self.means)
        return of_rows


class _Means(NamedTuple):
    """Predicts the mean of each column."""

    means: Array  # (D,)

    def cost(self, targets: Array) -> Array:
        """Return the squared error of targets (N, D), in their shape."""
        of_rows: Array = (targets - self.means) ** 2
        return of_rows


def _fitted(role: LossRole, data: Dataset, column: str) -> Optional[_Constant]:
    if role.class_numbers:
        return _class_shares(data, column)
    if role.function not in (*PROBABILITIES, *SQUARES):
        return None
    means = sum(targets.sum(axis=0) for targets in _targets(data, column)) / len(data)  # (D,)
    if role.function in SQUARES:
        return _Means(means)
    least = 1.0 / (len(data) + 1)
    return _Probabilities(np.clip(means, least, 1.0 - least))


def _class_shares(data: Dataset, column: str) -> _ClassShares:
    counts: Dict[int, int] = {}
    for targets in _targets(data, column):
        numbers, seen = np.unique(targets.astype(np.int64), return_counts=True)
        for number, count in zip(numbers.tolist(), seen.tolist()):
            if number >= 0:
                counts[number] = counts.get(number, 0) + count
    labels = sum(counts.values())
    shares = {number: count / labels for number, count in counts.items()}
    return _ClassShares(shares, 1.0 / (labels + 1))


def _targets(data: Dataset, column: str) -> Iterator[Array]:
    """Yield the targets (B, D) of all rows in float64, batch by batch."""
    if len(data.shapes[column]) == 1:  # without decoding whatever else a row holds
        yield data.column(column).astype(np.float64)
        return
    for rows in _batches(len(data)):
        yield data.batch(rows)[column].reshape(len(rows), -1).astype(np.float64)


def _batches(rows: int) -> List[IntArray]:
    return consecutive_batches(rows, BATCH_SIZE)
