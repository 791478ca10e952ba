"""`cleanse` in this process: which rows go where, and which options go together."""

import argparse
from pathlib import Path

import pytest
from support.scored_files import write_influence, write_train

from nnabla_influence.cleansing import Count, Share
from nnabla_influence.cli import cleanse
from nnabla_influence.cli.main import main
from nnabla_influence.dataset.csv import Table

OUTPUTS = ("--output", "clean.csv", "--removed", "removed.csv")


@pytest.fixture
def files(tmp_path, monkeypatch):
    """An influence CSV of 12 rows, of which 7, 4, 1 and 10 are the most harmful, and its training CSV."""
    train = write_train(tmp_path / "data")
    influence = write_influence(train, tmp_path / "influence.csv")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return train, influence


@pytest.fixture
def run(files, capsys):
    """``run(*options)``: (exit code, stdout, stderr)."""

    def command(*options, outputs=OUTPUTS):
        capsys.readouterr()
        code = main(["cleanse", "--influence", str(files[1]), *map(str, options), *outputs])
        return (code, *capsys.readouterr())

    return command


def numbers(name):
    """Which rows a file holds, by the number in their image's name."""
    return [int(row[0].rpartition(" ")[2].partition(".")[0]) for row in Table.read(name).rows]


@pytest.mark.parametrize(
    "options, gone",
    [(("--remove", 2), [4, 7]), (("--remove", "25%"), [1, 4, 7]), (("--below", "-1.5"), [4, 7]),
     (("--below", "-1e0"), [4, 7]), (("--remove", 0), []), (("--remove", 1, "--score", "loss"), [11])],
)  # fmt: skip
def test_every_row_is_in_one_of_the_two_files(run, options, gone):
    code, out, _ = run(*options)
    headers = [Path(name).read_text(encoding="utf-8").splitlines()[0] for name in ("removed.csv", "clean.csv")]
    assert code == 0 and headers == ["x:image,v__0,v__1,y:label"] * 2
    kept = [row for row in range(12) if row not in gone]
    assert numbers("clean.csv") == kept and (numbers("removed.csv") if gone else []) == gone
    share = f"{len(gone)} of 12 rows removed ({len(gone) / 12:.1%}): cleansed data set clean.csv ({len(kept)} rows), "
    assert f"{share}removed removed.csv\n" in out
    assert ("no row is removed; the removed CSV is a header only" in out) == (not gone)


def test_a_list_and_the_training_csv_with_its_comments(run, files, tmp_path):
    (tmp_path / "ticked.csv").write_text("datasource_index\n3\n0\n")
    assert run("--list", tmp_path / "ticked.csv", "--train", files[0])[0] == 0
    assert Table.read("removed.csv").header == Table.read(files[0]).header
    assert [row[0] for row in Table.read("removed.csv").rows] == ["Ann, 0", "Ann, 3"]


def test_relabelled_rows_keep_their_place(run):
    code, out, _ = run("--remove", 3, "--relabel", outputs=("--output", "new.csv", "--changed", "changed.csv"))
    assert code == 0 and numbers("new.csv") == list(range(12)) and numbers("changed.csv") == [1, 4, 7]
    assert (
        "3 of 12 rows relabelled; 0 of the 3 selected have the predicted label already: relabelled data set new.csv, "
        "changed rows changed.csv\n"
    ) in out
    assert "relabelled: class 1: 3 of 4\n" in out


def test_a_class_that_loses_most_of_its_rows_is_warned_about(run):
    code, out, err = run("--remove", 3)
    assert code == 0 and "removed: class 1: 3 of 4\n" in out
    assert err.startswith("warning: class 1 loses 3 of its 4 samples, more than half; look at the removed rows")


def test_quiet_says_nothing_but_warnings(run):
    assert run("--remove", 1, "--quiet")[1:] == ("", "")


@pytest.mark.parametrize(
    "options, outputs, said",
    [
        (
            ("--remove", 2, "--relabel"), OUTPUTS,
            "error: --removed cannot be given with --relabel; expected --changed CSV.\n",
        ),
        (
            ("--remove", 2), ("--output", "c.csv", "--changed", "r.csv"),
            "error: --changed cannot be given without --relabel; expected --removed CSV.\n",
        ),
        (
            ("--remove", 2), ("--output", "c.csv"),
            "error: Expected --removed CSV, where the removed rows are written; give it.\n",
        ),
        (("--remove", 12), OUTPUTS, "but all 12 would be removed. Remove fewer.\n"),
        (
            ("--below", 1, "--score", "loss"), OUTPUTS,
            "error: --below goes with scores, of which low ones are harmful; of losses high ones are odd. Say --remove "
            "N or --list CSV with --score loss.\n",
        ),
        (
            ("--remove", 2, "--orders", 3, "--workers", 2), OUTPUTS,
            "error: --orders and --workers can be given with --remove auto only; leave it out.\n",
        ),
        (
            ("--remove", 2, "--objective", "error"), OUTPUTS,
            "error: --objective can be given with --remove auto only; leave it out.\n",
        ),
        (("--remove", 2), ("--output", "c.csv", "--removed", "c.csv"), "got one twice"),
    ],
)  # fmt: skip
def test_options_that_do_not_go_together(run, tmp_path, options, outputs, said):
    code, out, err = run(*options, outputs=outputs)
    assert (code, out) == (2, "") and said in err
    assert not list((tmp_path / "work").iterdir())


def test_without_an_influence_csv_only_auto_can_work(files, capsys):
    assert main(["cleanse", "--remove", "2", *OUTPUTS]) == 2
    message = "error: Expected --influence CSV, as score writes it; only --remove auto makes one itself.\n"
    assert capsys.readouterr().err == message


def test_what_is_read_is_never_written_over(files, capsys):
    for path in files:
        before = path.read_bytes()
        line = [
            "cleanse",
            "--influence",
            str(files[1]),
            "--train",
            str(files[0]),
            "--remove",
            "2",
            "--output",
            str(path),
        ]
        assert main([*line, "--removed", "r.csv"]) == 2 and "got one that is read" in capsys.readouterr().err
        assert path.read_bytes() == before


def test_amounts_and_thresholds_as_they_are_typed():
    assert cleanse.amount_or_auto("auto") == "auto"
    assert cleanse.amount_or_auto("100") == Count(100) and cleanse.amount_or_auto("2%") == Share(0.02)
    assert cleanse.finite("-1e-4") == -1e-4
    for text in ("nan", "inf", "much"):
        with pytest.raises(argparse.ArgumentTypeError, match=f"expected a number, got '{text}'"):
            cleanse.finite(text)
