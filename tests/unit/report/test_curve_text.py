"""The removal curve in words: the decision, the chosen number, its interval."""

import pytest
from support.removal_curves import curve, with_folds

from nnabla_influence.evaluation.decision import decisions
from nnabla_influence.report.curve_text import choice_table, curve_text

CONTROL = {30: 0.0, 90: 0.02}


@pytest.mark.parametrize(
    "changes, settings, cell, sentence",
    [
        ({30: -0.05, 90: 0.1}, {}, "remove 30", "loss: remove 30 samples. Trained from scratch without the 30 most"),
        (
            {30: -0.05},
            {"test": False},
            "remove 30",
            "loss: remove 30 samples. Trained from scratch without the 30 most",
        ),
        ({30: 0.05}, {}, "nothing worth removing", "loss: nothing is worth removing; no number lowers the error"),
        ({30: -0.05}, {"seeds": 1}, "cannot be told", "loss: one training of each kind cannot tell chance from effect"),
        (
            {30: -0.06},
            {"rows": 8, "spread": 0.09},
            "too few rows to tell",
            "loss: the validation rows are too few to tell, and in doubt nothing is removed.",
        ),
    ],
)
def test_cell_and_sentence_are_those_of_the_decision(changes, settings, cell, sentence):
    found = curve({"loss": changes, "random": {number: CONTROL[number] for number in changes}}, **settings)
    header, loss, random = choice_table(found)
    assert (header[-1], loss[-1], random[-1]) == ("decision", cell, "control")
    (decision,) = decisions(found)
    text = curve_text(found)
    assert text.startswith(sentence) and text.startswith(f"{decision.sentence} Lines are means over "), text


def test_every_line_has_its_sentence():
    text = curve_text(curve({"loss": {30: -0.05}, "spectral": {30: 0.05}}))
    assert text.index("loss: remove 30 samples.") < text.index("spectral: nothing is worth removing")


def test_the_choice_is_told_with_its_interval():
    name, start, removed, selection, test_loss, accuracy, _ = choice_table(curve({"loss": {30: -0.05}}))[1]
    assert (name, start, removed) == ("loss", "retrained from scratch", "30")
    assert selection == test_loss == "-0.05 ± 0.00092"  # t(3) * 0.00058 / 2
    assert accuracy == "0"


def test_how_many_labels_are_wrong_is_said_after_what_is_decided():
    text = curve_text(with_folds(curve({"loss": {30: -0.05}}), 20))
    said = (
        "About 20 of 100 labels are wrong beyond the validation rows' share (standard error 4), by 5 networks that did"
    )
    assert f" trainings of each kind). It is the largest number that was tried. {said} not see them. Lines are" in text
