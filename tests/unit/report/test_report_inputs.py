"""The request for a report: only the influence CSV is needed, and nobody changes it afterwards."""

import dataclasses

import pytest

from nnabla_influence.report.report_inputs import ReportInputs


def test_all_but_the_scores_is_optional():
    inputs = ReportInputs("influence.csv")
    assert (inputs.curve, inputs.cache, inputs.label, inputs.details, inputs.next_step) == (None, None, None, {}, None)
    assert ReportInputs("a").details is not ReportInputs("b").details


def test_it_stays_as_it_was_made():
    with pytest.raises(dataclasses.FrozenInstanceError):
        ReportInputs("influence.csv").label = "y"


def test_names_of_classes_are_those_beside_the_scores_or_those_that_are_given(tmp_path):
    (tmp_path / "classes.csv").write_text("0,cat\n")
    (tmp_path / "other.csv").write_text("0,dog\n")
    influence = tmp_path / "influence.csv"
    assert (
        dict(ReportInputs(influence).class_names) == {0: "cat"} == dict(ReportInputs(influence, label="y").class_names)
    )
    assert not ReportInputs(influence, label="kind").class_names, "the file is about y"
    given = ReportInputs(influence, label="kind", classes=tmp_path / "other.csv")
    assert dict(given.class_names) == {0: "dog"}
