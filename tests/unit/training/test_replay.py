"""Replay gives the states of every-step bit for bit, in bounded memory."""

from collections import OrderedDict

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np
import pytest

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.config import SolverConfig, TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.device import Device
from nnabla_influence.errors import CheckpointMissingError, ConfigError
from nnabla_influence.estimators import SgdInfluence
from nnabla_influence.network import Network
from nnabla_influence.training import Replay, train

SOLVERS = {
    "Sgd": SolverConfig("Sgd", 0.05, weight_decay=1e-3),
    "Momentum": SolverConfig("Momentum", 0.02, {"momentum": 0.9}, update_interval=2),
    "Adam": SolverConfig("Adam", 0.01, {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}),
}


def _network():
    """Convolution, batch normalisation, two dropouts."""
    scope, rng = OrderedDict(), np.random.RandomState(0)
    x, y = nn.Variable((2, 1, 8, 8)), nn.Variable((2, 1))
    with nn.parameter_scope("", scope):
        h = F.dropout(F.relu(PF.batch_normalization(PF.convolution(x, 4, (3, 3), rng=rng))), 0.3)
        h = F.dropout(F.tanh(PF.affine(h, 6, rng=rng, name="hidden")), 0.5)
        loss = F.softmax_cross_entropy(PF.affine(h, 3, rng=rng, name="out"), y)
    return Network.from_loss(loss, {"x": x, "y": y}, scope)


def _data(samples=14):
    random = np.random.RandomState(1)
    return Dataset.from_arrays({"x": random.normal(size=(samples, 1, 8, 8)), "y": random.randint(3, size=(samples, 1))})


@pytest.fixture
def trained(tmp_path):
    """``trained(solver, policy)``: the same run with another policy."""

    def make(solver, policy, epochs=3, network=None):
        config = TrainingConfig(SOLVERS[solver], epochs=epochs, batch_size=3, policy=policy, crop=1, flip=True)
        return train(network or _network(), _data(), config, tmp_path / f"{policy}.h5")

    return make


@pytest.mark.parametrize(
    "policy, epochs", [("last-epoch", "last"), ("sqrt", "last"), ("sqrt", "all"), ("epochs", "all")]
)
@pytest.mark.parametrize("solver", sorted(SOLVERS))
def test_replayed_states_are_those_of_every_step(trained, solver, policy, epochs):
    whole, few = trained(solver, "every-step"), trained(solver, policy)
    steps = []
    for step, state in Replay(few, _data(), Device()).backwards(epochs):
        expected = whole.checkpoint(step.index)
        assert np.array_equal(state.theta, expected.theta) and np.array_equal(state.statistics, expected.statistics)
        assert all(np.array_equal(state.solver[name], expected.solver[name]) for name in expected.solver)
        steps.append(step.index)
    first = 0 if epochs == "all" else whole.plan.steps - whole.plan.steps_per_epoch
    assert steps == list(range(whole.plan.steps))[first:][::-1]


@pytest.mark.parametrize("states", [3, 4, 7])
def test_little_memory_changes_nothing(trained, states, monkeypatch):
    cache = trained("Adam", "last-epoch", epochs=1)
    final = cache.final
    size = final.theta.nbytes + final.statistics.nbytes + sum(a.nbytes for a in final.solver.values())
    plenty = [state.theta for _, state in Replay(cache, _data(), Device()).backwards()]
    tight = [state.theta for _, state in Replay(cache, _data(), Device(), memory=states * size).backwards()]
    assert all(np.array_equal(a, b) for a, b in zip(plenty, tight)) and len(plenty) == len(tight) == 5
    with pytest.raises(ConfigError, match="memory=BYTES") as too_little:
        Replay(cache, _data(), Device(), memory=2 * size)
    assert too_little.value.said(IN_COMMANDS).endswith("bytes are too few. Give --memory more.")


@pytest.mark.parametrize("solver", sorted(SOLVERS))
def test_scores_by_replay_are_scores_by_every_step(trained, solver):
    validation = _data(5)
    whole, few = (
        SgdInfluence(through="all").estimate(cache, _data(), validation).values
        for cache in (trained(solver, "every-step"), trained(solver, "sqrt"))
    )
    assert np.array_equal(whole, few) and np.count_nonzero(whole) == 14


def test_what_was_not_kept_is_refused_with_the_policy_that_keeps_it(trained):
    with pytest.raises(CheckpointMissingError, match='policy="last-epoch"') as last:
        list(Replay(trained("Sgd", "final"), _data(), Device()).backwards("last"))
    assert last.value.said(IN_COMMANDS).endswith("Train with --policy last-epoch.")
    drawn = Network.builtin("builtin:cnn", (1, 8, 8), 3)  # a network made in Python keeps its first parameters anyway
    with pytest.raises(CheckpointMissingError, match='policy="sqrt"') as whole:
        list(Replay(trained("Sgd", "last-epoch", network=drawn), _data(), Device()).backwards("all"))
    assert whole.value.said(IN_COMMANDS).endswith("Train with --policy sqrt.")
