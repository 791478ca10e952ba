"""How many to remove, chosen by several batch orders; nothing is an answer."""

import numpy as np
import pytest

from nnabla_influence.config import SolverConfig, TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import ConfigError
from nnabla_influence.evaluation.evaluation_data import EvaluationData
from nnabla_influence.evaluation.number_search import NumberSearch, choose_number
from nnabla_influence.evaluation.removal_sweep import RemovalSweep
from nnabla_influence.evaluation.trial import Trial
from nnabla_influence.network import Network
from nnabla_influence.scores import InfluenceScores
from nnabla_influence.training import train


def samples(count, seed, flipped=0):
    """Two classes far apart; the first labels are wrong."""
    random = np.random.RandomState(seed)
    y = random.randint(2, size=count)
    x = random.normal(size=(count, 2)) + 4 * y[:, None]
    y[:flipped] = 1 - y[:flipped]
    return Dataset.from_arrays({"x": x, "y": y})


def test_shares_become_numbers_each_once_and_at_least_one():
    assert NumberSearch(shares=(0.001, 0.002, 0.1)).counts(100) == (1, 10)


@pytest.mark.parametrize(
    "settings, said",
    [({"orders": 1}, "2 or more retrainings each, not 1"), ({"shares": (0.5, 1.0)}, "lie between 0 and 1, not")],
)
def test_impossible_searches_are_refused(settings, said):
    with pytest.raises(ConfigError, match=said):
        NumberSearch(**settings)


def test_wrong_labels_are_worth_removing_and_right_ones_are_not(tmp_path):
    train_data = samples(40, 0, flipped=8)
    data = EvaluationData(train_data, samples(60, 1), samples(60, 2))
    config = TrainingConfig(SolverConfig(learning_rate=0.3), epochs=3, batch_size=8)
    cache = train(Network.builtin("builtin:mlp", (2,), 2), train_data, config, tmp_path / "cache.h5")
    search, sweep = NumberSearch(orders=3, shares=(0.2,)), RemovalSweep(())
    truth = np.r_[np.full(8, -1.0), np.ones(32)]
    removed = []
    for scores in (truth, -truth):
        trial = Trial(cache.path, cache.config.seed, {"m": InfluenceScores(scores, "m")})
        choice, curve = choose_number(trial, data, search, sweep)
        assert (choice.start, choice.method) == ("last-epoch", "m") and curve.seeds == 3
        removed.append(choice.removed)
    assert removed == [8, 0]
