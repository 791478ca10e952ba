"""Trainings without a fold: each row is held out once, nothing is trained twice, and wrong labels are counted."""

import numpy as np
import pytest

from nnabla_influence.config import SolverConfig, TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.dataset.noise import flip_labels
from nnabla_influence.evaluation import removal_sweep
from nnabla_influence.evaluation.evaluation_data import EvaluationData
from nnabla_influence.evaluation.noise_excess import FOLDS, FoldErrors
from nnabla_influence.evaluation.performance import Performance
from nnabla_influence.evaluation.removal_curve import RemovalCurve
from nnabla_influence.evaluation.removal_sweep import RemovalSweep, run_removal_sweep
from nnabla_influence.evaluation.retraining import RetrainingResult, run_retraining
from nnabla_influence.evaluation.trial import Trial
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


def swept(path, data, seed=0, target=None, progress=None):
    """A curve of a single retraining, that without removal, and the trainings without folds."""
    sweep = RemovalSweep((), starts=("scratch",), folds=True)
    return run_removal_sweep([Trial(path, seed, {})], data, sweep, target, progress)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("share", [0.0, 0.2])
def test_wrong_labels_are_counted_by_networks_that_did_not_see_them(tmp_path, classes, share):
    data = EvaluationData(blobs(120, 0, share, classes), blobs(60, 1, classes=classes), blobs(60, 2, classes=classes))
    seen = []
    path = trained(tmp_path, data.train, outputs=classes)
    curve = swept(path, data, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(done, FOLDS + 1) for done in range(FOLDS + 2)] and len(curve.rows) == 1
    errors = FoldErrors.of(curve.figures)
    assert errors.classes == classes and [len(e) for e in (errors.training, errors.scoring, errors.selection)] == [
        120,
        60,
        60,
    ]
    whole = np.isin(errors.training, (0.0, 1.0)).all()
    assert whole == (classes > 2), "probabilities with two classes, wrong answers with more"
    excess = curve.noise_excess()
    assert excess == errors.excess(np.arange(60)) and curve.noise_excess(np.arange(9)) == errors.excess(np.arange(9))
    assert abs(excess.number - 120 * share) <= 3 * excess.error and excess.clear == (share > 0)


@pytest.fixture
def jobs(monkeypatch):
    """The trainings that were asked for, which end last first; in each, the first row measured is answered wrong."""
    asked = []

    def order(count):
        return reversed(range(count))

    def pretended(function, jobs, execution):
        assert function is run_retraining
        asked.extend(jobs)
        for number in order(len(jobs)):
            yield number, RetrainingResult({n: answers(d) for n, d in jobs[number].measured.items()}, 0.5, "cpu")

    def answers(rows):
        right = np.arange(len(rows)) > 0
        return Performance(0.1, float(right.mean()), (), (np.where(right, 0.1, 3.0), right))

    monkeypatch.setattr(removal_sweep, "completed", pretended)
    return asked


def test_every_row_is_held_out_once_and_measured_where_it_is(tmp_path, jobs):
    data = EvaluationData(blobs(23, 0), blobs(12, 1), blobs(8, 2))
    curve = swept(trained(tmp_path, data.train), data, 5)
    *folds, whole = jobs
    assert len(folds) == FOLDS and sorted(np.concatenate([job.change.excluded for job in folds])) == list(range(23))
    assert not len(whole.change.excluded) and list(whole.measured) == ["selection"]
    for job in folds:
        assert np.array_equal(job.measured["fold"].column("x"), data.train.column("x")[job.change.excluded])
        assert job.measured["scoring"] is data.scoring and job.measured["selection"] is data.selection
        assert (job.start, job.seed, job.divisor) == ("scratch", 5, "remaining")
    errors = FoldErrors.of(curve.figures)
    expected = [[1.0] + [0.0] * (len(job.change.excluded) - 1) for job in folds]
    assert errors.training.tolist() == sum(expected, []), "fold by fold"
    assert errors.scoring.tolist() == [1.0] + [0.0] * 11 and errors.selection.tolist() == [1.0] + [0.0] * 7


@pytest.mark.parametrize("case", ["real values", "one class", "few rows"])
def test_without_classes_or_rows_for_every_fold_none_are_trained(tmp_path, jobs, case):
    count = FOLDS - 1 if case == "few rows" else 12
    rows = blobs(count, 0)
    x, y = rows.column("x"), rows.column("y")
    if case == "real values":
        y = x[:, :1] + 0.5
    elif case == "one class":
        y = np.zeros((count, 1), int)
    data = Dataset.from_arrays({"x": x, "y": y})
    path = trained(tmp_path, data, *(("regression", 1) if case == "real values" else ()))
    curve = swept(path, EvaluationData(data, data, data))
    assert len(jobs) == 1 and FoldErrors.of(curve.figures) is None and curve.noise_excess() is None


def test_a_training_that_diverges_says_nothing(tmp_path, monkeypatch):
    def diverging(function, jobs, execution):
        for number, job in enumerate(jobs):
            yield number, RetrainingResult({n: Performance.of_diverged(len(d)) for n, d in job.measured.items()}, 0, "")

    monkeypatch.setattr(removal_sweep, "completed", diverging)
    data = blobs(12, 0)
    assert swept(trained(tmp_path, data), EvaluationData(data, data, data)).noise_excess() is None


def test_what_a_training_said_is_kept_beside_the_table_and_not_trained_again(tmp_path, jobs):
    data = EvaluationData(blobs(23, 0), blobs(12, 1), blobs(8, 2))
    path, table = trained(tmp_path, data.train), tmp_path / "c.csv"
    whole = swept(path, data).noise_excess()

    def interrupting(done, total):
        if done == 3:  # the retraining without removal, and two without a fold
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        swept(path, data, target=table, progress=interrupting)
    jobs.clear()
    assert swept(path, data, target=table).noise_excess() == whole and len(jobs) == FOLDS - 2
    assert RemovalCurve.read_csv(table).noise_excess() == whole
    jobs.clear()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    swept(path, data, target=table)
    assert not jobs and {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_folds_alone_may_be_all_there_is_after_an_interruption(tmp_path):
    data = EvaluationData(blobs(23, 0), blobs(12, 1), blobs(8, 2))
    path, table = trained(tmp_path, data.train), tmp_path / "c.csv"

    def interrupting(done, total):
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        swept(path, data, target=table, progress=interrupting)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["c.rows.npz", "cache.h5"]
    seen = []
    again = swept(path, data, target=table, progress=lambda done, total: seen.append(done))
    assert seen == [1, 2, 3, 4, 5, 6] and again.noise_excess() == swept(path, data).noise_excess()


def test_of_other_rows_that_score_nothing_is_known_and_the_old_is_forgotten(tmp_path, jobs):
    data = EvaluationData(blobs(23, 0), blobs(12, 1), blobs(8, 2))
    path, table = trained(tmp_path, data.train), tmp_path / "c.csv"
    old = swept(path, data, target=table).figures
    jobs.clear()
    new = swept(path, EvaluationData(data.train, blobs(14, 3), data.selection), target=table).figures
    assert len(jobs) == FOLDS and not set(new.folds) & set(old.folds)
    assert all(name in new for name in new.folds) and not any(name in new for name in old.folds)
