"""`cleanse --remove auto` in this process: what it makes, says and refuses."""

import pytest

from nnabla_influence.dataset.csv import Table
from nnabla_influence.evaluation.removal_curve import RemovalCurve

AUTO = ("cleanse", "--remove", "auto")
OUTPUTS = ("--output", "clean.csv", "--removed", "removed.csv")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_number_is_chosen_and_everything_it_was_chosen_by_is_kept(command):
    code, out, log = command(*AUTO, "CACHE", "--orders", 2, *OUTPUTS)
    assert code == 0 and "6 rows score, the other 6 choose" in log
    assert "every retraining: clean.retrainings.csv\n" in out
    assert names(command.folder) == ["clean.csv", "clean.influence.csv", "clean.retrainings.csv", "removed.csv"]
    chosen = RemovalCurve.read_csv(command.folder / "clean.retrainings.csv").choices()[0].removed
    assert len(Table.read(command.folder / "clean.csv")) == 24 - chosen
    decided = f"auto: {chosen} samples, selection loss " if chosen else "auto: nothing is worth removing; no number"
    assert decided in out


def test_what_was_retrained_is_not_done_again(command):
    line = (*AUTO, "CACHE", "--orders", 2, *OUTPUTS)
    command(*line)
    before = {name: (command.folder / name).read_bytes() for name in names(command.folder)}
    assert command(*line)[0] == 0
    assert {name: (command.folder / name).read_bytes() for name in names(command.folder)} == before
    code, _, log = command(*AUTO, "CACHE", "--orders", 2, "--split-seed", 3, *OUTPUTS)
    assert code == 2 and "--overwrite" in log
    assert command(*AUTO, "CACHE", "--orders", 2, "--split-seed", 3, "--overwrite", *OUTPUTS)[0] == 0


def test_scores_of_ones_own_need_other_data_to_choose(command, made):
    code, _, log = command(*AUTO, "CACHE", "INFLUENCE", *OUTPUTS)
    assert code == 2 and log == (
        "error: --remove auto with --influence needs --selection CSV: data that did not produce the scores. Or leave "
        "--influence out; then one half of the validation data scores and the other half chooses.\n"
    )
    new = (made / "validation.csv").read_text().replace(".", ".9")  # 0.1234 -> 0.91234
    (command.folder / "selection.csv").write_text(new)
    line = (*AUTO, "CACHE", "INFLUENCE", "--selection", "selection.csv", "--orders", 2, *OUTPUTS)
    assert command(*line)[0] == 0
    assert "clean.influence.csv" not in names(command.folder)


def test_the_objective_is_said_where_scores_are_made_and_nowhere_else(command, made):
    code, out, _ = command(*AUTO, "CACHE", "--objective", "error", "--orders", 2, *OUTPUTS)
    assert code == 0 and "objective: expected validation error)" in out
    assert "influence:error" in Table.read(command.folder / "clean.influence.csv").header
    line = (*AUTO, "CACHE", "INFLUENCE", "--selection", made / "training.csv", "--objective", "error", *OUTPUTS)
    code, _, log = command(*line)
    assert code == 2 and log == (
        "error: --objective says how to score, but --influence holds the scores; leave one of the two out.\n"
    )
    code, _, log = command(
        *AUTO, "--network", "builtin:mlp", "DATA", "--method", "loss", "--objective", "error", *OUTPUTS
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
    line = (*AUTO, "--network", "builtin:mlp", "DATA", "--method", "random", "--orders", 2, *OUTPUTS)
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
