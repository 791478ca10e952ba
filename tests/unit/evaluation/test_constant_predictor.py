"""The best constant against a search over constants, and against NNabla's own losses of it."""

import nnabla as nn
import nnabla.functions as F
import numpy as np
import pytest

from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.evaluation.constant_predictor import ConstantPredictor
from nnabla_influence.network.loss_role import LossRole

ROWS = 60


def role(function, weight=1.0, target="y"):
    return LossRole("loss", function, "prediction", target, "target", weight)


def data(y):
    return Dataset.from_arrays({"x": np.zeros((len(y), 2)), "y": y})


def nnabla_loss(function, constant, y):
    """The mean loss of every row (N,) if all have the same prediction."""
    prediction = nn.Variable.from_numpy_array(np.broadcast_to(constant, (len(y), len(constant))).astype(np.float32))
    loss = function(prediction, nn.Variable.from_numpy_array(y.astype(np.float32)))
    loss.forward()
    return loss.d.reshape(len(y), -1).mean(axis=1)


def test_class_shares_have_the_entropy_of_the_labels():
    random = np.random.default_rng(0)
    labels = random.choice(4, size=ROWS, p=[0.5, 0.3, 0.15, 0.05])
    constant = ConstantPredictor.fit([role("SoftmaxCrossEntropy")], data(labels))
    shares = np.bincount(labels) / ROWS
    losses = constant.losses(data(labels))
    assert losses.mean() == pytest.approx(-(shares * np.log(shares)).sum())
    np.testing.assert_allclose(losses, nnabla_loss(F.softmax_cross_entropy, np.log(shares), labels[:, None]), rtol=1e-5)
    for other in np.random.default_rng(1).dirichlet(np.ones(4), size=200):
        assert losses.mean() <= -np.log(other)[labels].mean()


def test_a_class_that_training_lacks_costs_as_if_it_were_there_once():
    constant = ConstantPredictor.fit([role("CategoricalCrossEntropy")], data(np.array([0, 0, 1])))
    assert constant.losses(data(np.array([2, 1]))).tolist() == pytest.approx([np.log(4), np.log(3)])


@pytest.mark.parametrize(
    "name, function, to_prediction",
    [
        ("SigmoidCrossEntropy", F.sigmoid_cross_entropy, lambda p: np.log(p / (1 - p))),
        ("BinaryCrossEntropy", F.binary_cross_entropy, lambda p: p),
    ],
)
def test_probabilities_of_several_outputs(name, function, to_prediction):
    y = (np.random.default_rng(0).random((ROWS, 3)) < [0.1, 0.5, 0.8]).astype(float)
    constant = ConstantPredictor.fit([role(name)], data(y))
    expected = nnabla_loss(function, to_prediction(y.mean(axis=0)), y)
    np.testing.assert_allclose(constant.losses(data(y)), expected, rtol=1e-4)


def test_an_output_that_is_always_one_costs_little_but_not_nothing():
    constant = ConstantPredictor.fit([role("SigmoidCrossEntropy")], data(np.ones(9)))
    losses = constant.losses(data(np.array([1, 0])))
    assert losses.tolist() == pytest.approx([-np.log(0.9), -np.log(0.1)])


@pytest.mark.parametrize("shape", [(2,), (1, 4, 3)])
def test_squares_have_the_variance(shape):
    y = np.random.default_rng(0).normal(size=(ROWS, *shape))
    constant = ConstantPredictor.fit([role("SquaredError", 0.5)], data(y))
    flat = y.astype(np.float32).reshape(ROWS, -1).astype(np.float64)
    losses = constant.losses(data(y))
    assert losses.mean() == pytest.approx(0.5 * flat.var(axis=0).mean())
    expected = nnabla_loss(F.squared_error, flat.mean(axis=0), flat)
    np.testing.assert_allclose(losses, 0.5 * expected, rtol=1e-5)


def test_several_losses_are_added():
    both = Dataset.from_arrays({"y": np.array([0, 1, 1]), "z": np.array([0.0, 1.0, 5.0])})
    roles = [role("SoftmaxCrossEntropy", 2.0), role("SquaredError", 3.0, "z")]
    parts = [ConstantPredictor.fit([one], both).losses(both) for one in roles]
    np.testing.assert_allclose(ConstantPredictor.fit(roles, both).losses(both), sum(parts))


@pytest.mark.parametrize("unknown", [role("HuberLoss"), role("Mean"), role("SquaredError", target=None)], ids=str)
def test_of_other_losses_nothing_is_said(unknown):
    assert ConstantPredictor.fit([unknown], data(np.zeros(3))) is None
