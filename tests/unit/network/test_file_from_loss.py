"""Networks from graphs that were built in Python."""

import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np
import pytest

from nnabla_influence.config import SolverConfig
from nnabla_influence.errors import NetworkError
from nnabla_influence.network import Network


def test_from_python_to_text_and_back(from_python):
    def build(x, y):
        h = F.relu(PF.batch_normalization(PF.affine(x, 4, name="a"), name="n"))
        return F.squared_error(PF.affine(h, 2, name="out"), y)

    settings = {"solver": SolverConfig("Momentum", 0.02, {"momentum": 0.7}, 1e-3, 2), "batch_size": 16, "epochs": 5}
    network = from_python(build, y=(2,), settings=settings)
    again = Network.from_text(network.text)
    for found in (network, again):
        assert found.settings.solver == settings["solver"]
        assert (found.settings.batch_size, found.settings.epochs) == (16, 5)
        assert found.columns == ("x", "y") and found.loss_role.target == "y"
        assert found.statistics.names == ("n/bn/mean", "n/bn/var")
    assert again.fingerprint == network.fingerprint and again.roles == network.roles and again.space == network.space
    restored = again.with_parameters(network.theta, network.statistics_values)
    assert np.array_equal(restored.theta, network.theta)
    assert np.array_equal(network.statistics_values, [0] * 4 + [1] * 4)


def test_initialized_draws_anew_as_the_layers_state(from_python):
    network = from_python(lambda x, y: F.softmax_cross_entropy(PF.affine(x, 200), y), x=(300,))
    first, again, other = (network.initialized(seed) for seed in (1, 1, 2))
    assert np.array_equal(first.theta, again.theta) and not np.allclose(first.theta, other.theta)
    assert not first.trained and first.fingerprint == network.fingerprint
    weights, drawn = (n.space.unflatten(n.theta)["affine/W"] for n in (network, first))
    assert drawn.std() == pytest.approx(weights.std(), rel=0.02), "60,000 draws"
    assert not first.space.unflatten(first.theta)["affine/b"].any()


def test_an_input_outside_the_graph_is_refused(from_python):
    with pytest.raises(NetworkError, match="'y' is not part of the loss's graph"):
        from_python(lambda x, y: F.squared_error(PF.affine(x, 1), F.constant(0, (2, 1))))
