"""From raw data to a cleansed data set in three commands: import, run, cleanse."""

import csv
import shlex
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from support.raw_tables import (
    folder_of_digits,
    raw_breast_cancer,
    raw_diabetes,
    raw_digits,
    raw_wine,
    with_flips,
    write_dialect,
)

from nnabla_influence.cli.main import main
from nnabla_influence.dataset.csv import Table


@pytest.fixture()
def typed(tmp_path, monkeypatch, capsys):
    """``typed(line)``: run a command as it is typed, in a folder of its own; returns what it printed."""
    monkeypatch.setenv("NNABLA_INFLUENCE_DATA_CACHE", str(tmp_path / "decoded"))
    (tmp_path / "my work").mkdir()
    monkeypatch.chdir(tmp_path / "my work")

    def run(line):
        capsys.readouterr()
        code = main(shlex.split(line))
        out, run.errors = capsys.readouterr()
        assert code == 0, run.errors
        return out

    return run


def next_line(out):
    """The command that the last line says to type, without the program."""
    return out.strip().splitlines()[-1].replace("next: python -m nnabla_influence ", "")


def three_commands(typed, source, options=""):
    """Type the three commands; returns the scores (N,) in the order of ``training.csv``."""
    out = typed(f"import {source} --output data {options}")
    typed(next_line(out))
    typed("cleanse --influence data/influence.csv --remove 10% --output cleansed.csv --removed removed.csv")
    rows = len(Table.read("data/training.csv"))
    assert len(Table.read("cleansed.csv")) + len(Table.read("removed.csv")) == rows
    with open("data/influence.csv", encoding="utf-8", newline="") as stream:
        lines = list(csv.DictReader(stream))
    score = next(name for name in lines[0] if name.startswith("influence"))
    scores = np.empty(rows)
    scores[[int(line["datasource_index"]) for line in lines]] = [float(line[score]) for line in lines]
    return scores


def flips_of_training_rows(frame, flipped):
    """Find which training rows (N,) were flipped in the source: no two rows have equal numbers."""
    inputs = frame.drop(columns="target").to_numpy(np.float64)
    varies = inputs.min(axis=0) < inputs.max(axis=0)
    source = {tuple(row): flip for row, flip in zip(inputs[:, varies].tolist(), flipped)}
    table = Table.read("data/training.csv")
    return np.array([source[tuple(map(float, cells[:-1]))] for cells in table.rows])


CASES = [
    (raw_wine, "semicolons, decimal commas, cp1252", "", 0.8),
    (raw_wine, "tabs, UTF-16", "", 0.8),
    (raw_breast_cancer, "commas", "", 0.9),
    (raw_breast_cancer, "no header", "--label 31", 0.9),
    (lambda: raw_digits().iloc[:600], "Shift-JIS", "", 0.8),
]


@pytest.mark.parametrize("load, dialect, options, least", CASES)
def test_flipped_labels_of_a_raw_table_come_first(typed, tmp_path, load, dialect, options, least):
    """The bounds are far below what was measured: a table of a few hundred rows has few flips."""
    frame, flipped = with_flips(load(), 0.1, seed=0)
    source = write_dialect(frame, tmp_path / "raw table.csv", dialect)
    before = source.read_bytes()
    scores = three_commands(typed, f"'{source}'", options)
    assert roc_auc_score(flips_of_training_rows(frame, flipped), -scores) > least
    assert source.read_bytes() == before


def test_classes_are_called_by_their_names_from_beginning_to_end(typed, tmp_path):
    source = write_dialect(raw_wine(), tmp_path / "raw.csv", "Shift-JIS")
    three_commands(typed, f"'{source}'", "--ignore 測定値ash")
    cleanse = "cleanse --influence data/influence.csv --remove 30 --output"
    out = typed(f"{cleanse} c.csv --removed r.csv")
    assert "class Barolo: " in out or "class Grignolino: " in out
    (tmp_path / "names.csv").write_text("number,name\n0,A\n1,B\n2,C\n", encoding="utf-8")
    again = typed(f"{cleanse} d.csv --removed e.csv --classes '{tmp_path / 'names.csv'}'")
    assert "class A: " in again or "class B: " in again
    typed("report --influence data/influence.csv --output report.html")
    page = Path("report.html").read_text(encoding="utf-8")
    assert '<span class="pill">Barolo</span>' in page and "Grignolino" in page
    assert {cells[-1] for cells in Table.read("c.csv").rows} <= {"0", "1", "2"}, "NNC's files stay numeric"


def test_values_to_predict(typed, tmp_path):
    """Targets from 25 to 346, a tenth of them wrong: the network learns them in their own unit."""
    frame = raw_diabetes()
    wrong = np.random.default_rng(0).permutation(len(frame)) < len(frame) // 10
    frame["target"] = frame["target"].where(~wrong, 25 + 346 - frame["target"])  # large ones are small
    source = write_dialect(frame, tmp_path / "raw.csv", "tabs, byte-order mark")
    scores = three_commands(typed, source)
    assert roc_auc_score(flips_of_training_rows(frame, wrong), -scores) > 0.6


def test_a_folder_of_images(typed, tmp_path):
    """A tenth of the images lie in the folder of another class."""
    source = folder_of_digits(tmp_path / "my digits", 40)
    chosen = [path for number in range(10) for path in sorted((source / f"digit {number}").iterdir())[:4]]
    for place, path in enumerate(chosen):
        path.rename(source / f"digit {(place // 4 + 1 + place % 9) % 10}" / path.name)
    moved = {path.name for path in chosen}
    scores = three_commands(typed, f"'{source}'")
    flipped = np.array([cells[0].split("/")[-1] in moved for cells in Table.read("data/training.csv").rows])
    assert 25 < flipped.sum() <= 40 and roc_auc_score(flipped, -scores) > 0.7


def test_a_vector_numbered_from_one_is_read_as_nnabla_does(typed, tmp_path):
    random = np.random.default_rng(0)
    for name, rows in (("t", 40), ("v", 20)):
        x = random.standard_normal((rows, 3)).round(3)
        lines = ["x__1,x__2,x__3,y"] + [f"{a},{b},{c},{int(a + b + c > 0)}" for a, b, c in x]
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
    data = f"--train {tmp_path / 't.csv'} --validation {tmp_path / 'v.csv'}"
    typed(f"run --network builtin:mlp {data} --output o.csv --epochs 1")
    assert "vector 'x' has no column x__0; its 3 columns are taken in their order" in typed.errors
    assert Table.read("o.csv").header[:4] == ["x__1", "x__2", "x__3", "y"]
