"""`cleanse --remove auto` in this process: what it makes, says and refuses."""

import numpy as np
import pytest

from nnabla_influence.dataset.csv import Table
from nnabla_influence.evaluation.decision import Decision, Outcome
from nnabla_influence.evaluation.gain import Gain
from nnabla_influence.evaluation.number_search import NumberSearch
from nnabla_influence.evaluation.removal_curve import RemovalCurve

AUTO = ("cleanse", "--remove", "auto")
CHEAP = ("--orders", 2, "--retrain", "last-epoch", "--confirm", "last-epoch")
OUTPUTS = ("--output", "clean.csv", "--removed", "removed.csv")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_number_is_chosen_and_everything_it_was_chosen_by_is_kept(command):
    code, out, log = command(*AUTO, "CACHE", *CHEAP, *OUTPUTS)
    assert code == 0 and "6 rows score, the other 6 choose" in log
    assert "every retraining: clean.retrainings.csv\n" in out
    assert names(command.folder) == [
        "clean.csv",
        "clean.influence.csv",
        "clean.influence.csv.json",
        "clean.retrainings.csv",
        "clean.retrainings.rows.npz",
        "removed.csv",
    ]
    curve = RemovalCurve.read_csv(command.folder / "clean.retrainings.csv")
    removed = (command.folder / "removed.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert len(Table.read(command.folder / "clean.csv")) + len(removed) == 24
    assert ("auto: spectral: remove " in out) == bool(removed) and all(row.job in curve.figures for row in curve.rows)


@pytest.mark.parametrize("number", [0, 3])
def test_as_many_go_as_was_decided_and_the_sentence_says_why(command, monkeypatch, number):
    asked = []

    def decided(trial, data, search, *others):
        asked.append(search)
        outcome = Outcome.REMOVE if number else Outcome.NOTHING
        gain = Gain(0.03, 0.005, 0.002, 0.001, 40.0, 400, 5)
        return Decision(outcome, "spectral", "remove", "scratch", number, (3,), "selection", gain), RemovalCurve(())

    monkeypatch.setattr("nnabla_influence.workflow.choose.choose_number", decided)
    code, out, _ = command(*AUTO, "CACHE", "--split-seed", 4, *OUTPUTS)
    assert code == 0
    said = (
        "auto: spectral: remove 3 samples. Trained" if number else "auto: spectral: nothing is worth removing. Trained"
    )
    assert said in out
    assert len(Table.read(command.folder / "clean.csv")) == 24 - number
    worst = Table.read(command.folder / "clean.influence.csv").rows[:number]
    removed = (command.folder / "removed.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert sorted(removed) == sorted(",".join(row[:4]) for row in worst)
    assert asked == [NumberSearch(5, start="scratch", confirm="scratch", split_seed=4)]


def test_new_labels_may_be_the_answer(command, monkeypatch):
    asked = []

    def decided(trial, data, search, *others):
        asked.append(search.treatments)
        gain = Gain(0.03, 0.005, 0.002, 0.001, 40.0, 400, 5)
        decision = Decision(Outcome.REMOVE, "spectral", "relabel", "scratch", 3, (3,), "selection", gain)
        return decision, RemovalCurve(())

    monkeypatch.setattr("nnabla_influence.workflow.choose.choose_number", decided)
    code, out, _ = command(*AUTO, "CACHE", "--treatment", "remove", "relabel", *OUTPUTS)
    assert code == 0 and asked == [("remove", "relabel")]
    assert "auto: spectral: relabel 3 samples. Trained" in out and "relabelled data set clean.csv" in out
    assert len(Table.read(command.folder / "clean.csv")) == 24, "every row is kept"


def test_auto_is_told_by_treatment_that_labels_may_change(command):
    code, _, log = command(*AUTO, "CACHE", "--relabel", "--output", "clean.csv", "--changed", "changed.csv")
    assert (code, log) == (
        2, "error: --remove auto decides what to do; say --treatment remove relabel instead of --relabel.\n",
    )  # fmt: skip


@pytest.mark.parametrize("confirm", ["scratch", "last-epoch"])
def test_where_retraining_starts_is_handed_on_and_what_an_epoch_cannot_show_is_said(command, confirm):
    code, _, log = command(*AUTO, "CACHE", "--orders", 2, "--retrain", "last-epoch", "--confirm", confirm, *OUTPUTS)
    assert code == 0 and "choosing how many to remove takes up to " in log
    assert ("may still do harm in a training from scratch" in log) == (confirm == "last-epoch")
    curve = RemovalCurve.read_csv(command.folder / "clean.retrainings.csv")
    assert {row.start for row in curve.rows if row.seed < 2} == {"last-epoch"}
    assert {row.start for row in curve.rows if row.seed >= 2} <= {confirm}


@pytest.mark.parametrize("option", ["--retrain", "--confirm"])
def test_there_are_two_starts(command, option):
    code, _, log = command(*AUTO, "CACHE", option, "middle", *OUTPUTS)
    assert code == 2 and f"argument {option}: invalid choice: 'middle'" in log


def test_what_was_retrained_is_not_done_again(command):
    line = (*AUTO, "CACHE", *CHEAP, *OUTPUTS)
    command(*line)
    before = {name: (command.folder / name).read_bytes() for name in names(command.folder)}
    code, _, log = command(*line)
    assert code == 2 and "replace it with --overwrite" in log
    code, _, log = command(*line, "--overwrite")
    assert code == 0 and "retraining: " not in log, "the retrainings are of the same experiment"
    assert {name: (command.folder / name).read_bytes() for name in names(command.folder)} == before
    assert command(*AUTO, "CACHE", *CHEAP, "--split-seed", 3, "--overwrite", *OUTPUTS)[0] == 0
    with np.load(command.folder / "clean.retrainings.rows.npz") as figures:
        jobs = {name.split(".")[0] for name in figures.files if "." in name}
    table = Table.read(command.folder / "clean.retrainings.csv")
    assert jobs == {row[table.header.index("job")] for row in table.rows}, "the figures of the other halves are gone"


def test_the_same_comes_out_with_workers(command):
    command(*AUTO, "CACHE", *CHEAP, *OUTPUTS)
    alone = (command.folder / "clean.csv").read_bytes()
    with np.load(command.folder / "clean.retrainings.rows.npz") as file:
        figures = {name: file[name].tobytes() for name in file.files}
    code, _, _ = command(*AUTO, "CACHE", *CHEAP, "--workers", 2, "--overwrite", *OUTPUTS)
    assert code == 0 and (command.folder / "clean.csv").read_bytes() == alone
    with np.load(command.folder / "clean.retrainings.rows.npz") as file:
        assert {name: file[name].tobytes() for name in file.files} == figures


def test_scores_of_ones_own_need_other_data_to_choose(command, made):
    code, _, log = command(*AUTO, "CACHE", "INFLUENCE", *OUTPUTS)
    assert code == 2 and log == (
        "error: --remove auto with --influence needs --selection CSV: data that did not produce the scores. Or leave "
        "--influence out; then one half of the validation data scores and the other half chooses.\n"
    )
    new = (made / "validation.csv").read_text().replace(".", ".9")  # 0.1234 -> 0.91234
    (command.folder / "selection.csv").write_text(new)
    line = (*AUTO, "CACHE", "INFLUENCE", "--selection", "selection.csv", *CHEAP, *OUTPUTS)
    assert command(*line)[0] == 0
    assert "clean.influence.csv" not in names(command.folder)


def test_the_objective_is_said_where_scores_are_made_and_nowhere_else(command, made):
    code, out, _ = command(*AUTO, "CACHE", "--objective", "error", *CHEAP, *OUTPUTS)
    assert code == 0 and "objective: expected validation error)" in out
    assert "influence:error" in Table.read(command.folder / "clean.influence.csv").header
    line = (*AUTO, "CACHE", "INFLUENCE", "--selection", made / "training.csv", "--objective", "error", *OUTPUTS)
    line = (*line, "--overwrite")
    code, _, log = command(*line)
    assert code == 2 and log == (
        "error: --objective says how to score, but --influence holds the scores; leave one of the two out.\n"
    )
    code, _, log = command(
        *AUTO, "--network", "builtin:mlp", "DATA", "--method", "loss", "--objective", "error", *OUTPUTS, "--overwrite"
    )
    assert code == 2 and "--objective error means nothing to --method loss; leave it out" in log
    assert "clean.seed0.h5" not in names(command.folder)


@pytest.mark.parametrize("typed", [("DATA",), ("CACHE", "--network", "builtin:mlp")])
def test_either_a_cache_or_a_network_is_retrained(command, typed):
    code, _, log = command(*AUTO, *typed, *OUTPUTS)
    assert code == 2 and log == (
        "error: --remove auto retrains: give --cache C.h5 (from train) or --network N, one of the two.\n"
    )
    assert names(command.folder) == []


def test_a_network_is_trained_first(command):
    line = (*AUTO, "--network", "builtin:mlp", "DATA", "--method", "random", *CHEAP, *OUTPUTS)
    assert command(*line)[0] == 0
    assert "clean.seed0.h5" in names(command.folder)


def test_an_interruption_says_what_is_kept(command, monkeypatch):
    def interrupted(*arguments, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr("nnabla_influence.cli.automatic.choose", interrupted)
    code, _, log = command(*AUTO, "CACHE", *OUTPUTS)
    assert code == 130 and log.endswith(
        "interrupted: what is finished lies in 'clean.csv' and in the files named after it. The same command goes on.\n"
    )
