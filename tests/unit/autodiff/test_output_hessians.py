"""The Hessian of each loss in its prediction, against differences of the reference's gradient in float64."""

import nnabla as nn
import nnabla.functions as F
import numpy as np
import pytest
from reference import gauss_newton
from reference import layers as L
from support.comparison import assert_close

from nnabla_influence.autodiff.output_hessians import OUTPUT_HESSIANS

FLOAT64 = "central differences with step 1e-6 of a float64 gradient"

# NNabla's loss, the reference's, shapes of a batch of predictions and targets, how each is drawn.
LOSSES = {
    "SoftmaxCrossEntropy": (F.softmax_cross_entropy, L.softmax_cross_entropy, (1,)),
    "SquaredError": (F.squared_error, L.squared_error, (4,)),
    "AbsoluteError": (F.absolute_error, L.absolute_error, (4,)),
    "HuberLoss": (F.huber_loss, L.huber_loss, (4,)),
    "EpsilonInsensitiveLoss": (lambda z, y: F.epsilon_insensitive_loss(z, y, 0.1), L.epsilon_insensitive_loss, (4,)),
    "SigmoidCrossEntropy": (F.sigmoid_cross_entropy, L.sigmoid_cross_entropy, (4,)),
    "BinaryCrossEntropy": (F.binary_cross_entropy, L.binary_cross_entropy, (4,)),
    "CategoricalCrossEntropy": (F.categorical_cross_entropy, L.categorical_cross_entropy, (1,)),
}


def drawn(name, samples=5):
    """Predictions (B, 4), targets and tangents."""
    random = np.random.RandomState(1)
    z, v = random.normal(size=(2, samples, 4))
    if name in ("BinaryCrossEntropy", "CategoricalCrossEntropy"):
        z = random.uniform(0.1, 0.9, size=z.shape)
    target = random.randint(2, size=z.shape) if LOSSES[name][2] == (4,) else random.randint(4, size=(samples, 1))
    return z, target.astype(float), v


def test_every_known_loss_is_in_this_table():
    assert set(LOSSES) == set(OUTPUT_HESSIANS)


@pytest.mark.parametrize("name", LOSSES)
def test_the_reference_losses_are_nnablas(name):
    nnablas, ours, _ = LOSSES[name]
    z, target, _ = drawn(name)
    with nn.auto_forward():
        value = nnablas(nn.Variable.from_numpy_array(z), nn.Variable.from_numpy_array(target)).d
    assert_close(value.reshape(len(z), -1).mean(1), ours(z, target), 1e-6, "float32")


@pytest.mark.parametrize("name", LOSSES)
def test_the_output_hessian_is_that_of_the_loss(name):
    _, loss, _ = LOSSES[name]
    z, target, v = drawn(name)
    found = OUTPUT_HESSIANS[name](z, target, v)
    expected = np.stack([gauss_newton.output_hessian(loss, a, t) @ b for a, t, b in zip(z, target, v)])
    if name in ("AbsoluteError", "EpsilonInsensitiveLoss"):
        assert not found.any() and np.abs(expected).max() < 1e-8, "piecewise linear"
    else:
        assert_close(found, expected, 1e-8, FLOAT64)


def test_saturated_logits_have_no_curvature_and_no_warning():
    z = np.array([[-1e4, 1e4]])
    for name in ("SigmoidCrossEntropy", "SoftmaxCrossEntropy"):
        assert not OUTPUT_HESSIANS[name](z, np.zeros((1, 2)), np.ones((1, 2))).any()
