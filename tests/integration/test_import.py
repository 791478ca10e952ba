"""From raw data to a cleansed data set in three commands: import, run, cleanse."""

import csv
import shlex
import zipfile
from collections import OrderedDict
from pathlib import Path
from types import SimpleNamespace

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np
import pytest
from nnabla.utils.save import save
from sklearn.metrics import roc_auc_score
from support.raw_tables import (
    DIALECTS,
    folder_of_digits,
    raw_breast_cancer,
    raw_diabetes,
    raw_digits,
    raw_wine,
    with_flips,
    write_dialect,
)

from nnabla_influence import CleanseRequest, ImportRequest, Project, Share, cleanse_data, import_data
from nnabla_influence.cli.main import main
from nnabla_influence.dataset.csv import Table


@pytest.fixture()
def typed(tmp_path, monkeypatch, capsys):
    """``typed(line)``: run a command as it is typed, in a folder of its own; returns what it printed.

    Afterwards nothing lies outside that folder: not in the home, not beside the source.
    """
    monkeypatch.setenv("NNABLA_INFLUENCE_DATA_CACHE", str(tmp_path / "decoded"))
    for home in ("HOME", "USERPROFILE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(home, str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "my work").mkdir()
    monkeypatch.chdir(tmp_path / "my work")
    run = SimpleNamespace(code=0, errors="")

    def call(line, code=0):
        capsys.readouterr()
        run.code = main(shlex.split(line))
        out, run.errors = capsys.readouterr()
        assert run.code == code, run.errors
        return out

    def outside():
        """The files that are neither in the working folder nor decoded data."""
        return {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and _is_outside(path)}

    def _is_outside(path):
        return path.relative_to(tmp_path).parts[0] not in ("my work", "decoded")

    call.run, call.outside = run, outside
    return call


def next_line(out):
    """The command that the last line says to type, without the program."""
    return out.strip().splitlines()[-1].replace("next: python -m nnabla_influence ", "")


def three_commands(typed, source, options="", network=""):
    """Type the three commands; returns the columns (N,) of the scores in the order of ``training.csv``.

    What they write is where they were told to, and what exists is refused.
    """
    before = typed.outside()
    command = next_line(typed(f"import {source} --output data {options}"))
    typed(f"{command} {network}")
    cleanse = "cleanse --influence data/influence.csv --remove 10% --output cleansed.csv --removed removed.csv"
    typed(cleanse)
    written = {path.relative_to(Path.cwd()).parts[0] for path in Path.cwd().rglob("*") if path.is_file()}
    assert written == {"data", "cleansed.csv", "removed.csv"} and typed.outside() == before
    for line in (f"import {source} --output data {options}", f"{command} {network}", cleanse):
        typed(line, code=2)
        assert "exist" in typed.run.errors and "--overwrite" in typed.run.errors
    rows = len(Table.read("data/training.csv"))
    assert len(Table.read("cleansed.csv")) + len(Table.read("removed.csv")) == rows
    return columns_of(Path("data/influence.csv"), rows)


def columns_of(path, rows):
    """The score and the loss of every row: ``influence`` (N,), ``loss`` (N,)."""
    with open(path, encoding="utf-8", newline="") as stream:
        lines = list(csv.DictReader(stream))
    places = [int(line["datasource_index"]) for line in lines]
    columns = {}
    for wanted in ("influence", "loss"):
        name = next(name for name in lines[0] if name.startswith(wanted))
        columns[wanted] = np.empty(rows)
        columns[wanted][places] = [float(line[name]) for line in lines]
    return SimpleNamespace(**columns)


def flips_of_training_rows(frame, flipped):
    """Find which training rows (N,) were flipped in the source: no two rows have equal numbers."""
    inputs = frame.drop(columns="target").to_numpy(np.float64)
    varies = inputs.min(axis=0) < inputs.max(axis=0)
    source = {tuple(row): flip for row, flip in zip(inputs[:, varies].tolist(), flipped)}
    table = Table.read("data/training.csv")
    return np.array([source[tuple(map(float, cells[:-1]))] for cells in table.rows])


TABLES = {"wine": raw_wine, "breast cancer": raw_breast_cancer, "digits": raw_digits, "diabetes": raw_diabetes}


@pytest.mark.parametrize("name", TABLES)
def test_a_raw_table_is_read_alike_in_every_dialect(typed, tmp_path, name):
    """Byte for byte the same data sets, but for the names of the columns."""
    frame = TABLES[name]()
    label = {"no header": f"--label {len(frame.columns)}"}
    read = {}
    for number, dialect in enumerate(DIALECTS):
        source = write_dialect(frame, tmp_path / f"raw {number}.csv", dialect)
        typed(f"import '{source}' --output d{number} {label.get(dialect, '')} --task {TASKS.get(name, 'auto')}")
        read[dialect] = [Table.read(f"d{number}/{part}.csv").rows for part in ("training", "validation")]
    first, *others = read.values()
    assert len(first[0]) > 3 * len(first[1]) > 0 and all(other == first for other in others)


TASKS = {"diabetes": "regression"}
CASES = [
    (raw_wine, "semicolons, decimal commas, cp1252", "", 0.95),
    (raw_wine, "tabs, UTF-16", "", 0.95),
    # Three or four of the 50 flips are of tumours on the border of the two kinds: they are not odd to the network (loss
    # .2 to 1.5, 1.7 and more for others), and every method with a gradient finds them helpful, also with clean
    # validation rows. With the seeds 0 to 2 of the flips that is .961, .942 and .950.
    (raw_breast_cancer, "commas", "", 0.95),
    (raw_breast_cancer, "no header", "--label 31", 0.95),
    (raw_digits, "Shift-JIS", "", 0.95),
    (raw_digits, "tabs, byte-order mark", "", 0.95),
]


@pytest.mark.parametrize("load, dialect, options, least", CASES)
def test_flipped_labels_of_a_raw_table_come_first(typed, tmp_path, load, dialect, options, least):
    """A tenth of the labels is wrong, those of the validation rows too."""
    frame, flipped = with_flips(load(), 0.1, seed=0)
    source = write_dialect(frame, tmp_path / "raw table.csv", dialect)
    found = three_commands(typed, f"'{source}'", options)
    truth = flips_of_training_rows(frame, flipped)
    assert roc_auc_score(truth, -found.influence) > least
    assert roc_auc_score(truth, found.loss) > 0.95


def test_a_data_frame(tmp_path, monkeypatch):
    """The same three steps in Python."""
    monkeypatch.setenv("NNABLA_INFLUENCE_DATA_CACHE", str(tmp_path / "decoded"))
    monkeypatch.chdir(tmp_path)
    frame, flipped = with_flips(raw_wine(), 0.1, seed=0)
    imported = import_data(ImportRequest(frame, "data", labels="target"))
    project = Project.open(imported.network, imported.files["training"], imported.files["validation"])
    scores = project.score(project.train("data/cache.h5"), output="data/influence.csv")
    cleanse_data(CleanseRequest("data/influence.csv", Share(0.1), "cleansed.csv", "removed.csv"))
    assert roc_auc_score(flips_of_training_rows(frame, flipped), -scores.values) > 0.95
    assert len(Table.read("cleansed.csv")) == len(scores.values) - round(0.1 * len(scores.values))
    assert {path.name for path in tmp_path.iterdir()} == {"data", "decoded", "cleansed.csv", "removed.csv"}


def test_a_network_that_nnabla_saved(typed, tmp_path):
    """A graph without a training: its loss and its inputs are stated."""
    scope = OrderedDict()
    with nn.parameter_scope("", scope), nn.auto_forward(False):
        nn.random.prng, before = np.random.RandomState(0), nn.random.prng
        pixels, digit = nn.Variable((16, 61)), nn.Variable((16, 1))  # three pixels are 0 everywhere
        hidden = F.relu(PF.affine(F.mul_scalar(pixels, 1 / 16), 64, name="hidden"))
        loss = F.mean(F.softmax_cross_entropy(PF.affine(hidden, 10, name="output"), digit))
        nn.random.prng = before
        graph = {
            "name": "net",
            "batch_size": 16,
            "outputs": {"loss": loss},
            "names": {"pixels": pixels, "digit": digit},
        }
        runs = {"name": "run", "network": "net", "data": ["pixels", "digit"], "output": ["loss"]}
        save(str(tmp_path / "saved.nnp"), {"networks": [graph], "executors": [runs]})
    frame, flipped = with_flips(raw_digits(), 0.1, seed=0)
    source = write_dialect(frame, tmp_path / "raw.csv", "commas")
    stated = "--input pixels=x digit=y --loss loss --learning-rate 0.05 --epochs 20"
    found = three_commands(typed, f"'{source}'", network=f"--network '{tmp_path / 'saved.nnp'}' {stated}")
    assert roc_auc_score(flips_of_training_rows(frame, flipped), -found.influence) > 0.95
    typed(
        f"score --network '{tmp_path / 'saved.nnp'}' --train data/training.csv --validation data/validation.csv "
        "--output other.csv",
        code=2,
    )
    assert "--input VARIABLE=COLUMN" in typed.run.errors and "results.nnp" in typed.run.errors


def test_an_old_result_folder(typed, tmp_path, trained_project):
    """``net.nntxt`` with ``parameters.h5`` beside it gives the scores of the ``results.nnp`` it was."""
    project = trained_project("affine", relative_uri=True).folder
    with zipfile.ZipFile(project / "results.nnp") as archive:
        (tmp_path / "parameters.h5").write_bytes(archive.read("parameter.h5"))
    data = f"--train '{project / 'training.csv'}' --validation '{project / 'validation.csv'}'"
    typed(f"score --network '{project / 'results.nnp'}' {data} --output new.csv")
    (tmp_path / "net.nntxt").write_bytes((project / "net.nntxt").read_bytes())
    typed(f"score --network '{tmp_path / 'net.nntxt'}' {data} --output old.csv")
    assert "parameters.h5 (beside net.nntxt)" in typed.run.errors
    assert Path("old.csv").read_bytes() == Path("new.csv").read_bytes()
    (tmp_path / "parameters.h5").rename(tmp_path / "elsewhere.h5")
    old = f"score --network '{tmp_path / 'net.nntxt'}' {data} --output again.csv"
    typed(old, code=2)
    assert "holds no trained parameters" in typed.run.errors
    typed(f"{old} --parameters '{tmp_path / 'elsewhere.h5'}'")
    assert Path("again.csv").read_bytes() == Path("new.csv").read_bytes()


def test_a_class_is_asked_for_by_its_name(typed, tmp_path):
    source = write_dialect(raw_wine(), tmp_path / "raw.csv", "commas")
    command = next_line(typed(f"import '{source}' --output data")).replace("data/influence.csv", "")
    typed(f"{command} by_name.csv --target class=Barolo")
    assert "(class=Barolo)" in typed.run.errors
    number = Path("data/classes.csv").read_text(encoding="utf-8").split(",Barolo")[0].splitlines()[-1]
    typed(f"{command} by_number.csv --target class={number}")
    assert Path("by_name.csv").read_bytes() == Path("by_number.csv").read_bytes()
    typed(f"{command} other.csv --target class=Barollo", code=2)
    assert "Did you mean Barolo?" in typed.run.errors and not Path("other.seed0.h5").exists(), "before it trains"
    (tmp_path / "names.csv").write_text("number,name\n0,Rosso\n", encoding="utf-8")
    typed(f"{command} other.csv --target class=Rosso --classes '{tmp_path / 'names.csv'}'")


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
    found = three_commands(typed, f"'{source}'")
    assert roc_auc_score(flips_of_training_rows(frame, wrong), -found.influence) > 0.6


def test_a_folder_of_images(typed, tmp_path):
    """A tenth of the images lie in the folder of another class."""
    source = folder_of_digits(tmp_path / "my digits", 120)
    chosen = [path for number in range(10) for path in sorted((source / f"digit {number}").iterdir())[:12]]
    for place, path in enumerate(chosen):
        path.rename(source / f"digit {(place // 12 + 1 + place % 9) % 10}" / path.name)
    moved = {path.name for path in chosen}
    found = three_commands(typed, f"'{source}'")
    flipped = np.array([cells[0].split("/")[-1] in moved for cells in Table.read("data/training.csv").rows])
    assert 75 < flipped.sum() <= 120 and roc_auc_score(flipped, -found.influence) > 0.95


def test_a_vector_numbered_from_one_is_read_as_nnabla_does(typed, tmp_path):
    random = np.random.default_rng(0)
    for name, rows in (("t", 40), ("v", 20)):
        x = random.standard_normal((rows, 3)).round(3)
        lines = ["x__1,x__2,x__3,y"] + [f"{a},{b},{c},{int(a + b + c > 0)}" for a, b, c in x]
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
    data = f"--train {tmp_path / 't.csv'} --validation {tmp_path / 'v.csv'}"
    typed(f"run --network builtin:mlp {data} --output o.csv --epochs 1")
    assert "vector 'x' has no column x__0; its 3 columns are taken in their order" in typed.run.errors
    assert Table.read("o.csv").header[:4] == ["x__1", "x__2", "x__3", "y"]
