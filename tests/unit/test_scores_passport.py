"""The passport beside an influence CSV: whoever reads the CSV learns whether it is the one that was written."""

import json
import logging

import numpy as np
import pytest

from nnabla_influence.dataset.csv import Table
from nnabla_influence.objective import Objective
from nnabla_influence.report.provenance import file_rows
from nnabla_influence.report.report_inputs import ReportInputs
from nnabla_influence.report.scored_samples import ScoredSamples
from nnabla_influence.scored_data import ScoredData
from nnabla_influence.scores import InfluenceScores
from nnabla_influence.scores_passport import edits, passport_file, read_passport
from nnabla_influence.workflow.compare import CompareRequest, compare

ROWS = 12
READERS = {
    "cleanse": ScoredData.read,
    "report": ScoredSamples.read,
    "compare": lambda path: compare(CompareRequest([path, path])),
}


@pytest.fixture
def written(tmp_path):
    data = tmp_path / "train.csv"
    data.write_text("x,y\n" + "".join(f"{n},{n % 2}\n" for n in range(ROWS)), encoding="utf-8")
    values = np.linspace(-1, 1, ROWS)
    scores = InfluenceScores(values, "spectral", objective=Objective("error"), fingerprint="a" * 64, seeds=(5,))
    assert scores.to_csv(tmp_path / "influence.csv", Table.read(data)) == []
    return tmp_path / "influence.csv"


def warnings(caplog, read, path):
    caplog.clear()
    with caplog.at_level(logging.WARNING, "nnabla_influence"):
        read(path)
    return [record.getMessage() for record in caplog.records]


def test_it_says_how_the_scores_came_about(written):
    passport = json.loads(passport_file(written).read_text(encoding="utf-8"))
    assert passport_file(written).name == "influence.csv.json"
    assert passport["rows"] == ROWS and len(passport["sha256"]) == 64
    assert (passport["method"], passport["objective"], passport["seeds"]) == ("spectral", "error", [5])
    assert passport["training data"] == "a" * 64 and set(passport["versions"]) >= {
        "nnabla_influence",
        "nnabla",
        "numpy",
    }


@pytest.mark.parametrize("reader", READERS)
def test_an_untouched_csv_is_read_without_a_word_and_so_is_one_without_a_passport(written, caplog, reader):
    assert not warnings(caplog, READERS[reader], written)
    passport_file(written).unlink()
    assert not warnings(caplog, READERS[reader], written)


def half(text):
    lines = text.splitlines(keepends=True)
    return "".join(lines[: 1 + ROWS // 2])


def sorted_anew(text):
    header, *lines = text.splitlines(keepends=True)
    return header + "".join(reversed(lines))


@pytest.mark.parametrize("reader", ["report", "compare"])
def test_half_a_csv_is_noticed(written, caplog, reader):
    written.write_text(half(written.read_text()))
    assert all("it has 6 of its 12 rows" in line for line in warnings(caplog, READERS[reader], written))
    assert warnings(caplog, READERS[reader], written)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("edit", [sorted_anew, lambda text: text.replace("-1,", "-2,", 1)])
def test_an_edited_csv_is_noticed(written, caplog, reader, edit):
    written.write_text(edit(written.read_text()))
    found = warnings(caplog, READERS[reader], written)
    assert found and all("edited since it was written: cells, or their order, are others" in line for line in found)


def test_every_single_changed_byte_is_noticed(written):
    good = written.read_bytes()
    for place in range(len(good)):
        written.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        assert edits(written, ROWS)


def test_the_report_says_it_too(written):
    assert dict(file_rows(ReportInputs(written), ROWS))["influence CSV"] == f"{written}, 12 rows"
    written.write_text(half(written.read_text()))
    assert "edited since it was written" in dict(file_rows(ReportInputs(written), 6))["influence CSV"]


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "no json", '{"format": "influence CSV, 1", "rows": "x"}', "[" * 100_000]
)
def test_a_damaged_passport_is_no_passport_but_noticed(written, text):
    passport_file(written).write_text(text)
    assert read_passport(written) is None and "is damaged" in edits(written, ROWS)


def test_writing_anew_replaces_the_passport_but_no_other_file(written):
    table = Table.read(written.parent / "train.csv")
    scores = InfluenceScores(np.arange(float(ROWS)), "loss")
    assert scores.to_csv(written, table, overwrite=True) == [] and read_passport(written)["method"] == "loss"
    passport_file(written).write_text("my notes")
    (notice,) = scores.to_csv(written, table, overwrite=True)
    assert "influence.csv.json is no passport" in notice and passport_file(written).read_text() == "my notes"


def test_the_mean_of_trials_names_all_seeds():
    trials = [InfluenceScores(np.ones(2), "loss", fingerprint="a", seeds=(seed,)) for seed in (3, 4)]
    mean = InfluenceScores.mean(trials)
    assert mean.seeds == (3, 4) and mean.fingerprint == "a"
