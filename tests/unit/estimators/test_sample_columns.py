"""Loss and predicted label beside the scores, against what the networks' own outputs say."""

import logging

import numpy as np
import pytest
from support.cases import case_named, draw_parameters, exact_losses, network_of
from support.small_networks import binary, draw_batch, small_network

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.autodiff.tangent import registry
from nnabla_influence.autodiff.tangent.dual import Dual
from nnabla_influence.config import SolverConfig, TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.estimators import (
    InfluenceFunction,
    ScoringTask,
    SpectralInfluence,
    labels_of,
    predicted_labels,
    sample_columns,
)
from nnabla_influence.estimators.reused_work import ReusedWork
from nnabla_influence.estimators.sample_columns import WHOLE_COLUMNS
from nnabla_influence.network import Network
from nnabla_influence.training import FinalState, train


def state(case, samples=9):
    """(trained state, data set, batch, parameters by name) of a network with drawn parameters."""
    values, batch = draw_parameters(case), case.draw_batch(samples, seed=3)
    config = TrainingConfig(SolverConfig(learning_rate=0.1), epochs=1, batch_size=4)
    return FinalState(network_of(case, values), config, samples), Dataset.from_arrays(batch), batch, values


@pytest.mark.parametrize("name", ["affine + ReLU", "convolution + pooling", "batch norm, frozen", "regression"])
def test_losses_are_those_of_the_network_in_use(name):
    """Batches of 4, 4 and 1: with running statistics a sample's loss does not depend on its batch."""
    case = case_named(name)
    finished, data, batch, values = state(case)
    expected = exact_losses(case, values, batch)(finished.network.theta.astype(float))
    np.testing.assert_allclose(sample_columns(finished, data)["loss"], expected, rtol=1e-4, atol=1e-6)


def test_the_predicted_label_is_the_class_of_the_least_loss():
    finished, data, batch, values = state(case_named("affine + ReLU"))
    per_class = []
    for number in range(finished.network.classes):
        asked = {"x": batch["x"], "y": np.full_like(batch["y"], number)}
        per_class.append(exact_losses(case_named("affine + ReLU"), values, asked)(finished.network.theta.astype(float)))
    labels = predicted_labels(finished, data)
    assert np.array_equal(labels, np.argmin(per_class, axis=0)) and len(set(labels.tolist())) > 1


@pytest.mark.parametrize("name", ["regression", "sigmoid cross entropy"])
def test_several_values_or_labels_per_sample_are_no_prediction(name):
    finished, data, _, _ = state(case_named(name))
    assert list(sample_columns(finished, data)) == ["loss"] and predicted_labels(finished, data) is None


def test_the_predicted_value_is_as_far_from_the_target_as_the_loss_says():
    """NNabla's squared error of one value is the square of the difference."""
    random = np.random.RandomState(0)
    data = Dataset.from_arrays({"x": random.normal(size=(9, 4)), "y": random.normal(size=(9, 1))})
    network = Network.builtin("builtin:mlp", (4,), 1, "regression")
    config = TrainingConfig(SolverConfig(learning_rate=0.1), epochs=1, batch_size=4)
    columns = sample_columns(FinalState(network, config, 9), data)
    assert list(columns) == ["predicted_value", "loss"]
    difference = columns["predicted_value"] - data.column("y")[:, 0]
    np.testing.assert_allclose(difference**2, columns["loss"], rtol=1e-4, atol=1e-6)
    assert len(set(columns["predicted_value"].tolist())) == 9


@pytest.mark.parametrize("function, border", [("SigmoidCrossEntropy", 0.0), ("BinaryCrossEntropy", 0.5)])
def test_binary_networks_decide_at_probability_one_half(function, border):
    class Role:
        axis, class_numbers = -1, False

    Role.function = function
    prediction = np.array([[border - 0.1], [border + 0.1], [border]])
    assert labels_of(prediction, Role).tolist() == [0, 1, 0]
    assert labels_of(np.zeros((3, 2)), Role) is None


def test_labels_of_every_pixel_are_no_label_of_the_sample():
    class Role:
        function, axis, class_numbers = "SoftmaxCrossEntropy", 1, True

    assert labels_of(np.zeros((2, 3, 4, 4)), Role) is None
    assert labels_of(np.array([[[0.0], [2], [1]]]), Role).tolist() == [1]


