"""A retraining's row on disk: nine digits, and the place of what is wrong."""

import math

import pytest

from nnabla_influence.dataset.csv import Table
from nnabla_influence.errors import DataError
from nnabla_influence.evaluation.curve_row import COLUMNS, CurveRow, read_rows, write_rows


def row(**changes):
    values = {
        **{"method": "m", "treatment": "remove", "removed": 10, "start": "scratch", "seed": 3},
        **{"selection_loss": 1 / 3, "selection_accuracy": 0.5, "test_loss": math.nan, "test_accuracy": math.nan},
        **{"seconds": 1.25, "cpu": "a, CPU", "job": "j", "experiment": "e"},
    }
    return CurveRow(**{**values, **changes})


def test_a_row_survives_the_disk_with_nine_digits(tmp_path):
    write_rows(tmp_path / "行 1.csv", [row()])
    (again,) = read_rows(tmp_path / "行 1.csv")
    assert again.key == row().key == ("m", "remove", 10, "scratch", 3)
    assert again.selection_loss == 0.333333333 and math.isnan(again.test_loss) and again.cpu == "a, CPU"
    assert (tmp_path / "行 1.csv").read_text(encoding="utf-8").splitlines()[0] == ",".join(COLUMNS)


def test_infinite_losses_survive_too(tmp_path):
    write_rows(tmp_path / "c.csv", [row(selection_loss=math.inf)])
    assert read_rows(tmp_path / "c.csv")[0].selection_loss == math.inf


def test_another_csv_is_refused_with_the_missing_columns(tmp_path):
    (tmp_path / "x.csv").write_text("method,removed\nm,1\n", encoding="utf-8")
    with pytest.raises(DataError, match="treatment.*is missing.*evaluate"):
        read_rows(tmp_path / "x.csv")


def test_a_broken_cell_is_named_with_line_and_column(tmp_path):
    path = tmp_path / "c.csv"
    write_rows(path, [row(removed=0), row()])
    path.write_text(path.read_text(encoding="utf-8").replace("m,remove,10", "m,remove,ten", 1), encoding="utf-8")
    with pytest.raises(DataError, match="line 3, column removed.*'ten'"):
        read_rows(path)


def test_no_text_of_a_curve_is_a_formula(tmp_path):
    """A CPU's name comes from the machine, a method's perhaps from a table somebody sent."""
    row = CurveRow("=cmd|' /C calc'!A0", "remove", 1, "scratch", 0, -1.5, 0.5, 1.0, 0.5, 2.0, "@cpu", "-job", "+e")
    write_rows(tmp_path / "c.csv", [row])
    (cells,) = Table.read(tmp_path / "c.csv").rows
    assert not [cell for cell in cells if cell[:1] in "=+@" or (cell[:1] == "-" and cell != "-1.5")]
    assert read_rows(tmp_path / "c.csv") == [row]
