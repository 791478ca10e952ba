"""Which epoch is kept, and what the curve's files hold."""

from types import SimpleNamespace

import numpy as np
import pytest

from nnabla_influence.resume import PartialFolder
from nnabla_influence.training import Checkpoint, EpochReport
from nnabla_influence.training.nnabla_cli.learning_curve import LearningCurve


class Errors:
    """Monitors that report given validation errors, None after an epoch that is not evaluated."""

    def __init__(self, errors):
        self.errors = errors

    def measure(self, state, epoch):
        error = self.errors[epoch]
        return None if error is None else {"train_error": 0.5, "valid_error": error}


def network(save_best=True):
    monitors = [SimpleNamespace(name="train_error"), SimpleNamespace(name="valid_error")]
    proto = SimpleNamespace(training_config=SimpleNamespace(save_best=save_best), monitor=monitors)
    return SimpleNamespace(proto=proto, theta=np.zeros(2), statistics_values=np.zeros(0))


def report(epoch, epochs):
    state = Checkpoint(epoch, np.full(2, epoch, np.float32), np.zeros(0), {})
    return EpochReport(epoch + 1, epochs, 1 / (epoch + 1), state)


@pytest.fixture
def follow(tmp_path):
    """``follow(errors, first=0, end=None)``: a curve that has seen these epochs, in the same folder each time."""

    def make(errors, save_best=True, first=0, end=None):
        store = PartialFolder(tmp_path / "cache.h5", {})
        curve = LearningCurve(tmp_path, network(save_best), Errors(errors), store)
        for epoch in range(first, len(errors) if end is None else end):
            curve(report(epoch, len(errors)))
        return curve

    return make


@pytest.mark.parametrize(
    "errors, save_best, kept",
    [
        ([0.5, 0.3, 0.4], True, 1),
        ([0.5, 0.3, 0.4], False, 2),
        ([0.5, 0.3, 0.3], True, 2),  # of equal ones the later
        ([0.5, 0.0, 0.2], True, 2),  # NNabla forgets a lowest error of 0
        ([0.5, None, 0.6], True, 0),
        ([0.5, None, 0.6], False, 2),
    ],
)
def test_the_epoch_that_nnabla_would_keep_is_kept(follow, errors, save_best, kept):
    curve = follow(errors, save_best)
    assert curve.best_epoch == kept and curve.best.theta.tolist() == [kept, kept]


def test_every_epoch_is_appended_when_it_ends(follow, tmp_path):
    curve = follow([0.5, None, 0.25], end=2)
    path = tmp_path / "monitoring_report.yml"
    assert path.read_text() == "0:\n  cost: 1.0\n  train_error: 0.5\n  valid_error: 0.5\n1:\n  cost: 0.5\n"
    curve(report(2, 3))
    assert path.read_text().endswith("2:\n  cost: 0.3333333333333333\n  train_error: 0.5\n  valid_error: 0.25\n")


def test_an_interrupted_curve_goes_on_as_if_nothing_had_happened(follow, tmp_path):
    errors = [0.5, 0.3, None, 0.4, 0.35]
    whole = follow(errors)
    text = (tmp_path / "monitoring_report.yml").read_text()
    resumed = follow(errors, first=5)
    assert (resumed.entries, resumed.best_epoch) == (whole.entries, whole.best_epoch)
    assert resumed.best.theta.tolist() == whole.best.theta.tolist()
    assert (tmp_path / "monitoring_report.yml").read_text() == text


def test_an_epoch_that_is_reported_twice_counts_once(follow, tmp_path):
    curve = follow([0.5, 0.3], end=1)
    before = (tmp_path / "monitoring_report.yml").read_text()
    curve(report(0, 2))
    assert len(curve.entries) == 1 and (tmp_path / "monitoring_report.yml").read_text() == before


def test_the_line_of_an_epoch_is_the_one_nnc_reads(follow, caplog):
    caplog.set_level("INFO", "nnabla_influence")
    follow([0.5])
    assert caplog.messages[0].startswith(
        "epoch 1 of 1 cost=1.000000  {train_error=0.500000, valid_error=0.500000} time=("
    )


def test_the_files_of_an_unfinished_training_are_removed(follow, tmp_path):
    curve = follow([0.5])
    curve.watching(lambda done, total: None)(1, 2)
    assert (tmp_path / "progress.txt").read_text() == "Training (50.00%)"
    curve.remove()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache.h5.partial"]
