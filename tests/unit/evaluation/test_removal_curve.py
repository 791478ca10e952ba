"""Removal curves: changes paired by seed, and the number that is chosen."""

import math

import numpy as np
import pytest
from support.removal_curves import curve as with_figures

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.errors import CacheMismatchError
from nnabla_influence.evaluation.curve_row import CurveRow
from nnabla_influence.evaluation.decision import decisions
from nnabla_influence.evaluation.removal_curve import RemovalCurve, of_experiment


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


def test_the_figures_of_rows_lie_beside_the_table(tmp_path):
    """Whatever door wrote the table, somebody who reads it comes to the same decision."""
    before = with_figures({"spectral": {10: -0.05}, "random": {10: 0.01}})
    before.to_csv(tmp_path / "c.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.csv", "c.rows.npz"]
    again = RemovalCurve.read_csv(tmp_path / "c.csv")
    assert [decision.sentence for decision in decisions(again)] == [d.sentence for d in decisions(before)]
    assert decisions(again)[0].number == 10
    RemovalCurve.discard(tmp_path / "c.csv")
    RemovalCurve.discard(tmp_path / "c.csv")  # what is gone is gone
    assert not list(tmp_path.iterdir())


def test_a_table_without_figures_has_no_file_beside_it(tmp_path):
    curve((-0.1, 0.2)).to_csv(tmp_path / "old.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["old.csv"]
    old = RemovalCurve.read_csv(tmp_path / "old.csv")
    assert old.errors([("m", "remove", 10)], "last-epoch", "selection") == []
    assert old.choice("m", "remove", "last-epoch").removed == 10, "what the means favour can still be shown"
    assert [decision.number for decision in decisions(old)] == [0]


def test_errors_are_paired_by_seed_and_joined_curves_keep_them():
    first = with_figures({"spectral": {10: -0.05}}, seeds=3)
    longer = first.joined(with_figures({"loss": {5: -0.1, 20: 0.0}}, seeds=5))
    whole, best = longer.errors([("spectral", "remove", 0), ("loss", "remove", 5)], "scratch", "selection")
    objective = longer.figures.objective("none-remove-0-scratch-0", "selection")
    for errors, job in ((whole, "none-remove-0"), (best, "loss-remove-5")):
        slow = [longer.figures.errors(f"{job}-scratch-{seed}", "selection", objective) for seed in range(5)]
        assert errors.shape == (5, 40) and (errors == np.array(slow)).all()
    assert (best.mean(axis=1) < whole.mean(axis=1)).all()
    (three,) = longer.errors([("spectral", "remove", 10)], "scratch", "test")
    assert three.shape == (3, 40)
    assert longer.errors([("spectral", "remove", 11)], "scratch", "test") == [], "never trained"


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


def test_only_seeds_that_every_number_has_are_compared():
    rows = [*curve((-0.1, 0.2)).rows, row("none", 0, 7, 100.0), row("m", 20, 8, -100.0)]
    assert RemovalCurve(rows).choice("m", "remove", "last-epoch").removed == 10


def test_rows_of_another_experiment_may_not_stand_beside_new_ones(tmp_path):
    earlier = curve((-0.1, 0.2))
    assert of_experiment(earlier, "e", tmp_path / "c.csv") is earlier
    with pytest.raises(CacheMismatchError, match="c.csv' holds a removal curve of other data") as caught:
        of_experiment(earlier, "another", tmp_path / "c.csv")
    assert "replace it with --overwrite" in caught.value.said(IN_COMMANDS)
