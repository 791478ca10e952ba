"""How many labels are wrong beyond the validation data's share: against drawn data, and against a real training."""

import math
from dataclasses import replace

import numpy as np
import pytest

from nnabla_influence.config import SolverConfig, TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.dataset.noise import flip_labels
from nnabla_influence.evaluation import noise_excess
from nnabla_influence.evaluation.evaluation_data import EvaluationData
from nnabla_influence.evaluation.noise_excess import FOLDS, FoldErrors, NoiseExcess, fold_errors
from nnabla_influence.evaluation.performance import Performance
from nnabla_influence.evaluation.retraining import RetrainingResult, run_retraining
from nnabla_influence.network import Network
from nnabla_influence.training import train


def drawn(random, classes, share, wrong=0.15, training=2000, validation=600):
    """Answers of a network that errs on a share `wrong` of good labels, each other class as often."""

    def errs(rows, changed):
        answer = np.where(random.random(rows) < wrong, random.integers(1, classes, rows), 0)  # 0: the good label
        label = np.where(random.random(rows) < changed, random.integers(1, classes, rows), 0)
        return (answer != label).astype(float)

    return FoldErrors(errs(training, share), errs(validation, 0), errs(validation, 0), classes)


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.3])
def test_number_and_standard_error_are_those_of_many_draws(classes, share):
    random = np.random.default_rng(0)
    excesses = [drawn(random, classes, share).excess(np.arange(600)) for _ in range(400)]
    numbers = np.array([excess.number for excess in excesses])
    spread = numbers.std()
    assert abs(numbers.mean() - 2000 * share) < 4 * spread / math.sqrt(400) + 2, "+ 2: the ratio's own bias"
    assert np.mean([excess.error for excess in excesses]) == pytest.approx(spread, rel=0.15)


def test_probabilities_of_two_classes_say_it_with_less_chance():
    """1 - p of a network that gives the good label p, sometimes little: by the same formula, without bias."""
    random = np.random.default_rng(0)
    numbers = []
    for _ in range(400):
        good = random.beta(4, 1, 2600)  # p of the good label
        flipped = random.random(2000) < 0.2
        training = np.where(flipped, good[:2000], 1 - good[:2000])
        numbers.append(FoldErrors(training, 1 - good[2000:], np.zeros(0), 2).excess(np.arange(0)).number)
    assert abs(np.mean(numbers) - 400) < 4 * np.std(numbers) / math.sqrt(400) + 2


def test_wrong_labels_of_the_validation_rows_are_not_counted_again():
    random = np.random.default_rng(0)
    numbers = []
    for _ in range(200):
        errors = drawn(random, 10, 0.2)
        as_noisy = drawn(random, 10, 0.2)
        numbers.append(replace(errors, scoring=as_noisy.training[:600]).excess(np.arange(0)).number)
    assert abs(np.mean(numbers)) < 4 * np.std(numbers) / math.sqrt(200)


def test_only_the_rows_that_may_be_asked_are():
    errors = FoldErrors(np.array([0.0, 1.0, 0.0, 1.0]), np.zeros(4), np.array([0.0, 0.9, 0.9, 0.0]), 10)
    assert errors.excess(np.array([0, 3])).number == pytest.approx(2.0)
    assert errors.excess(np.arange(4)).number < 2.0


def test_networks_that_know_nothing_do_not_count():
    assert FoldErrors(np.ones(10), np.full(10, 0.5), np.zeros(0), 2).excess(np.arange(0)) is None


def test_what_is_clear_lies_two_standard_errors_above_zero():
    assert NoiseExcess(21.0, 10.0).clear and not NoiseExcess(20.0, 10.0).clear
    assert not NoiseExcess(-21.0, 10.0).clear


# -- by training -----------------------------------------------------------------------------------------------------


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
    assert seen == [1, 2, 3, 4, 5]
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

    monkeypatch.setattr(noise_excess, "completed", pretended)
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

    monkeypatch.setattr(noise_excess, "completed", diverging)
    data = blobs(12, 0)
    assert fold_errors(trained(tmp_path, data), EvaluationData(data, data, data), 0) is None
