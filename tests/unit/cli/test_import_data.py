"""`import`: what it prints, and the next command."""

import shlex
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from support.raw_tables import folder_of_digits, raw_wine

from nnabla_influence.cli.main import build_parser, main


@pytest.fixture()
def wine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    raw_wine().to_csv("wine.csv")
    return "wine.csv"


def next_command(out):
    """The last line, as its words behind the program."""
    line = out.strip().splitlines()[-1]
    assert line.startswith("next: python -m nnabla_influence run ")
    return shlex.split(line)[4:]


def test_it_lists_decisions_files_and_the_next_command(wine, capsys):
    assert main(["import", wine, "--output", "data"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert lines[:3] == [
        "- column 'target': taken as the label, by its name",
        "- column 'target': 3 classes (Barbera, Barolo, Grignolino)",
        "- column 'column 1': left out: only numbers or names the rows",
    ]
    assert lines[3:6] == [
        "training:   data/training.csv (142 rows)",
        "validation: data/validation.csv (36 rows)",
        "classes:    data/classes.csv (3 names)",
    ]
    args = build_parser().parse_args(next_command(out))
    assert (args.command, args.network, str(args.output)) == ("run", "builtin:mlp", "data/influence.csv")


def test_quiet_prints_the_next_command_only(wine, capsys):
    assert main(["import", wine, "--output", "data", "--quiet"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_options_arrive(wine, capsys):
    columns = ["--label", "proline", "--ignore", "hue", "ash", "--task", "regression"]
    text = ["--header", "yes", "--encoding", "utf-8"]
    rows = ["--test", "--validation", "0.25", "--seed", "3"]
    assert main(["import", wine, "--output", "my data", *columns, *text, *rows]) == 0
    out = capsys.readouterr().out
    assert "- left out as asked: hue, ash" in out and "test:       my data" in out and "classes:" not in out
    header = Path("my data/training.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header.endswith("y:proline") and "hue" not in header and "target=Barolo" in header
    args = build_parser().parse_args(next_command(out))
    assert (args.train, args.task) == (Path("my data/training.csv"), "regression")


def test_images_that_differ_are_reported_with_the_option_that_settles_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    source = folder_of_digits(tmp_path / "digits", 5)
    Image.new("RGB", (12, 9)).save(str(source / "digit 1" / "other.png"))
    assert main(["import", "digits", "--output", "data"]) == 0
    out, err = capsys.readouterr()
    assert "import again with --colours grey or rgb --overwrite" in err
    args = build_parser().parse_args(next_command(out))
    assert (args.image_size, args.network, args.batch_size) == ((8, 8), "builtin:cnn", 16)
    assert main(["import", "digits", "--output", "data", "--colours", "grey", "--overwrite"]) == 0
    assert "warning" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["none.csv"], "got no such file"),
        (["wine.csv", "--label", "grape"], "expected one of the columns"),
        (["wine.csv", "--label", "tarjet"], "got 'tarjet'. Did you mean target?"),
        (["wine.csv", "--validation", "0"], "Expected a validation share above 0"),
        (["wine.csv", "--encoding", "klingon"], "klingon"),
        (["dates.csv"], '--ignore "sold"'),
        (["table.xlsx"], "pip install openpyxl"),
    ],
)
def test_wrong_requests(wine, capsys, monkeypatch, arguments, message):
    monkeypatch.setattr("nnabla_influence.dataset.importing.source_table.find_spec", lambda module: None)
    pd.DataFrame({"sold": ["2024-01-02", "2024-01-03"], "y": [0, 1]}).to_csv("dates.csv", index=False)
    open("table.xlsx", "wb").close()
    assert main(["import", *arguments, "--output", "data"]) == 2
    assert message.lower() in capsys.readouterr().err.lower()
