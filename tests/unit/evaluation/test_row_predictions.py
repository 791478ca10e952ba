"""Losses and class probabilities of rows, against each other."""

import numpy as np
import pytest

from nnabla_influence import Dataset, Network, TrainingConfig
from nnabla_influence.evaluation.row_predictions import class_probabilities, predict_rows
from nnabla_influence.network.loss_role import LossRole
from nnabla_influence.training import FinalState


def test_the_loss_is_minus_the_log_of_the_labels_probability():
    random = np.random.default_rng(0)
    labels = random.integers(3, size=230)  # more than two batches
    data = Dataset.from_arrays({"x": random.normal(size=(230, 4)), "y": labels})
    network = Network.builtin("builtin:mlp", (4,), 3)
    predictions = predict_rows(FinalState(network, TrainingConfig(), 230), data)
    assert predictions.probabilities.shape == (230, 3)
    np.testing.assert_allclose(predictions.probabilities.sum(axis=1), 1)
    own = predictions.probabilities[np.arange(230), labels]
    np.testing.assert_allclose(predictions.losses, -np.log(own), rtol=1e-4)


def test_real_values_have_no_probabilities():
    data = Dataset.from_arrays({"x": np.zeros((3, 4)), "y": np.zeros((3, 2))})
    network = Network.builtin("builtin:mlp", (4,), 2, task="regression")
    assert predict_rows(FinalState(network, TrainingConfig(), 3), data).probabilities is None


@pytest.mark.parametrize(
    "function, prediction, expected",
    [
        ("CategoricalCrossEntropy", [[0.2, 0.8]], [[0.2, 0.8]]),
        ("SoftmaxCrossEntropy", [[1000.0, 1000.0]], [[0.5, 0.5]]),
        ("BinaryCrossEntropy", [[0.25]], [[0.75, 0.25]]),
        ("SigmoidCrossEntropy", [[-1000.0]], [[1.0, 0.0]]),
    ],
)
def test_every_loss_of_classes(function, prediction, expected):
    role = LossRole("loss", function, "p", "y")
    assert class_probabilities(np.array(prediction), role).tolist() == expected


def test_the_axis_of_the_classes_is_the_losses():
    role = LossRole("loss", "CategoricalCrossEntropy", "p", "y", axis=1)
    prediction = np.array([0.1, 0.9]).reshape(1, 2, 1, 1)
    assert class_probabilities(prediction, role).tolist() == [[0.1, 0.9]]
