"""Loss and accuracy of a network against NumPy, whatever the size of the batches."""

import math

import numpy as np
import pytest
from support.problems import dataset as labelled
from support.problems import overlapping_classes, softmax_network

from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.evaluation.performance import Performance, PerformanceMeter
from nnabla_influence.network import Network

ROWS = 25


def logits_of(network, x):
    """Softmax regression by hand."""
    arrays = network.space.unflatten(network.theta).values()
    (weights,) = (array for array in arrays if array.ndim == 2)
    (bias,) = (array for array in arrays if array.ndim == 1)
    return x.astype(float) @ weights + bias


@pytest.mark.parametrize("batch_size", [4, 25, 100])
def test_loss_and_accuracy_are_means_over_the_rows(batch_size):
    x, y = overlapping_classes(ROWS, 0)
    network = softmax_network(x.shape[1])
    logits = logits_of(network, x)
    losses = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(ROWS), y]
    meter = PerformanceMeter(network, batch_size=batch_size)
    performance = meter.measure(network.theta, network.statistics_values, labelled(x, y))
    assert performance.loss == pytest.approx(losses.mean(), rel=1e-5)  # float32
    assert performance.accuracy == pytest.approx((logits.argmax(axis=1) == y).mean())
    of_rows, right = performance.rows
    assert of_rows == pytest.approx(losses, rel=1e-5)
    assert right.tolist() == (logits.argmax(axis=1) == y).tolist()


def test_a_network_without_classes_has_no_accuracy():
    network = Network.builtin("builtin:mlp", (3,), 1, task="regression")
    samples = Dataset.from_arrays({"x": np.ones((5, 3)), "y": np.linspace(0, 1, 5)})
    performance = PerformanceMeter(network).measure(network.theta, network.statistics_values, samples)
    assert performance.loss > 0 and performance.accuracy is None
    losses, right = performance.rows
    assert losses.mean() == pytest.approx(performance.loss) and right is None


def test_what_diverged_is_worth_nothing():
    worst = Performance.of_diverged(5, objectives=2)
    assert worst.loss == math.inf and math.isnan(worst.accuracy) and worst.objectives == (math.inf, math.inf)
    losses, right = worst.rows
    assert losses.tolist() == [math.inf] * 5 and right is None
