"""Out-of-fold predictions against a loop that trains with the public interface; no network predicts what it saw."""

from dataclasses import replace

import numpy as np
import pytest

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.config import SolverConfig, TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.dataset.folds import draw_folds
from nnabla_influence.errors import ConfigError
from nnabla_influence.estimators import OutOfFold, out_of_fold
from nnabla_influence.network import Network
from nnabla_influence.resume import PartialFolder
from nnabla_influence.training import FinalState, FreshTraining, fresh_training, train


def labels_of(data):
    return data.column("y")[:, 0].astype(int)


def test_it_is_a_loop_of_trainings_without_a_fold(run, tmp_path):
    cache, data, validation = run(solver=SolverConfig("Momentum", 0.05), record_margins=True)
    scores = OutOfFold(folds=3, seed=4).estimate(cache, data, validation)
    parts = draw_folds(len(data), 3, 4, labels_of(data))
    losses, predicted = np.full((2, len(data)), np.nan)
    for fold in range(3):
        rows, rest = np.flatnonzero(parts == fold), np.flatnonzero(parts != fold)
        config = replace(cache.config, record_margins=False, policy="final")
        alone = train(Network.builtin("builtin:mlp", (5,), 3), data.subset(rest), config, tmp_path / f"{fold}.h5")
        oracle = LossOracle(alone.network)
        batch = data.batch(rows)
        losses[rows] = oracle.sample_losses(alone.final.theta, batch)
        predicted[rows] = oracle.predictions(alone.final.theta, batch).argmax(axis=1)
    np.testing.assert_allclose(scores.values, -losses, rtol=1e-5)
    np.testing.assert_array_equal(scores.columns["predicted_label"], predicted)
    np.testing.assert_array_equal(scores.columns["loss"], -scores.values)
    (share,) = scores.facts.values()
    assert share == (predicted == labels_of(data)).mean()


def test_no_network_predicts_a_row_it_was_trained_on(run, monkeypatch):
    """Every row is held out once, and none of its fold is among the rows that are drawn."""
    seen, asked = [], []
    cache, data, validation = run()
    marks = data.column("x")[:, 0]  # no two rows have the same

    trained = FreshTraining.trained
    predicted = out_of_fold._Predictions._predicted

    def watched(self, samples, *rest):
        seen.append(set(samples.column("x")[:, 0].tolist()))
        return trained(self, samples, *rest)

    def noted(self, final, rows):
        asked.append(set(marks[rows].tolist()))
        return predicted(self, final, rows)

    monkeypatch.setattr(FreshTraining, "trained", watched)
    monkeypatch.setattr(out_of_fold._Predictions, "_predicted", noted)
    OutOfFold(folds=4).estimate(cache, data, validation)
    assert len(seen) == len(asked) == 4
    for fold, others in zip(asked, seen):
        assert not fold & others and fold | others == set(marks.tolist())
    assert sorted(mark for fold in asked for mark in fold) == sorted(marks.tolist())


def test_what_was_learnt_by_heart_is_not_predicted_again():
    """Random labels of pictures with one pixel each: nothing but memory can know them."""
    data = Dataset.from_arrays({"x": 9 * np.eye(24), "y": np.random.RandomState(0).randint(2, size=24)})
    config = TrainingConfig(solver=SolverConfig("Adam", 0.01), epochs=60, batch_size=6)
    state = FreshTraining.of(FinalState(Network.builtin("builtin:mlp", (24,), 2), config, 24)).trained(data)
    network = Network.builtin("builtin:mlp", (24,), 2).with_parameters(state.theta, state.statistics)
    by_heart = LossOracle(network).predictions(state.theta, data.batch(range(24))).argmax(axis=1)
    assert np.array_equal(by_heart, labels_of(data))
    scores = OutOfFold(folds=4).estimate(FinalState(network, config, 24), data, data)
    assert (scores.columns["predicted_label"] == labels_of(data)).mean() < 0.8


def test_the_seed_draws_the_folds(run, scores):
    finished = run()
    first, again, other = (scores(OutOfFold(3, seed), *finished) for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_a_trained_network_file_is_enough(run, scores):
    cache, data, validation = run()
    state = FinalState(cache.network, cache.config, len(data))
    assert np.array_equal(scores(OutOfFold(), state, data, validation), scores(OutOfFold(), cache, data, validation))


def test_values_have_losses_but_no_labels():
    random = np.random.RandomState(0)
    data = Dataset.from_arrays({"x": random.normal(size=(12, 2)), "y": random.normal(size=12)})
    network = Network.builtin("builtin:mlp", (2,), 1, "regression")
    training = FinalState(network, TrainingConfig(solver=SolverConfig(learning_rate=0.01), batch_size=4), 12)
    scores = OutOfFold(folds=3).estimate(training, data, data)
    assert set(scores.columns) == {"loss"} and (scores.values <= 0).all() and not scores.facts


@pytest.mark.parametrize("folds", [1, 2.5])
def test_impossible_numbers_of_folds(folds):
    with pytest.raises(ConfigError, match="number of folds"):
        OutOfFold(folds)


def test_more_folds_than_rows(run, scores):
    with pytest.raises(ConfigError, match="23"):
        scores(OutOfFold(24), *run())


@pytest.mark.parametrize("after", [3, 8, 18])
def test_interrupted_and_resumed_it_ends_with_the_same_bits(run, tmp_path, monkeypatch, after):
    monkeypatch.setattr(fresh_training, "SECONDS_BETWEEN_SAVES", -1.0)
    finished = run()
    whole = OutOfFold(3).estimate(*finished)
    store = PartialFolder(tmp_path / "scores", {})
    calls = []

    def interrupt(done, total):
        calls.append(done)
        if len(calls) == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        OutOfFold(3).estimate(*finished, progress=interrupt, store=store)
    steps = []
    step = fresh_training.Trainer.step
    monkeypatch.setattr(fresh_training.Trainer, "step", lambda self, s: steps.append(s.index) or step(self, s))
    again = OutOfFold(3).estimate(*finished, store=store)
    assert np.array_equal(again.values, whole.values)
    assert np.array_equal(again.columns["predicted_label"], whole.columns["predicted_label"])
    assert 0 < len(steps) < 18, "what was done is not done again"


def test_progress_goes_from_the_first_row_to_the_last(run):
    counts = []
    cache, data, validation = run()
    OutOfFold(3).estimate(cache, data, validation, progress=lambda done, total: counts.append((done, total)))
    done, totals = zip(*counts)
    assert list(done) == sorted(set(done)) and set(totals) == {done[-1]} and done[-1] == 2 * 2 * len(data)
