"""The features that the last affine layer separates."""

from collections import OrderedDict

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np
import pytest
from support.small_networks import draw_batch, small_network, smooth

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.autodiff.hidden_activations import HiddenActivations
from nnabla_influence.errors import DataError, UnsupportedError
from nnabla_influence.network import Network


def test_the_last_affine_layer_makes_the_predictions_of_them():
    network = small_network(smooth)
    values = network.space.unflatten(network.theta)
    activations = HiddenActivations(network).values(draw_batch())
    assert activations.shape == (7, 5)
    logits = activations @ values["out/affine/W"] + values["out/affine/b"]
    expected = LossOracle(network).predictions(network.theta, draw_batch())
    np.testing.assert_allclose(logits, expected, rtol=1e-5, atol=1e-6)


def test_dropout_is_out():
    network = small_network(lambda x, rng: F.dropout(smooth(x, rng), 0.5))
    hidden = HiddenActivations(network)
    np.testing.assert_array_equal(hidden.values(draw_batch()), hidden.values(draw_batch()))
    assert hidden.values(draw_batch()).all()


def test_running_statistics_stay_as_they_are_and_rows_do_not_meet():
    network = Network.builtin("builtin:cifarnet", (3, 8, 8), 3)
    hidden = HiddenActivations(network)
    x = np.random.RandomState(0).normal(size=(4, 3, 8, 8)).astype(np.float32)
    whole = hidden.values({"x": x, "y": np.zeros((4, 1))})
    alone = hidden.values({"x": x[:2], "y": np.zeros((2, 1))})
    np.testing.assert_allclose(whole[:2], alone, rtol=1e-4, atol=1e-5)


def test_without_an_affine_layer_there_is_none():
    scope = OrderedDict()
    x, y = nn.Variable((2, 1, 4, 4)), nn.Variable((2, 1))
    with nn.parameter_scope("", scope):
        loss = F.softmax_cross_entropy(F.reshape(PF.convolution(x, 3, (4, 4)), (2, 3)), y)
    with pytest.raises(UnsupportedError, match="no last hidden layer"):
        HiddenActivations(Network.from_loss(loss, {"x": x, "y": y}, scope))


def test_a_batch_without_a_column():
    with pytest.raises(DataError, match="column 'x'"):
        HiddenActivations(small_network(smooth)).values({"y": np.zeros((2, 1))})
