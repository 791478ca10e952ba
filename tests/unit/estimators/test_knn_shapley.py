"""kNN-Shapley against the definition: the mean gain over all orders, by enumeration of all subsets."""

from collections import OrderedDict
from itertools import combinations
from math import factorial

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np
import pytest

from nnabla_influence.autodiff.hidden_activations import HiddenActivations
from nnabla_influence.config import TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import ConfigError, UnsupportedError
from nnabla_influence.estimators import KnnShapley, knn_shapley
from nnabla_influence.estimators.knn_shapley import neighbour_values
from nnabla_influence.network import Network, Standardization
from nnabla_influence.training import FinalState


def worth(subset, distances, right, neighbors):
    """The value of a subset for one validation row, as its text says."""
    nearest = sorted(subset, key=lambda row: (distances[row], row))[:neighbors]
    return sum(right[row] for row in nearest) / neighbors


def shapley(distances, right, neighbors):
    """The definition: what a sample adds to every subset of the others, weighted by the orders that begin so."""
    samples = len(distances)
    values = np.zeros(samples)
    for row in range(samples):
        others = [other for other in range(samples) if other != row]
        for size in range(samples):
            weight = factorial(size) * factorial(samples - 1 - size) / factorial(samples)
            for subset in combinations(others, size):
                gain = worth((*subset, row), distances, right, neighbors) - worth(subset, distances, right, neighbors)
                values[row] += weight * gain
    return values


@pytest.mark.parametrize("neighbors", [1, 2, 3, 5, 8, 11])
@pytest.mark.parametrize("samples", [1, 2, 5, 8])
def test_the_recursion_is_the_shapley_value(samples, neighbors):
    random = np.random.RandomState(10 * samples + neighbors)
    distances = random.randint(4, size=(3, samples)).astype(float)  # with ties
    labels, asked = random.randint(3, size=samples), random.randint(3, size=3)
    values = neighbour_values(distances, labels, asked, neighbors)
    expected = [shapley(row, labels == label, neighbors) for row, label in zip(distances, asked)]
    np.testing.assert_allclose(values, expected, atol=1e-12)


def problem(samples=40, asked=17, features=3):
    random = np.random.RandomState(0)
    x = random.normal(size=(samples + asked, features)).astype(np.float32)
    y = random.randint(3, size=samples + asked)
    parts = (slice(0, samples), slice(samples, None))
    train, validation = (Dataset.from_arrays({"x": x[part], "y": y[part]}) for part in parts)
    network = Network.builtin("builtin:mlp", (features,), 3)
    return FinalState(network, TrainingConfig(batch_size=8), samples), train, validation


def expected_values(train, validation, features, neighbors):
    """The recursion of the paper in its own words, one validation row at a time."""
    y, asked = train.column("y")[:, 0], validation.column("y")[:, 0]
    total = np.zeros(len(y))
    for v, label in zip(features(validation), asked):
        order = np.argsort(((features(train) - v) ** 2).sum(axis=1), kind="stable")
        value = (y[order[-1]] == label) / len(y)
        total[order[-1]] += value
        for j in range(len(y) - 1, 0, -1):  # j: place from 1 of the nearer of two neighbours
            near, far = order[j - 1], order[j]
            value += (float(y[near] == label) - float(y[far] == label)) / neighbors * min(neighbors, j) / j
            total[near] += value
    return total / len(asked)


def inputs(data):
    return data.column("x").astype(float)


@pytest.mark.parametrize("distances", [40, 170, 10**6])
def test_scores_do_not_depend_on_the_blocks(monkeypatch, scores, distances):
    monkeypatch.setattr(knn_shapley, "DISTANCES", distances)
    monkeypatch.setattr(knn_shapley, "ROWS", 7)
    training, train, validation = problem()
    values = scores(KnnShapley(4), training, train, validation)
    np.testing.assert_allclose(values, expected_values(train, validation, inputs, 4), atol=1e-12)


def test_no_more_distances_are_held_than_the_bound(monkeypatch, scores):
    sizes = []
    values = knn_shapley.neighbour_values
    monkeypatch.setattr(knn_shapley, "DISTANCES", 90)
    monkeypatch.setattr(knn_shapley, "neighbour_values", lambda d, *rest: sizes.append(d.size) or values(d, *rest))
    scores(KnnShapley(), *problem())
    assert max(sizes) <= 90 and sum(sizes) == 40 * 17


@pytest.mark.parametrize("bound", [1, 90, 300])
def test_sorting_fewer_at_a_time_changes_no_bit(monkeypatch, scores, bound):
    whole = scores(KnnShapley(), *problem())
    sizes = []
    values = knn_shapley.neighbour_values
    monkeypatch.setattr(knn_shapley, "SORTED", bound)
    monkeypatch.setattr(knn_shapley, "neighbour_values", lambda d, *rest: sizes.append(d.size) or values(d, *rest))
    assert scores(KnnShapley(), *problem()).tobytes() == whole.tobytes()
    assert max(sizes) <= max(bound, 40) and sum(sizes) == 40 * 17


