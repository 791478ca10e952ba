"""The built-in networks."""

import nnabla.random
import numpy as np
import pytest

from nnabla_influence import choices
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import ConfigError
from nnabla_influence.network import Network
from nnabla_influence.network.builtin import BUILTINS, builtin_file

IMAGE = (1, 32, 32)


def test_the_papers_network_has_its_size():
    """arXiv:2103.11807, table 1: 307,818 numbers, running statistics included."""
    network = Network.builtin("builtin:cifarnet", IMAGE, 10)
    assert network.space.size + network.statistics.size == 307_818
    assert network.statistics.size == 2 * (32 + 64 + 128) and network.has_batch_norm


@pytest.mark.parametrize(
    "name, shape, outputs, size",
    [
        ("builtin:mlp", (5,), 3, 5 * 64 + 64 + 64 * 64 + 64 + 64 * 3 + 3),
        ("builtin:mlp", (1, 4, 4), 2, 16 * 64 + 64 + 64 * 64 + 64 + 64 * 2 + 2),
        ("builtin:cnn", (3, 16, 12), 4, 3 * 9 * 16 + 16 + 16 * 9 * 32 + 32 + 32 * 4 * 3 * 4 + 4),
    ],
)
def test_sizes_follow_the_data(name, shape, outputs, size):
    network = Network.builtin(name, shape, outputs)
    assert network.space.size == size and network.classes == outputs
    assert network.input_shapes() == {"x": shape, "y": (1,)}


@pytest.mark.parametrize("name", BUILTINS)
def test_the_seed_decides_the_parameters(name):
    first, again, other = (Network.builtin(name, IMAGE, 10, seed=seed) for seed in (7, 7, 8))
    assert np.array_equal(first.theta, again.theta) and not np.allclose(first.theta, other.theta)
    assert first.fingerprint == other.fingerprint, "the structure is the same"
    assert np.array_equal(first.initialized(8).theta, other.theta)
    assert not first.trained and np.abs(first.theta).max() > 0


@pytest.mark.parametrize("name", BUILTINS)
def test_nnablas_global_generator_is_left_alone(name):
    """Its parameter scope and context are watched in every test."""
    before = nnabla.random.prng.get_state()[1].copy()
    Network.builtin(name, IMAGE, 10)
    assert np.array_equal(nnabla.random.prng.get_state()[1], before)


@pytest.mark.parametrize("name", BUILTINS)
def test_every_built_in_brings_its_settings(name):
    settings = Network.builtin(name, IMAGE, 10).settings
    chosen = BUILTINS[name].training
    assert settings.solver.name == "Sgd" and settings.solver.learning_rate == pytest.approx(chosen.learning_rate)
    assert (settings.batch_size, settings.epochs, settings.shuffle) == (chosen.batch_size, chosen.epochs, True)


def test_regression_predicts_values():
    network = Network.builtin("builtin:mlp", (5,), 2, "regression")
    assert network.loss_role.function == "SquaredError" and network.classes is None
    assert network.input_shapes() == {"x": (5,), "y": (2,)}
    network.check_data(Dataset.from_arrays({"x": np.zeros((3, 5)), "y": np.full((3, 2), -1.5)}))


def test_several_labels_are_learnt_each_for_itself():
    network = Network.builtin("builtin:mlp", (5,), 3, "multi-label")
    assert network.loss_role.function == "SigmoidCrossEntropy" and network.classes is None
    assert network.input_shapes() == {"x": (5,), "y": (3,)}


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("builtin:resnet", IMAGE, 10), "builtin:mlp, builtin:cnn, builtin:cifarnet, not 'builtin:resnet'"),
        (("builtin:mlp", IMAGE, 10, "ranking"), "one of classification, regression, multi-label, got 'ranking'"),
        (("builtin:cnn", (1, 7, 9), 10), r"at least 8x8 pixels, not samples of shape \(1, 7, 9\); builtin:mlp"),
        (("builtin:cifarnet", (64,), 10), r"at least 8x8 pixels, not samples of shape \(64,\)"),
    ],
)
def test_requests_that_make_no_network(arguments, message):
    with pytest.raises(ConfigError, match=message):
        Network.builtin(*arguments)


def test_the_names_are_those_that_everybody_offers():
    assert tuple(BUILTINS) == choices.BUILTINS


def test_a_built_in_holds_no_values_they_are_drawn():
    file = builtin_file("builtin:mlp", (5,), 3, "classification")
    assert file.parameters == {} and file.path == "builtin:mlp"