def test_dropout_and_running_statistics_stay_as_they_are(tmp_path):
    """A pass must neither draw masks nor move the running statistics of later passes."""
    random = np.random.RandomState(0)
    data = Dataset.from_arrays({"x": random.normal(size=(20, 1, 12, 12)), "y": random.randint(3, size=20)})
    network = Network.builtin("builtin:cifarnet", (1, 12, 12), 3)
    cache = train(
        network, data, TrainingConfig(SolverConfig(learning_rate=0.01), epochs=1, batch_size=8), tmp_path / "c"
    )
    first, second = sample_columns(cache, data), sample_columns(cache, data)
    assert all(np.array_equal(first[name], second[name]) for name in ("loss", "predicted_label"))


@pytest.fixture
def passes(monkeypatch):
    """How often losses and predictions were asked for by themselves."""
    asked = []
    usual = LossOracle.losses_and_predictions
    monkeypatch.setattr(LossOracle, "losses_and_predictions", lambda *arguments: asked.append(1) or usual(*arguments))
    return asked


@pytest.mark.parametrize("method", [SpectralInfluence(), InfluenceFunction(iterations=2)], ids=lambda m: m.method)
@pytest.mark.parametrize("name", ["affine + ReLU", "convolution + pooling", "regression"])
def test_a_scoring_at_the_final_parameters_comes_by_the_columns(name, method, passes):
    """Its batches are those of the last epoch, in another order than the rows'."""
    finished, data, _, _ = state(case_named(name))
    finished.plan.every_row = lambda epoch: [np.array([8, 2, 5, 0]), np.array([1, 7]), np.array([6, 4, 3])]
    reused = ReusedWork()
    method.estimate(finished, data, data, reused=reused)
    asked = len(passes)
    columns = sample_columns(finished, data, reused=reused)
    assert len(passes) == asked, "no pass of their own"
    expected = sample_columns(finished, data)
    assert len(passes) == asked + 3 and list(columns) == list(expected)
    for column, values in columns.items():
        np.testing.assert_allclose(values, expected[column], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["batch norm, batch", "batch norm, frozen"])
def test_with_batch_normalisation_the_columns_take_a_pass_of_their_own(name, passes):
    """Scores take the statistics of batches, or those of the data at the end; the network in use has stored ones."""
    finished, data, _, _ = state(case_named(name))
    reused = ReusedWork()
    SpectralInfluence().estimate(finished, data, data, reused=reused)
    assert WHOLE_COLUMNS not in reused
    columns, expected = sample_columns(finished, data, reused=reused), sample_columns(finished, data)
    assert all(np.array_equal(columns[column], expected[column]) for column in expected)


def test_scores_at_other_parameters_do_not_come_by_the_columns():
    finished, data, _, _ = state(case_named("affine"))
    task = ScoringTask(finished, data, data)
    theta = finished.final.theta
    task.sample_products(LossOracle(finished.network), theta + 1, theta)
    assert WHOLE_COLUMNS not in task.reused
    task.sample_products(LossOracle(finished.network), theta, theta)
    assert WHOLE_COLUMNS in task.reused


def test_scores_by_backward_passes_do_not_come_by_the_columns(passes):
    network = small_network(binary)
    data = Dataset.from_arrays(draw_batch())
    finished = FinalState(network, TrainingConfig(epochs=1, batch_size=4), len(data))
    task = ScoringTask(finished, data, data)
    task.sample_products(LossOracle(network), network.theta, np.ones(network.space.size))
    assert WHOLE_COLUMNS not in task.reused and not passes
    assert list(sample_columns(finished, data, reused=task.reused)) == list(sample_columns(finished, data))


def test_losses_of_a_rule_that_is_wrong_are_not_taken(monkeypatch):
    """Tangents may be right where a loss is off by a constant."""
    finished, data, _, _ = state(case_named("affine"))
    expected = sample_columns(finished, data)["loss"]
    (kind,) = {loss.function for loss in finished.network.roles.training.losses}
    usual = registry.RULES[kind]

    def shifted(node, *inputs):
        dual = usual(node, *inputs)
        return Dual(dual.value + 1, dual.tangent)

    monkeypatch.setitem(registry.RULES, kind, shifted)
    reused = ReusedWork()
    SpectralInfluence().estimate(finished, data, data, reused=reused)
    assert WHOLE_COLUMNS not in reused
    np.testing.assert_allclose(sample_columns(finished, data, reused=reused)["loss"], expected, rtol=1e-5)


def test_a_loss_that_is_not_finite_is_left_out_and_said(monkeypatch, caplog):
    finished, data, _, _ = state(case_named("affine"))
    infinite = lambda self, theta, batch: (np.full(len(batch["x"]), np.inf), None)  # noqa: E731
    monkeypatch.setattr(LossOracle, "losses_and_predictions", infinite)
    with caplog.at_level(logging.WARNING):
        assert sample_columns(finished, data) == {}
    assert "9 samples have a loss that is not finite" in caplog.text
