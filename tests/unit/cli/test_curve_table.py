"""How a removal curve and an attribution are printed."""

import pytest
from support.removal_curves import curve, with_folds

from nnabla_influence.cli.console import Console
from nnabla_influence.cli.curve_table import print_agreements, print_curve
from nnabla_influence.evaluation.attribution import Agreement
from nnabla_influence.evaluation.decision import decisions
from nnabla_influence.evaluation.group_plan import GroupPlan
from nnabla_influence.evaluation.interval import Interval

CHANGES = {"spectral": {10: -0.02, 30: -0.05}, "random": {10: 0.01, 30: 0.02}}


def printed(capsys, shown):
    print_curve(Console(), shown)
    return capsys.readouterr()


def test_each_method_has_the_number_that_was_chosen_and_its_changes(capsys):
    out, err = printed(capsys, curve(CHANGES))
    title, header, line, spectral, random, whole, decision = out.lstrip("\n").splitlines()
    assert title == "Retraining from scratch" and set(line) == {"-", " "}
    assert header.split("  ")[0] == "samples by" and "change of test accuracy" in header
    assert spectral.split()[:3] == ["spectral", "remove", "30"] and spectral.split()[3:6] == ["-0.05", "±", "0.00092"]
    assert random.split()[:3] == ["random", "remove", "0"]
    assert whole.startswith("without removal: selection loss 0.5015 ± ") and "test accuracy 0.9" in whole
    assert decision.startswith("spectral: remove 30 samples. Trained from scratch ") and err == ""


def test_without_test_data_the_table_has_none_and_the_rows_that_chose_are_halved(capsys):
    out, _ = printed(capsys, curve(CHANGES, test=False))
    assert "test loss" not in out and "test data" not in out
    assert "on 40 rows that neither scored nor chose changes by -" in out


def test_the_sentence_is_that_of_the_decision_and_random_is_a_control_without_one(capsys):
    shown = curve({**CHANGES, "loss": {10: 0.01, 30: 0.02}})
    out, _ = printed(capsys, shown)
    assert out.splitlines()[-2:] == [decision.sentence for decision in decisions(shown)]
    assert out.splitlines()[-1].startswith("loss: nothing is worth removing; ")


@pytest.mark.parametrize("wrong, said", [(20, "about 20 of 100 labels are wrong"), (0, "the training labels are not")])
def test_how_many_labels_are_wrong_is_said_once_at_the_end(capsys, wrong, said):
    shown = curve({"spectral": {10: -0.02, 30: -0.05}})
    assert "labels: " not in printed(capsys, shown).out
    out, _ = printed(capsys, with_folds(shown, wrong))
    assert out.splitlines()[-1].startswith(f"labels: {said}") and out.count("labels: ") == 1


def test_every_start_has_a_table_of_its_own(capsys):
    both = curve(CHANGES).joined(curve(CHANGES, start="last-epoch"))
    out, _ = printed(capsys, both)
    assert sorted(line for line in out.splitlines() if line.startswith("Retraining")) == [
        "Retraining from scratch",
        "Retraining the last epoch",
    ]
    first, second = out.split("Retraining the last epoch")
    assert "Trained from scratch without" in first and "With the last epoch trained again" not in first
    assert "With the last epoch trained again without" in second and "Trained from scratch" not in second


def test_one_seed_is_warned_about(capsys):
    _, err = printed(capsys, curve(CHANGES, seeds=1))
    assert err == "warning: one seed has no interval; give more --trials before you believe a difference\n"


@pytest.mark.parametrize("metric, groups", [("lds", "random halves of the training data"), ("leave-one-out", "single")])
def test_agreements_are_a_row_per_method(capsys, metric, groups):
    agreement = Agreement("loss", Interval(0.25, 0.15, 3), Interval(0.5, float("nan"), 1), Interval(-0.1, 0.2, 3))
    print_agreements(Console(), GroupPlan(metric, 8, 0, "scratch"), [agreement])
    title, header, _, row = capsys.readouterr().out.lstrip("\n").splitlines()
    assert title.startswith(f"{metric}: 8 {groups}") and "left out, scratch retrained; " in title
    assert title.endswith("their gradients are zero, batches are divided by their size as before")
    assert header.split() == ["scores", "Spearman", "Kendall", "Pearson"]
    assert row.split() == ["loss", "0.250", "±", "0.15", "0.500", "-0.100", "±", "0.2"]


def test_the_caption_says_what_batches_are_divided_by(capsys):
    print_agreements(Console(), GroupPlan("lds", 8, divisor="remaining"), [])
    assert "batches are divided by what is left of them\n" in capsys.readouterr().out
