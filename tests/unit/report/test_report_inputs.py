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
