"""Estimators: determinism, baselines, how often graphs are built, what is refused."""

import numpy as np
import pytest

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.config import SolverConfig, TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import CacheMismatchError, ConfigError, DivergenceError
from nnabla_influence.estimators import LastEpochInfluence, LossBaseline, RandomBaseline, SgdInfluence
from nnabla_influence.network import Network
from nnabla_influence.resume import PartialFolder
from nnabla_influence.training import FinalState, train


def _data(samples, seed):
    random = np.random.RandomState(seed)
    return Dataset.from_arrays({"x": random.normal(size=(samples, 5)), "y": random.randint(3, size=(samples, 1))})


@pytest.fixture
def run(tmp_path):
    """``run(...)`` -> (cache, training data, validation data) of a small training."""

    def make(**changes):
        settings = {"solver": SolverConfig(learning_rate=0.1), "epochs": 2, "batch_size": 7, **changes}
        training = _data(23, 0)
        network = Network.builtin("builtin:mlp", (5,), 3)
        return train(network, training, TrainingConfig(**settings), tmp_path / "c.h5"), training, _data(11, 1)

    return make


ADAM = SolverConfig("Adam", 0.01, {"beta1": 0.8, "beta2": 0.95, "eps": 1e-6})


def _scores(estimator, cache, training, validation):
    return estimator.estimate(cache, training, validation).values


def test_the_same_run_gives_the_same_bits(run):
    finished = run()
    assert np.array_equal(_scores(LastEpochInfluence(), *finished), _scores(LastEpochInfluence(), *finished))


def test_every_sample_is_scored(run):
    assert np.count_nonzero(_scores(LastEpochInfluence(), *run())) == 23


def test_a_graph_is_built_once_per_batch_size(run, monkeypatch):
    finished, built = run(), []
    build = Network.build
    monkeypatch.setattr(
        Network,
        "build",
        lambda self, store, size, *rest, **named: (
            built.append((size, *rest)),
            build(self, store, size, *rest, **named),
        )[1],
    )
    LastEpochInfluence().estimate(*finished)
    assert len(built) == len(set(built)) <= 4, "training and validation batches have two sizes each"


def test_every_validation_sample_counts_and_copies_change_nothing(run):
    cache, training, validation = run()
    rows = validation.batch(range(11))
    doubled = Dataset.from_arrays({name: np.concatenate([a, a]) for name, a in rows.items()})
    changed = {name: a.copy() for name, a in rows.items()}
    changed["x"][0] += 1
    plain = _scores(LastEpochInfluence(), cache, training, validation)
    np.testing.assert_allclose(_scores(LastEpochInfluence(), cache, training, doubled), plain, rtol=1e-4, atol=1e-9)
    assert not np.allclose(_scores(LastEpochInfluence(), cache, training, Dataset.from_arrays(changed)), plain)


def test_progress_ends_at_the_number_of_samples(run):
    calls = []
    cache, training, validation = run()
    LastEpochInfluence().estimate(cache, training, validation, lambda done, total: calls.append((done, total)))
    assert calls[-1] == (23, 23) and [done for done, _ in calls] == sorted(done for done, _ in calls)


def test_the_loss_baseline_is_minus_the_loss(run):
    cache, training, validation = run()
    losses = LossOracle(cache.network).sample_losses(cache.final.theta, training.batch(range(23)))
    np.testing.assert_allclose(_scores(LossBaseline(), cache, training, validation), -losses, rtol=1e-5)


def test_the_random_baseline_is_seeded(run):
    finished = run()
    first, again, other = (_scores(RandomBaseline(seed), *finished) for seed in (3, 3, 4))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_scores_follow_the_learning_rate(run, tmp_path):
    """To first order the scores of one step are proportional to eta: no constant of ours replaces it."""
    cache, training, validation = run(batch_size=23, epochs=1)
    network = cache.network
    small, large = (
        FinalState(network, TrainingConfig(SolverConfig(learning_rate=eta), batch_size=23), 23) for eta in (1e-3, 2e-3)
    )
    np.testing.assert_allclose(
        2 * _scores(LastEpochInfluence(), small, training, validation),
        _scores(LastEpochInfluence(), large, training, validation),
        rtol=1e-5,
        atol=1e-12,
    )


def test_adam_needs_a_cache_for_its_second_moment(run):
    adam = SolverConfig("Adam", 0.01, {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8})
    cache, training, validation = run(solver=adam)
    assert np.count_nonzero(_scores(LastEpochInfluence(), cache, training, validation)) == 23
    with pytest.raises(CacheMismatchError, match="second moment"):
        _scores(LastEpochInfluence(), FinalState(cache.network, cache.config, 23), training, validation)


def test_a_divergent_recursion_is_reported_with_numbers_and_advice(run):
    cache, training, validation = run()
    wild = FinalState(cache.network, TrainingConfig(SolverConfig(learning_rate=1e3), batch_size=7), 23)
    with pytest.raises(DivergenceError, match="eigenvalue.*learning rate 1000.*--learning-rate"):
        _scores(LastEpochInfluence(), wild, training, validation)


@pytest.mark.parametrize("after", [1, 3])
@pytest.mark.parametrize("method", [LastEpochInfluence, SgdInfluence], ids=lambda m: m.method)
@pytest.mark.parametrize(
    "solver",
    [SolverConfig(learning_rate=0.1), SolverConfig("Momentum", 0.02, {"momentum": 0.9}), ADAM],
    ids=lambda s: s.name,
)
def test_an_interrupted_scoring_goes_on_bit_for_bit(run, tmp_path, monkeypatch, after, solver, method):
    monkeypatch.setattr("nnabla_influence.estimators.sgd_influence.SECONDS_BETWEEN_SAVES", -1.0)
    cache, training, validation = run(solver=solver)
    whole = _scores(method(), cache, training, validation)
    folder, calls, products = PartialFolder(tmp_path / "s", {}), [], LossOracle.products

    def interrupted(self, *arguments):
        calls.append(1)
        if len(calls) == after + 1:
            raise KeyboardInterrupt
        return products(self, *arguments)

    monkeypatch.setattr(LossOracle, "products", interrupted)
    for _ in range(2):
        try:
            resumed = method().estimate(cache, training, validation, store=folder)
        except KeyboardInterrupt:
            continue
    assert np.array_equal(resumed.values, whole)
    assert len(calls) == 4 + 1, "four steps, and the one that was interrupted"


def test_impossible_settings_are_refused():
    with pytest.raises(ConfigError, match="corrected or published"):
        LastEpochInfluence(recursion="improved")
    with pytest.raises(ConfigError, match="batch or frozen"):
        LossOracle(Network.builtin("builtin:mlp", (5,), 3), "running")
