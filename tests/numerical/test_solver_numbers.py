"""A solver whose numbers nobody states has NNabla's own, whichever door it comes in by: it trains and it scores."""

from collections import OrderedDict

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np
import pytest

from nnabla_influence import (
    Dataset,
    LastEpochInfluence,
    Network,
    SgdInfluence,
    SolverConfig,
    SpectralInfluence,
    TracIn,
    TrainingConfig,
    train,
)
from nnabla_influence.errors import ConfigError
from nnabla_influence.network.file_settings import solver_defaults
from nnabla_influence.training import FinalState, TrainingCache
from nnabla_influence.training.cache import write_cache
from nnabla_influence.training.update_rules import RULES

METHODS = (LastEpochInfluence(), SgdInfluence(), SpectralInfluence(), TracIn())
RATE = 0.01


def data(seed=0):
    random = np.random.RandomState(seed)
    return Dataset.from_arrays({"x": random.normal(size=(6, 3)).astype(np.float32), "y": np.arange(6) % 2})


def network(solver=None):
    scope = OrderedDict()
    with nn.parameter_scope("", scope):
        x, y = nn.Variable((2, 3)), nn.Variable((2, 1))
        loss = F.softmax_cross_entropy(PF.affine(x, 2, rng=np.random.RandomState(3)), y)
    settings = {"solver": solver, "batch_size": 3} if solver else {}
    return Network.from_loss(loss, {"x": x, "y": y}, scope, settings)


def scores(training):
    return [method.estimate(training, data(), data(1)).values for method in METHODS]


def settings(solver):
    return TrainingConfig(solver, epochs=2, batch_size=3, policy="epochs", average_parameters=True)


@pytest.mark.parametrize("name", RULES)
def test_trained_read_back_and_scored_as_with_every_number_stated(name, tmp_path):
    stated = SolverConfig(name, RATE, solver_defaults(name))
    expected = scores(train(network(), data(), settings(stated), tmp_path / "stated.h5"))
    cache = train(network(), data(), settings(SolverConfig(name, RATE)), tmp_path / "bare.h5")
    assert cache.config.solver == stated
    np.testing.assert_array_equal(scores(cache), expected)
    own = network(SolverConfig(name, RATE)).settings.solver  # what a file of it states
    assert own == stated


@pytest.mark.parametrize("name", RULES)
def test_a_cache_of_an_earlier_version_states_them_when_it_is_opened(name, tmp_path):
    cache = train(network(), data(), settings(SolverConfig(name, RATE)), tmp_path / "cache.h5")
    expected = scores(cache)
    bare = {**cache.passport, "config": {**cache.passport["config"], "solver": SolverConfig(name, RATE).to_dict()}}
    states = [cache.checkpoint(step) for step in cache.kept]
    write_cache(tmp_path / "old.h5", bare, cache.network, states, {"average": cache.record("average")})
    np.testing.assert_array_equal(scores(TrainingCache.open(tmp_path / "old.h5")), expected)
    # The same request finds it finished, not "with other settings".
    assert train(network(), data(), settings(SolverConfig(name, RATE)), tmp_path / "old.h5").final.step == 4


@pytest.mark.parametrize("name", RULES)
def test_a_network_without_a_cache(name):
    bare, stated = (
        FinalState(network(), TrainingConfig(SolverConfig(name, RATE, numbers), batch_size=3), samples=6)
        for numbers in ({}, solver_defaults(name))
    )
    methods = (SpectralInfluence(), LastEpochInfluence())  # a file holds no second moment for the latter
    for method in methods if RULES[name].second is None else methods[:1]:
        assert np.array_equal(*(method.estimate(one, data(), data(1)).values for one in (bare, stated)))


def test_a_number_that_the_solver_does_not_have(tmp_path):
    config = TrainingConfig(SolverConfig("Adam", RATE, {"momentum": 0.9}))
    with pytest.raises(ConfigError, match="Solver 'Adam' has no number 'momentum'; it has beta1, beta2, eps"):
        train(network(), data(), config, tmp_path / "cache.h5")
    with pytest.raises(ConfigError, match="'Sgd' has no number 'momentum'; it has none beside the learning rate"):
        FinalState(network(), TrainingConfig(SolverConfig("Sgd", RATE, {"momentum": 0.9})), 6)
