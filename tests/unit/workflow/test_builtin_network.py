"""A built-in network takes its outputs and its task from the labels."""

import numpy as np
import pytest

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import ConfigError, DataError, TooLargeError
from nnabla_influence.nnc.host.remedies import IN_FIELDS
from nnabla_influence.workflow.builtin_network import builtin_network


def data(labels, columns=("x", "y")):
    labels = np.asarray(labels, float)
    return Dataset.from_arrays({columns[0]: np.ones((len(labels), 2)), columns[1]: labels})


@pytest.mark.parametrize(
    "labels, task, classes",
    [
        ([0, 1, 2, 1], "auto", 3),
        ([0, 1, 2, 1], "classification", 3),
        ([0.5, 1, 2, 1], "auto", None),
        ([0, 1, 2, 1], "regression", None),
        ([0, 1, 2000], "auto", None),
    ],
)
def test_the_labels_decide(labels, task, classes):
    assert builtin_network("builtin:mlp", data(labels), task, 0).classes == classes


def test_vectors_are_values_to_predict():
    labels = np.arange(8).reshape(4, 2)
    assert builtin_network("builtin:mlp", data(labels), "auto", 0).input_shapes()["y"] == (2,)


def test_the_seed_draws_the_parameters():
    first, same, other = (builtin_network("builtin:mlp", data([0, 1]), "auto", seed).theta for seed in (1, 1, 2))
    assert (first == same).all() and (first != other).any()


def test_whole_numbers_below_zero_are_no_classes():
    with pytest.raises(DataError) as caught:
        builtin_network("builtin:mlp", data([-1, 1, 0]), "auto", 0)
    begin = "None: column y holds whole numbers from -1 to 1. Class numbers count from 0; "
    assert caught.value.said(IN_COMMANDS) == begin + "say --task regression if these are values to predict."
    assert str(caught.value) == begin + 'say TrainingOverrides(task="regression") if these are values to predict.'
    assert caught.value.said(IN_FIELDS) == begin + "correct the labels."


def test_real_values_are_no_classes():
    with pytest.raises(DataError) as caught:
        builtin_network("builtin:mlp", data([0.5, 1]), "classification", 0)
    assert caught.value.said(IN_COMMANDS).endswith("; use --task regression for real values.")
    assert str(caught.value).endswith('; use TrainingOverrides(task="regression") for real values.')


def test_the_columns_are_x_and_y():
    with pytest.raises(DataError, match="built-in networks read columns x .input. and y"):
        builtin_network("builtin:mlp", data([0, 1], ("x", "label")), "auto", 0)


def test_a_class_without_samples_is_named(caplog):
    builtin_network("builtin:mlp", data([1, 2, 4]), "auto", 0)
    assert "no training sample of class 0, 3, but labels go up to 4" in caplog.text


def test_a_mistyped_class_number_is_refused_before_it_takes_the_memory(caplog):
    with pytest.raises(TooLargeError, match="the last layer of builtin:mlp, with 2,000,000,001 outputs, to fit"):
        builtin_network("builtin:mlp", data([0, 1, 2e9]), "classification", 0)
    assert "no training sample of class 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, ..., but labels go up to" in caplog.text


def test_an_image_is_needed_for_convolutions():
    with pytest.raises(ConfigError):
        builtin_network("builtin:cnn", data([0, 1]), "auto", 0)


@pytest.mark.parametrize("shape, standardised", [((3,), True), ((2, 5), True), ((1, 8, 8), False)])
def test_what_is_no_image_is_standardised_by_the_training_data(caplog, shape, standardised):
    x = np.random.default_rng(0).normal(5, 100, size=(6, *shape))
    train = Dataset.from_arrays({"x": x, "y": np.arange(6) % 2})
    with caplog.at_level("INFO", "nnabla_influence"):
        network = builtin_network("builtin:mlp", train, "auto", 0)
    read = network.standardized(train.batch(range(6)))["x"]
    assert ("standardised by the mean and deviation of the training data" in caplog.text) == standardised
    if standardised:
        np.testing.assert_allclose(read, (x - x.mean(axis=0)) / x.std(axis=0), atol=1e-4)
    else:
        assert np.array_equal(read, x.astype(np.float32)) and network.statistics.size == 0


@pytest.mark.parametrize(
    "labels, task, function, said",
    [
        ([[1, 0], [1, 1], [0, 0]], "auto", "SigmoidCrossEntropy", "2 labels of 0 and 1, any number of 1 in a row"),
        ([[1, 0], [0, 1], [0, 1]], "auto", "SigmoidCrossEntropy", "one-hot classes, each of the 2 learnt as a label"),
        ([[1, 0], [0, 1], [0, 2]], "auto", "SquaredError", "real values"),
        ([[1, 0], [0, 1], [0, 1]], "regression", "SquaredError", ""),
        ([[1], [0], [1]], "multi-label", "SigmoidCrossEntropy", ""),
    ],
)
def test_several_labels_of_0_and_1(caplog, labels, task, function, said):
    with caplog.at_level("INFO", "nnabla_influence"):
        network = builtin_network("builtin:mlp", data(labels), task, 0)
    assert network.loss_role.function == function and network.input_shapes()["y"] == (len(labels[0]),)
    assert said in caplog.text


def test_several_labels_are_0_or_1():
    with pytest.raises(DataError, match=r"several labels \(multi-label\) are 0 or 1 each, got 2 in column y"):
        builtin_network("builtin:mlp", data([[0, 2], [1, 1]]), "multi-label", 0)


@pytest.mark.parametrize("scale, own", [(1, False), (1e4, True)])
def test_values_of_another_size_are_learnt_in_units_of_their_deviation(caplog, scale, own):
    values = data(np.random.default_rng(0).normal(size=20) * scale)
    with caplog.at_level("INFO", "nnabla_influence"):
        network = builtin_network("builtin:mlp", values, "regression", 0)
    assert ("column y: predicted in its own unit" in caplog.text) == own
    assert (network.loss_role.weight != 1) == own
