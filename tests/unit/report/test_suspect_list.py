"""The page's part with suspicious validation rows."""

import numpy as np
import pytest

from nnabla_influence.dataset.class_names import NO_NAMES, ClassNames
from nnabla_influence.dataset.csv import Table
from nnabla_influence.errors import DataError
from nnabla_influence.evaluation.confident_learning import LabelNoise
from nnabla_influence.evaluation.suspicious_rows import SuspiciousRows
from nnabla_influence.report import ReportInputs, write_report
from nnabla_influence.report.suspect_list import SuspectList


def written(folder, rows):
    """The list of some rows of the data that ``folder.digits`` was made of, all predicted as class 1."""
    table = Table.read(folder.digits())
    count = len(table)
    noise = LabelNoise(np.eye(3) / 3, np.array(rows, dtype=np.int64), np.ones(count, int), np.linspace(0, 1, count))
    path = folder.path / "suspects.csv"
    data = Table(folder.path / "validation.csv", table.header[:2], [row[:2] for row in table.rows])
    data.path.touch()
    SuspiciousRows(noise, data).to_csv(path, overwrite=True)
    return path


def test_rows_in_the_order_of_the_file_with_pictures(folder):
    suspects = SuspectList.read(written(folder, [5, 0]))
    assert [row.index for row in suspects.rows] == [5, 0] and suspects.total == 2
    first = suspects.rows[0]
    assert first.predicted == "1" and first.picture.startswith("data:image/png") and first.size[0] > 0
    assert suspects.text.startswith("2 validation rows look mislabelled") and "Shown" not in suspects.text
    assert "Shown are the first 1." in SuspectList.read(written(folder, [5, 0]), most=1).text


def test_no_row_is_suspicious(folder):
    suspects = SuspectList.read(written(folder, []))
    assert suspects.rows == [] and suspects.text.startswith("No validation row looks mislabelled")


def test_other_files_are_refused(folder):
    with pytest.raises(DataError, match="self_confidence"):
        SuspectList.read(folder.digits())
    with pytest.raises(DataError):
        SuspectList.read(folder.path / "nothing.csv")


def test_the_page_shows_them(folder):
    inputs = ReportInputs(folder.digits(), suspects=written(folder, [5, 0]))
    page = write_report(inputs, folder.path / "report.html").page.read_text(encoding="utf-8")
    assert page.count('id="suspects-title"') == 1 and '<th scope="row">5</th>' in page
    without = write_report(ReportInputs(folder.digits()), folder.path / "other.html").page.read_text(encoding="utf-8")
    assert "suspects-title" not in without


def test_labels_and_predictions_are_called_by_their_names(folder):
    names = ClassNames({0: "null", 1: "eins", 2: "zwei"})
    plain, named = (SuspectList.read(written(folder, [5, 0]), names=given) for given in (NO_NAMES, names))
    assert [names.say(int(row.label)) for row in plain.rows] == [row.label for row in named.rows]
    assert [names.say(int(row.predicted)) for row in plain.rows] == [row.predicted for row in named.rows]
