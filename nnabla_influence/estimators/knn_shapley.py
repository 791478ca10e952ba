"""kNN-Shapley: what every training sample is worth to a nearest-neighbour classifier, exactly (Jia et al. 2019).

The value of a training set S for a validation row with label y is the share of its k nearest neighbours in S that bear
the label, ``v(S) = (number of right ones among the min(k, |S|) nearest) / k``; the mean over the validation rows is the
expected accuracy of a classifier that asks one of the k neighbours. The Shapley value of sample i is the mean, over all
orders in which the N samples may arrive, of what v gains when i does. With the samples sorted by their distance from
the validation row, a_1 the nearest, and ``c_j`` = 1 if a_j bears the label y and else 0, it is, from the farthest to
the nearest,

    s(a_N) = c_N * min(k, N) / (k N)
    s(a_j) = s(a_(j+1)) + (c_j - c_(j+1)) / k * min(k, j) / j

and the score is its mean over the validation rows: O(N log N) for each of them, and no network is trained. Positive is
helpful, and the scores add up to the mean of v over the validation rows. Equally near samples are taken in the order of
the data.

The number of neighbours matters little: with a fifth of the labels wrong, k from 1 to 20 found them with an AUROC
within .008 on digits and .013 on Adult (`builtin:mlp`, means of three seeds).

Distances are Euclidean, between what the network reads (`inputs`; a built-in network's are standardised, of others the
columns with the largest numbers decide) or between the activations of its last hidden layer (`hidden`: what enters the
last affine layer).

R. Jia, D. Dao, B. Wang, F. A. Hubis, N. M. Gurel, B. Li, C. Zhang, C. J. Spanos, D. Song: Efficient Task-Specific Data
Valuation for Nearest Neighbor Algorithms. VLDB 2019.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, List, NamedTuple

import numpy as np

from ..array import Array, IntArray
from ..autodiff.hidden_activations import HiddenActivations
from ..choices import FEATURES
from ..dataset.batches import check_whole_number, consecutive_batches
from ..dataset.dataset import Dataset
from ..device import Device
from ..errors import ConfigError, UnsupportedError
from ..network import Network
from ..scores import InfluenceScores
from .given_labels import given_labels, learns_one_class
from .influence_estimator import InfluenceEstimator
from .scoring_task import ScoringTask

__all__ = ["KnnShapley", "neighbour_values"]

DISTANCES = 2**22
"""Distances (float64) that are held at a time: 32 MB."""

SORTED = 2**20
"""Distances that are sorted at a time: what is computed from them takes five times as much memory."""

ROWS = 1024
"""Training samples whose features are held at a time."""

Features = Callable[[IntArray], Array]
"""Gives the features (B, D) of rows."""


class KnnShapley(InfluenceEstimator):
    """The Shapley value of every sample for a nearest-neighbour classifier of the validation rows.

    Args:
        neighbors: k, how many neighbours vote.
        features: Where distances are measured, one of `choices.FEATURES`.
        device: Where hidden layers are computed.

    Raises:
        ConfigError: There is no neighbour, or there are no such features.

    >>> import numpy as np
    >>> from nnabla_influence import Dataset, KnnShapley, Network, TrainingConfig
    >>> from nnabla_influence.training import FinalState
    >>> data = Dataset.from_arrays({"x": np.array([[0.0], [1], [9]]), "y": np.array([0, 1, 1])})
    >>> asked = Dataset.from_arrays({"x": np.array([[0.1]]), "y": np.array([0])})
    >>> training = FinalState(Network.builtin("builtin:mlp", (1,), 2), TrainingConfig(), samples=3)
    >>> KnnShapley(neighbors=1).estimate(training, data, asked).values.tolist()  # the first one alone is right
    [1.0, 0.0, 0.0]
    """

    method = "knn-shapley"

    def __init__(self, neighbors: int = 5, features: str = FEATURES[0], device: Device = Device()) -> None:
        check_whole_number(neighbors, 1, "the number of neighbors")
        if features not in FEATURES:
            raise ConfigError(f"Expected features to be one of {', '.join(FEATURES)}, got {features!r}.")
        self.neighbors = neighbors
        self.features = features
        self.device = device

    def check_network(self, network: Network) -> None:
        """Refuse a network that learns no classes.

        Raises:
            UnsupportedError: It learns none, or has no last affine layer to take hidden features from.
        """
        if not learns_one_class(network):
            raise UnsupportedError(
                f"Method {self.method} asks which neighbours bear the right label, but '{network.path}' does not learn "
                "one class number per sample. Use another method."
            )
        if self.features == "hidden":
            HiddenActivations(network, self.device)

    def _scores(self, task: ScoringTask) -> InfluenceScores:
        network = task.training.network
        labels, asked = (_labels(network, data) for data in (task.train, task.validation))
        train, validation = self._features(task, task.train), self._features(task, task.validation)
        electorate = _Electorate(train, labels, validation, asked, self.neighbors)
        blocks = consecutive_batches(len(asked), max(1, DISTANCES // len(labels)))
        scores = np.zeros(len(labels))
        for rows, values in zip(blocks, task.sweep.items(electorate, _summed_values, blocks)):
            scores += values
            task.report((rows[-1] + 1) * len(labels) // len(asked), len(labels))
        return InfluenceScores(scores / len(asked), self.method)

    def _features(self, task: ScoringTask, data: Dataset) -> Features:
        """Return what gives the features of a data set's rows."""
        network = task.training.network
        if self.features == "hidden":
            hidden = HiddenActivations(network, self.device)
            batches = consecutive_batches(len(data), task.training.config.batch_size)
            return _HeldFeatures(np.concatenate([hidden.values(data.batch(rows)) for rows in batches]))
        targets = {loss.target for loss in network.roles.training.losses}
        columns = [name for name in network.columns if name not in targets]
        return _InputFeatures(network, data.without_table(), columns)


