"""The removal curve in words: the verdict, the chosen number, its interval."""

import pytest
from support.removal_curves import curve

from nnabla_influence.report.curve_text import choice_table, curve_text


@pytest.mark.parametrize(
    "changes, settings, verdict, sentence",
    [
        (
            {30: -0.05, 90: 0.1},
            {},
            "better",
            "Test loss went down in 1 of 1 cases, most by loss (retrained from scratch): 30 samples, test loss "
            "-0.05 ± 0.00092, test accuracy 0.",
        ),
        ({30: 0.05}, {}, "nothing worth removing", "Nothing is worth removing"),
        ({30: -0.05}, {"seeds": 1}, "one seed says nothing", "No removal changed the test loss for the better"),
        ({30: -0.05}, {"test": False}, "no test data", "No removal changed the test loss for the better"),
    ],
)
def test_verdicts(changes, settings, verdict, sentence):
    found = curve({"loss": changes}, **settings)
    assert choice_table(found)[1][-1] == verdict
    assert curve_text(found).startswith(sentence)


def test_the_choice_is_told_with_its_interval():
    name, start, removed, selection, test_loss, accuracy, _ = choice_table(curve({"loss": {30: -0.05}}))[1]
    assert (name, start, removed) == ("loss", "retrained from scratch", "30")
    assert selection == test_loss == "-0.05 ± 0.00092"  # t(3) * 0.00058 / 2
    assert accuracy == "0"
