"""Values drawn by initializers, or taken from a file that must hold all of them."""

import numpy as np
import pytest

from nnabla_influence.errors import NetworkError
from nnabla_influence.network import Network
from nnabla_influence.network.initial_values import initial_values
from nnabla_influence.network.nnp import parse_text


def test_an_archive_that_lacks_a_parameter(archive, values):
    del values["Affine_2/affine/W"]
    with pytest.raises(NetworkError, match="lacks 1 of 4 parameters, for example 'Affine_2/affine/W'.*after training"):
        Network.load(archive(values))


def test_a_parameter_of_another_shape(archive, values):
    values["Affine/affine/b"] = np.zeros(17, np.float32)
    with pytest.raises(NetworkError, match=r"'Affine/affine/b' has shape \(17,\), the network expects \(16,\)"):
        Network.load(archive(values))


def test_parameters_the_network_does_not_have_are_passed_over(archive, values, shapes):
    values["Affine_3/affine/W"] = np.zeros((2, 2), np.float32)
    assert Network.load(archive(values)).space.names == tuple(shapes)


def test_without_initializer_and_value_a_parameter_cannot_be_drawn(archive, values, text):
    bare = text().replace('initializer {\n      type: "Constant"\n      multiplier: 0\n    }', "")
    assert bare.count("initializer") == text().count("initializer") - 6, "two biases of three networks"
    with pytest.raises(NetworkError, match="no value for parameter 'Affine/affine/b'.*states no initializer"):
        Network.from_text(bare)
    trained = Network.load(archive(values, network=bare))
    assert trained.trained, "a trained file needs no initializer"
    with pytest.raises(NetworkError, match="no initializer"):
        trained.initialized(0)
    # A training cache carries the text and the values.
    again = Network.from_values(trained.text, trained.theta, trained.statistics_values)
    assert np.array_equal(again.theta, trained.theta) and again.fingerprint == trained.fingerprint


def test_the_seed_decides_the_values_and_nothing_else_does(text):
    proto = parse_text(text(), "net.nntxt")
    first, again, other = (initial_values(proto, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert first.keys() == other.keys() and not np.array_equal(first["Affine/affine/W"], other["Affine/affine/W"])
