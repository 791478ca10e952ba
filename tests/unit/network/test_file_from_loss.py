"""Networks from graphs that were built in Python."""

import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np
import pytest

from nnabla_influence.config import ScheduleConfig, SolverConfig
from nnabla_influence.errors import ConfigError, NetworkError
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


def build_affine(x, y):
    return F.softmax_cross_entropy(PF.affine(x, 3), y)


def test_numbers_that_the_solver_does_not_state_are_nnablas_not_zero(from_python):
    network = from_python(build_affine, settings={"solver": SolverConfig("Adam", 0.001, {"beta1": 0.8})})
    assert network.settings.solver == SolverConfig("Adam", 0.001, {"beta1": 0.8, "beta2": 0.999, "eps": 1e-8})


@pytest.mark.parametrize(
    "schedule",
    [
        ScheduleConfig(),
        ScheduleConfig(warmup=7),
        ScheduleConfig("Exponential", {"gamma": 0.5, "iter_interval": 3}),
        ScheduleConfig("Step", {"gamma": 0.1, "iter_steps": [10, 20]}, 5),
        ScheduleConfig("Cosine", {"max_iter": 40}),
        ScheduleConfig("Polynomial", {"max_iter": 40, "power": 0.9}),
    ],
)
def test_the_schedule_is_stated(from_python, schedule):
    network = from_python(build_affine, settings={"solver": SolverConfig("Sgd", 0.1, schedule=schedule)})
    assert network.settings.solver.schedule == schedule


def test_a_number_that_nnablas_trainer_passes_over_is_not_lost_in_silence(from_python):
    solver = SolverConfig("AMSGRAD", 0.001, {"bias_correction": True})
    with pytest.raises(ConfigError, match="'AMSGRAD' with 'bias_correction' cannot be stated in NNabla's files"):
        from_python(build_affine, settings={"solver": solver})
    plain = from_python(build_affine, settings={"solver": SolverConfig("AMSGRAD", 0.001)})
    assert plain.settings.solver.parameters["bias_correction"] is False


def test_a_solver_without_a_place_in_files_is_refused(from_python):
    with pytest.raises(ConfigError, match="'Lamb' has no place in NNabla's files"):
        from_python(build_affine, settings={"solver": SolverConfig("Lamb", 0.001)})
    with pytest.raises(ConfigError, match="a solver of NNabla, got 'adam'"):
        from_python(build_affine, settings={"solver": SolverConfig("adam", 0.001)})
