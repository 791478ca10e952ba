"""A trained network file in place of a cache."""

import numpy as np
import pytest

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.errors import CheckpointMissingError
from nnabla_influence.training import FinalState, train


@pytest.fixture
def state(network, config):
    return FinalState(network, config(), 23)


def test_it_offers_what_a_cache_of_policy_final_does(state, network, data, config, tmp_path):
    cache = train(network, data, config(policy="final"), tmp_path / "c.h5")
    of_file = FinalState(cache.network, config(), 23)
    assert np.array_equal(of_file.final.theta, cache.final.theta) and of_file.final.step == cache.final.step == 15
    for ours, theirs in zip(of_file.steps(), cache.steps()):
        assert ours.index == theirs.index and ours.learning_rate == theirs.learning_rate
        assert all(map(np.array_equal, ours.batches, theirs.batches))


def test_it_has_no_states_of_a_solver(state):
    assert state.final.solver == {}


@pytest.mark.parametrize("name", ["margins", "average"])
def test_nothing_was_recorded(state, name):
    with pytest.raises(CheckpointMissingError, match=f"'builtin:mlp' is a network file and holds no {name}") as refused:
        state.record(name)
    assert refused.value.said(IN_COMMANDS) == (
        f"'builtin:mlp' is a network file and holds no {name} of its training; train with the package and "
        "score with --cache."
    )


def test_other_parameters_are_another_state(state, network, config):
    other = network.with_parameters(network.theta + 1, network.statistics_values)
    assert state.identity == FinalState(network, config(), 23).identity
    assert state.identity != FinalState(other, config(), 23).identity


def test_it_says_what_it_is(state):
    assert repr(state) == "FinalState('builtin:mlp', 4,739 parameters, 23 samples)"
