"""Trainings without a fold: each row is held out once, nothing is trained twice, and wrong labels are counted."""

import numpy as np
import pytest

from nnabla_influence.config import SolverConfig, TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.dataset.noise import flip_labels
from nnabla_influence.evaluation import fold_trainings
from nnabla_influence.evaluation.evaluation_data import EvaluationData
from nnabla_influence.evaluation.fold_trainings import FOLDS, fold_errors
from nnabla_influence.evaluation.performance import Performance
from nnabla_influence.evaluation.retraining import RetrainingResult, run_retraining
from nnabla_influence.network import Network
from nnabla_influence.training import train


def blobs(count, seed, flipped=0.0, classes=3):
    """Points (N, 2) around centres, some of them with another label."""
    random = np.random.RandomState(seed)
    labels = np.arange(count) % classes
    angles = 2 * np.pi * labels / classes
    x = np.stack([np.cos(angles), np.sin(angles)], axis=1) + 0.2 * random.normal(size=(count, 2))
    return Dataset.from_arrays({"x": x, "y": flip_labels(labels, flipped, "symmetric", seed, classes).noisy})


def trained(folder, data, task="classification", outputs=3):
    config = TrainingConfig(SolverConfig(learning_rate=0.3), epochs=10, batch_size=10)
    network = Network.builtin("builtin:mlp", (2,), outputs, task, seed=0)
    return train(network, data, config, folder / "cache.h5").path


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("share", [0.0, 0.2])
def test_wrong_labels_are_counted_by_networks_that_did_not_see_them(tmp_path, classes, share):
    data = EvaluationData(blobs(120, 0, share, classes), blobs(60, 1, classes=classes), blobs(60, 2, classes=classes))
    seen = []
    errors = fold_errors(trained(tmp_path, data.train, outputs=classes), data, 0, progress=seen.append)
    assert seen == [0, 1, 2, 3, 4, 5]
    assert errors.classes == classes and [len(e) for e in (errors.training, errors.scoring, errors.selection)] == [
        120,
        60,
        60,
    ]
    whole = np.isin(errors.training, (0.0, 1.0)).all()
    assert whole == (classes > 2), "probabilities with two classes, wrong answers with more"
    excess = errors.excess(np.arange(60))
    assert abs(excess.number - 120 * share) <= 3 * excess.error and excess.clear == (share > 0)


@pytest.fixture
def jobs(monkeypatch):
    """The trainings that were asked for; in each, the first row measured is answered wrong."""
    asked = []

    def pretended(function, jobs, execution):
        assert function is run_retraining
        asked.extend(jobs)
        for number in reversed(range(len(jobs))):  # whichever ends first
            yield number, RetrainingResult({n: answers(d) for n, d in jobs[number].measured.items()}, 0.5, "cpu")

    def answers(rows):
        right = np.arange(len(rows)) > 0
        return Performance(0.1, float(right.mean()), (), (np.where(right, 0.1, 3.0), right))

    monkeypatch.setattr(fold_trainings, "completed", pretended)
    return asked


def test_every_row_is_held_out_once_and_measured_where_it_is(tmp_path, jobs):
    data = EvaluationData(blobs(23, 0), blobs(12, 1), blobs(8, 2))
    errors = fold_errors(trained(tmp_path, data.train), data, 5)
    assert len(jobs) == FOLDS and sorted(np.concatenate([job.change.excluded for job in jobs])) == list(range(23))
    for job in jobs:
        own = job.change.excluded
        assert np.array_equal(job.measured["fold"].column("x"), data.train.column("x")[own])
        assert job.measured["scoring"] is data.scoring and job.measured["selection"] is data.selection
        assert (job.start, job.seed, job.divisor) == ("scratch", 5, "remaining")
        assert errors.training[own].tolist() == [1.0] + [0.0] * (len(own) - 1)
    assert errors.scoring.tolist() == [1.0] + [0.0] * 11 and errors.selection.tolist() == [1.0] + [0.0] * 7


@pytest.mark.parametrize("case", ["real values", "one class", "few rows"])
def test_without_classes_or_rows_for_every_fold_nothing_is_trained(tmp_path, jobs, case):
    count = FOLDS - 1 if case == "few rows" else 12
    rows = blobs(count, 0)
    x, y = rows.column("x"), rows.column("y")
    if case == "real values":
        y = x[:, :1] + 0.5
    elif case == "one class":
        y = np.zeros((count, 1), int)
    data = Dataset.from_arrays({"x": x, "y": y})
    path = trained(tmp_path, data, *(("regression", 1) if case == "real values" else ()))
    assert fold_errors(path, EvaluationData(data, data, data), 0) is None and not jobs


def test_a_training_that_diverges_says_nothing(tmp_path, monkeypatch):
    def diverging(function, jobs, execution):
        for number, job in enumerate(jobs):
            yield number, RetrainingResult({n: Performance.of_diverged(len(d)) for n, d in job.measured.items()}, 0, "")

    monkeypatch.setattr(fold_trainings, "completed", diverging)
    data = blobs(12, 0)
    assert fold_errors(trained(tmp_path, data), EvaluationData(data, data, data), 0) is None


def test_what_a_training_said_is_kept_beside_the_table_and_not_trained_again(tmp_path, jobs):
    data = EvaluationData(blobs(23, 0), blobs(12, 1), blobs(8, 2))
    path, table = trained(tmp_path, data.train), tmp_path / "c.csv"
    whole = fold_errors(path, data, 5)
    jobs.clear()

    def interrupting(done):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fold_errors(path, data, 5, target=table, progress=interrupting)
    assert len(jobs) == FOLDS, "the pretended trainings end one by one"
    jobs.clear()
    seen = []
    again = fold_errors(path, data, 5, target=table, progress=seen.append)
    assert len(jobs) == FOLDS - 2 and seen == [2, 3, 4, 5]
    assert all(np.array_equal(getattr(again, of), getattr(whole, of)) for of in ("training", "scoring", "selection"))
    jobs.clear()
    fold_errors(path, data, 5, target=table)
    assert not jobs
    fold_errors(path, EvaluationData(data.train, blobs(12, 3), data.selection), 5, target=table)
    assert len(jobs) == FOLDS, "of other rows that score nothing is known"
