"""Removal curves: the CSV, intervals paired by seed, and the number that is chosen."""

import math

import numpy as np
import pytest
from scipy import stats

from nnabla_influence.errors import DataError
from nnabla_influence.evaluation.removal_curve import (
    CurveRow,
    Interval,
    RemovalCurve,
    smallest_within_one_standard_error,
)


def row(method, removed, seed, loss, test=math.nan, start="last-epoch"):
    return CurveRow(method, "remove", removed, start, seed, loss, 0.5, test, math.nan, 1.25, "a, CPU", f"{seed}", "e")


def curve(changes, noise=(0.0, 0.0, 0.0)):
    """Losses of method m at 10 and 20 removed: 1 + seed + the change; every seed has its own level."""
    rows = [row("none", 0, seed, 1.0 + seed, 2.0 + seed) for seed in range(3)]
    for removed, change in zip((10, 20), changes):
        rows += [row("m", removed, seed, 1.0 + seed + change + noise[seed], 2.0 + seed + change) for seed in range(3)]
    return RemovalCurve(rows)


def test_a_curve_survives_the_disk(tmp_path):
    path = tmp_path / "曲線 1.csv"
    before = curve((-0.1, 0.2))
    before.to_csv(path)
    again = RemovalCurve.read_csv(path)
    assert [row.key for row in again.rows] == [row.key for row in before.rows]
    assert [row.selection_loss for row in again.rows] == pytest.approx([row.selection_loss for row in before.rows])
    assert math.isnan(again.rows[0].test_accuracy) and again.rows[0].cpu == "a, CPU"


def test_infinite_losses_survive_too(tmp_path):
    RemovalCurve([row("m", 1, 0, math.inf)]).to_csv(tmp_path / "c.csv")
    assert RemovalCurve.read_csv(tmp_path / "c.csv").rows[0].selection_loss == math.inf


def test_another_csv_is_refused_with_the_missing_columns(tmp_path):
    (tmp_path / "x.csv").write_text("method,removed\nm,1\n", encoding="utf-8")
    with pytest.raises(DataError, match="treatment.*is missing.*evaluate"):
        RemovalCurve.read_csv(tmp_path / "x.csv")


def test_a_broken_cell_is_named_with_line_and_column(tmp_path):
    path = tmp_path / "c.csv"
    curve((0.0, 0.0)).to_csv(path)
    path.write_text(path.read_text(encoding="utf-8").replace("m,remove,10", "m,remove,ten", 1), encoding="utf-8")
    with pytest.raises(DataError, match="line 5, column removed.*'ten'"):
        RemovalCurve.read_csv(path)


def test_intervals_are_students():
    values = [1.0, 2.0, 4.0]
    found = Interval.of(values)
    low, high = stats.t.interval(0.95, 2, loc=np.mean(values), scale=stats.sem(values))
    assert (found.mean - found.half, found.mean + found.half) == pytest.approx((low, high))
    assert math.isnan(Interval.of([1.0]).half) and not Interval.of([1.0]).decided
    assert Interval.of([1.0, 1.1, 0.9]).decided and not Interval.of([1.0, -1.1, 0.9]).decided


def test_changes_are_paired_by_seed():
    """The levels of the seeds differ by 1, the change is the same for all: its interval has no width."""
    point = curve((-0.1, 0.2)).points("m", "remove", "last-epoch", "selection_loss")[1]
    assert point.removed == 10 and point.value.half > 1
    assert (point.change.mean, point.change.half) == (pytest.approx(-0.1), pytest.approx(0, abs=1e-12))


def test_a_curve_begins_with_removing_nothing():
    points = curve((-0.1, 0.2)).points("m", "remove", "last-epoch", "selection_loss")
    assert [point.removed for point in points] == [0, 10, 20]
    assert points[0].value.mean == 2.0 and points[0].change.mean == 0


def test_a_clear_gain_is_chosen_and_judged_by_the_test_data_once():
    choice = curve((-0.1, 0.2)).choice("m", "remove", "last-epoch")
    assert choice.removed == 10
    assert choice.test_loss.mean == pytest.approx(-0.1) and choice.test_loss.seeds == 3
    assert choice.test_accuracy.seeds == 0  # there is none


def test_a_gain_within_a_standard_error_is_not_worth_removing():
    assert curve((-0.1, 0.2), noise=(0.3, -0.3, 0.0)).choice("m", "remove", "last-epoch").removed == 0


def test_the_smallest_number_of_those_that_are_as_good_wins():
    losses = {0: np.array([1.0, 1.0]), 5: np.array([0.52, 0.51]), 9: np.array([0.503, 0.499])}
    losses[20] = np.array([0.5, 0.5])  # the best: 5 is worse by .015 +- .005, 9 by .001 +- .002
    assert smallest_within_one_standard_error(losses) == 9
    losses[5] = np.array([0.51, 0.498])
    assert smallest_within_one_standard_error(losses) == 5


def test_a_number_at_which_training_diverged_is_never_chosen():
    losses = {0: np.array([1.0, 1.0]), 5: np.array([0.1, np.inf]), 9: np.array([0.9, 0.9])}
    assert smallest_within_one_standard_error(losses) == 9


def test_with_one_seed_the_lowest_loss_wins():
    assert smallest_within_one_standard_error({0: np.array([1.0]), 5: np.array([0.9])}) == 5


def test_only_seeds_that_every_number_has_are_compared():
    rows = [*curve((-0.1, 0.2)).rows, row("none", 0, 7, 100.0), row("m", 20, 8, -100.0)]
    assert RemovalCurve(rows).choice("m", "remove", "last-epoch").removed == 10
