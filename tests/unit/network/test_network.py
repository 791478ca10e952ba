"""The noun: it never changes, it knows what data it can read, and it says what it is."""

import pickle

import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np
import pytest

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import DataError, NetworkError
from nnabla_influence.network import Network


@pytest.fixture
def network():
    return Network.builtin("builtin:mlp", (5,), 3)


def test_other_values_make_another_network_of_the_same_structure(network):
    before = network.theta.copy()
    other = network.with_parameters(network.theta + 1, network.statistics_values)
    assert np.array_equal(network.theta, before) and np.array_equal(other.theta, before + 1)
    assert other.trained and not network.trained
    assert other.fingerprint == network.fingerprint and other.text == network.text


def test_nothing_is_built_for_other_values_but_they_are_checked(network, monkeypatch):
    monkeypatch.setattr("nnabla_influence.network.network.initial_values", None)  # where a network is built
    theta = network.theta.copy()
    other = network.with_parameters(theta, network.statistics_values)
    theta += 1
    assert np.array_equal(other.theta, network.theta), "a copy of its own"
    with pytest.raises(NetworkError, match="4739 parameters was expected"):
        network.with_parameters(theta[:-1], network.statistics_values)
    theta[3] = np.nan
    with pytest.raises(NetworkError, match="a training that did not diverge"):
        network.with_parameters(theta, network.statistics_values)


def test_another_structure_has_another_fingerprint(network):
    assert Network.builtin("builtin:mlp", (5,), 4).fingerprint != network.fingerprint
    assert Network.builtin("builtin:mlp", (5,), 3, seed=1).fingerprint == network.fingerprint


def test_a_training_cache_can_carry_it(network):
    again = Network.from_values(network.text, network.theta, network.statistics_values, "cache.h5")
    assert np.array_equal(again.theta, network.theta) and again.path == "cache.h5"


def test_it_says_what_it_is(network, from_python):
    assert repr(network) == "Network('builtin:mlp', 4,739 parameters, x (5,), y (1,))"
    made = from_python(lambda x, y: F.softmax_cross_entropy(PF.affine(x, 2), y))
    assert repr(made) == "Network('python', 8 parameters, x (3,), y (1,))"


def test_a_store_is_private(network):
    first, second = network.store(), network.store()
    name = network.space.names[0]
    first.write({name: first.read((name,))[name] + 1})
    assert not np.array_equal(first.read((name,))[name], second.read((name,))[name])


@pytest.mark.parametrize(
    "arrays, message",
    [
        ({"x": np.zeros((3, 5))}, "reads column 'y'; the data has x"),
        ({"x": np.zeros((3, 4)), "y": np.zeros(3)}, r"'x' should have shape \(5,\).*not \(4,\)"),
        (
            {"x": np.zeros((3, 5)), "y": [0, 3, 1.5]},
            "from 0 to 2.*\n  row 1, column 'y', value 3\n  row 2.*value 1.5\nCorrect",
        ),
        ({"x": np.zeros((30, 5)), "y": np.full(30, -1)}, "and 10 more"),
    ],
)
def test_data_that_does_not_fit(arrays, message):
    network = Network.builtin("builtin:mlp", (5,), 3)
    with pytest.raises(DataError, match=message):
        network.check_data(Dataset.from_arrays(arrays))


def test_images_of_another_size_come_with_advice():
    network = Network.builtin("builtin:cnn", (1, 8, 8), 2)
    with pytest.raises(DataError, match=r"image_size=\(8, 8\)") as refused:
        network.check_data(Dataset.from_arrays({"x": np.zeros((2, 1, 9, 9)), "y": [0, 1]}))
    assert refused.value.said(IN_COMMANDS).endswith("not (1, 9, 9). Resize the images with --image-size 8x8.")


def test_a_network_reaches_another_process_whole():
    network = Network.builtin("builtin:mlp", (4,), 3, seed=2)
    copy = pickle.loads(pickle.dumps(network))
    assert copy.fingerprint == network.fingerprint and np.array_equal(copy.theta, network.theta)
    assert np.array_equal(copy.initialized(5).theta, network.initialized(5).theta)
