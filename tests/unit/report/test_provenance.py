"""What scores cost and how they were made, in rows of names and values."""

from types import SimpleNamespace

import pytest
from support.removal_curves import curve

from nnabla_influence.errors import DataError
from nnabla_influence.report import provenance
from nnabla_influence.report.report_inputs import ReportInputs


def test_without_a_cache_only_files_and_details_are_known(tmp_path):
    path = tmp_path / "influence.csv"
    path.write_bytes(b"x")
    inputs = ReportInputs(path, details={"training": "12 s"})
    assert provenance.open_cache(None, 5) is None
    assert provenance.cost_rows(inputs, None, None) == [("training", "12 s")]
    assert provenance.file_rows(inputs, 1234) == [("influence CSV", f"{path}, 1,234 rows")]
    assert provenance.cache_rows(None) == []


def test_retrainings_are_counted_with_their_seconds(tmp_path):
    rows = dict(provenance.cost_rows(ReportInputs(tmp_path), None, curve({"loss": {3: -0.1}})))
    assert rows["retrainings of the removal curve"] == "8, 16 s in all" and rows["processors"] == "cpu A"


def test_the_training_of_other_samples_is_refused(monkeypatch):
    import nnabla_influence.training

    cache = SimpleNamespace(passport={"training_data": {"samples": 96}})
    monkeypatch.setattr(nnabla_influence.training.TrainingCache, "open", lambda path: cache)
    assert provenance.open_cache("c.h5", 96) is cache
    with pytest.raises(DataError, match="the training of the 7 samples that were scored, found one with 96"):
        provenance.open_cache("c.h5", 7)


def test_settings_inside_settings_are_told_by_their_path():
    settings = {"solver": {"name": "Sgd", "learning_rate": 0.05, "more": {}}, "batch_size": 32}
    assert list(provenance._flat(settings)) == [
        ("solver, name", "Sgd"),
        ("solver, learning rate", "0.05"),
        ("batch size", "32"),
    ]