@dataclass(frozen=True)
class _HeldFeatures:
    """Features (N, D) in memory."""

    whole: Array

    def __call__(self, rows: IntArray) -> Array:
        chosen: Array = self.whole[rows]
        return chosen


@dataclass(frozen=True)
class _InputFeatures:
    """What the network reads, a few rows at a time."""

    network: Network
    data: Dataset
    columns: List[str]

    def __call__(self, rows: IntArray) -> Array:
        batch = self.network.standardized(self.data.batch(rows))
        return np.concatenate([batch[name].reshape(len(rows), -1) for name in self.columns], axis=1)


class _Electorate(NamedTuple):
    """The training samples that vote, and the validation rows they vote about."""

    train: Features
    labels: IntArray
    validation: Features
    asked: IntArray
    neighbors: int


def _summed_values(electorate: _Electorate, rows: IntArray) -> Array:
    """Compute the Shapley values (N,) of all samples, summed over some validation rows."""
    distances = _distances(electorate.validation(rows), electorate.train, len(electorate.labels))
    asked = electorate.asked[rows]
    summed: Array = np.zeros(len(electorate.labels))
    step = max(1, SORTED // len(summed))
    for few in (slice(start, start + step) for start in range(0, len(rows), step)):
        for values in neighbour_values(distances[few], electorate.labels, asked[few], electorate.neighbors):
            summed += values  # one by one: the last bit does not depend on how many are sorted at a time
    return summed


def _labels(network: Network, data: Dataset) -> IntArray:
    labels = given_labels(network, data)
    if labels is None:
        raise UnsupportedError(
            f"{data.path or 'Arrays in memory'}: neighbours are compared by class numbers, found real values. Use "
            "another method."
        )
    return labels


def _distances(asked: Array, train: Features, samples: int) -> Array:
    """Compute squared distances (V, N) of V validation rows from every training sample."""
    centre = asked.mean(axis=0, dtype=np.float64)  # nearby numbers are subtracted: small ones lose fewer digits
    here = asked - centre
    distances = np.empty((len(asked), samples))
    for rows in consecutive_batches(samples, ROWS):
        there = train(rows) - centre
        distances[:, rows] = (there**2).sum(axis=1) - 2 * here @ there.T
    distances += (here**2).sum(axis=1)[:, np.newaxis]
    return distances


def neighbour_values(distances: Array, labels: IntArray, asked: IntArray, neighbors: int) -> Array:
    """Compute the Shapley values (V, N) of all samples for each of V validation rows.

    Args:
        distances: (V, N) from each validation row to each sample.
        labels: (N,) classes of the samples.
        asked: (V,) classes of the validation rows.
        neighbors: k.

    >>> neighbour_values(np.array([[1.0, 2.0]]), np.array([0, 1]), np.array([1]), neighbors=1).tolist()
    [[-0.5, 0.5]]
    """
    samples = len(labels)
    order = np.argsort(distances, axis=1, kind="stable")  # (V, N), the nearest first
    right = (labels[order] == asked[:, np.newaxis]).astype(np.float64)
    place = np.arange(1, samples)
    # In place: with a million samples each of these arrays takes 8 MB for a validation row.
    gains = right[:, :-1] - right[:, 1:]
    farthest = right[:, -1] * min(neighbors, samples) / (neighbors * samples)
    del right
    gains /= neighbors
    gains *= np.minimum(neighbors, place)
    gains /= place
    # From the farthest to the nearest: the value of a_j is that of the farthest and all gains from j on.
    sums = np.empty(distances.shape)
    sums[:, 0] = farthest
    sums[:, 1:] = gains[:, ::-1]
    del gains
    np.cumsum(sums, axis=1, out=sums)
    values: Array = np.empty_like(sums)
    np.put_along_axis(values, order, sums[:, ::-1], axis=1)
    return values
