"""A start that fails in NNC Desktop, which has emptied the earlier result before: it can be got back."""

import shutil

import pytest
from support.nnc_clicks import result_folder


@pytest.fixture
def result(scored_project, tmp_path):
    folder = result_folder(scored_project("regression"), tmp_path / "result", desktop=True)
    (folder / "influence.csv").unlink()
    return folder


def test_a_value_that_was_mistyped_costs_nothing(clicks, result):
    good = clicks.desktop("influence", result, method="Loss")
    assert good.code == 0
    scores = good.output.read_bytes()
    bad = clicks.desktop("influence", result, method="magic")
    assert bad.code == 2 and bad.output.read_bytes() == b""
    kept = good.output.parent / "more_files" / "last_good_influence.csv"
    assert f"The last good result is kept in '{kept}'; to get it back, copy it over" in bad.said
    report = clicks.desktop("influence_report", result)
    assert report.code == 2 and "the plugin Influence failed, or is still at work" in report.said
    assert f"kept in '{kept}'" in report.said and report.output.read_bytes() == b""
    shutil.copyfile(str(kept), str(good.output))
    assert good.output.read_bytes() == scores
    assert clicks.desktop("influence_report", result).code == 0
