"""The published method: final parameters, steps of the last epoch."""

import numpy as np
import pytest

from nnabla_influence.config import SolverConfig, TrainingConfig
from nnabla_influence.errors import CacheMismatchError, ConfigError
from nnabla_influence.estimators import LastEpochInfluence
from nnabla_influence.training import FinalState


def test_every_sample_is_scored(run, scores):
    assert np.count_nonzero(scores(LastEpochInfluence(), *run())) == 23


def test_scores_follow_the_learning_rate(run, scores):
    """To first order the scores of one step are proportional to eta: no constant of ours replaces it."""
    cache, training, validation = run(batch_size=23, epochs=1)
    network = cache.network
    small, large = (
        FinalState(network, TrainingConfig(SolverConfig(learning_rate=eta), batch_size=23), 23) for eta in (1e-3, 2e-3)
    )
    np.testing.assert_allclose(
        2 * scores(LastEpochInfluence(), small, training, validation),
        scores(LastEpochInfluence(), large, training, validation),
        rtol=1e-5,
        atol=1e-12,
    )


def test_adam_needs_a_cache_for_its_second_moment(run, scores):
    adam = SolverConfig("Adam", 0.01, {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8})
    cache, training, validation = run(solver=adam)
    assert np.count_nonzero(scores(LastEpochInfluence(), cache, training, validation)) == 23
    with pytest.raises(CacheMismatchError, match="second moment"):
        scores(LastEpochInfluence(), FinalState(cache.network, cache.config, 23), training, validation)


def test_another_recursion_is_refused():
    with pytest.raises(ConfigError, match="corrected or published"):
        LastEpochInfluence(recursion="improved")