def test_the_scores_add_up_to_the_share_of_right_neighbours(scores):
    training, train, validation = problem()
    y, asked = train.column("y")[:, 0], validation.column("y")[:, 0]
    shares = []
    for v, label in zip(inputs(validation), asked):
        nearest = np.argsort(((inputs(train) - v) ** 2).sum(axis=1))[:5]
        shares.append((y[nearest] == label).mean())
    assert scores(KnnShapley(), training, train, validation).sum() == pytest.approx(np.mean(shares))


def test_hidden_features_are_those_of_the_last_hidden_layer(scores):
    training, train, validation = problem()
    hidden = HiddenActivations(training.network)

    def features(data):
        return hidden.values(data.batch(range(len(data)))).astype(float)

    values = scores(KnnShapley(3, "hidden"), training, train, validation)
    np.testing.assert_allclose(values, expected_values(train, validation, features, 3), atol=1e-12)
    assert not np.allclose(values, scores(KnnShapley(3), training, train, validation))


def test_inputs_are_those_behind_a_standardisation(scores):
    """Raw columns of a table: without it the one with the largest numbers alone would decide."""
    training, train, validation = problem()
    raw, asked = (
        Dataset.from_arrays({"x": data.column("x") * [1e-3, 1, 1e6] + 7, "y": data.column("y")})
        for data in (train, validation)
    )
    network = Network.builtin("builtin:mlp", (3,), 3, standardization=Standardization.of(raw, "x"))
    state = FinalState(network, training.config, len(raw))
    mean, deviation = raw.column("x").mean(axis=0, dtype=float), raw.column("x").std(axis=0, dtype=float)

    def standardised(data):
        return (data.column("x").astype(float) - mean) / deviation

    values = scores(KnnShapley(4), state, raw, asked)
    np.testing.assert_allclose(values, expected_values(raw, asked, standardised, 4), atol=1e-12)
    plain = FinalState(Network.builtin("builtin:mlp", (3,), 3), training.config, len(raw))
    assert not np.allclose(values, scores(KnnShapley(4), plain, raw, asked))


def test_several_inputs_are_joined_and_labels_are_none_of_them(scores):
    """Two columns of inputs, one of them a picture, stand for one long vector."""
    scope = OrderedDict()
    a, b, y = nn.Variable((2, 1, 2, 2)), nn.Variable((2, 3)), nn.Variable((2, 1))
    with nn.parameter_scope("", scope):
        joined = F.concatenate(F.reshape(a, (2, 4)), b)
        loss = F.softmax_cross_entropy(PF.affine(joined, 3), y)
    network = Network.from_loss(loss, {"a": a, "b": b, "y": y}, scope)
    random = np.random.RandomState(0)

    def draw(samples):
        arrays = {"a": random.normal(size=(samples, 1, 2, 2)), "b": random.normal(size=(samples, 3))}
        return Dataset.from_arrays({**arrays, "y": random.randint(3, size=samples)})

    train, validation = draw(20), draw(9)

    def features(data):
        batch = data.batch(range(len(data)))
        return np.concatenate([batch["a"].reshape(-1, 4), batch["b"]], axis=1).astype(float)

    training = FinalState(network, TrainingConfig(batch_size=6), 20)
    expected = expected_values(train, validation, features, 5)
    for kind in ("inputs", "hidden"):  # what enters the one affine layer are the inputs themselves
        np.testing.assert_allclose(scores(KnnShapley(5, kind), training, train, validation), expected, atol=1e-12)


def test_wrong_labels_come_first(scores):
    """Two clouds far from each other, every sixth label wrong."""
    training, train, validation = problem(60, 60)
    clean = np.arange(60) % 2
    flipped = np.arange(60) % 6 == 0
    shift = 10 * clean[:, None]
    train = Dataset.from_arrays({"x": train.column("x") + shift, "y": np.where(flipped, 1 - clean, clean)})
    validation = Dataset.from_arrays({"x": validation.column("x") + shift, "y": clean})
    order = np.argsort(scores(KnnShapley(), training, train, validation))
    assert flipped[order[:10]].all()


def test_a_network_that_learns_values_is_refused(scores):
    network = Network.builtin("builtin:mlp", (3,), 1, "regression")
    training, train, validation = problem()
    training = FinalState(network, training.config, len(train))
    with pytest.raises(UnsupportedError, match="knn-shapley .* 'builtin:mlp' does not learn one class"):
        scores(KnnShapley(), training, train, validation)


@pytest.mark.parametrize("wrong", [{"neighbors": 0}, {"neighbors": 1.5}, {"features": "pixels"}], ids=str)
def test_impossible_settings(wrong):
    with pytest.raises(ConfigError):
        KnnShapley(**wrong)
