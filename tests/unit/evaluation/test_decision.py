"""What a removal curve decides, in the words of each place that says it."""

import math

import pytest
from support.removal_curves import curve

from nnabla_influence.evaluation.choice import Choice
from nnabla_influence.evaluation.decision import Judgement, best_removal, compared_with_random, judged, verdict
from nnabla_influence.evaluation.interval import Interval


def test_a_method_that_beats_random_removal_is_told_with_its_number():
    lines = compared_with_random(curve({"spectral": {10: -0.02, 30: -0.05}, "random": {10: 0.01, 30: 0.02}}))
    assert lines[0].startswith(
        "spectral: removing 30 samples changes the test loss by -0.05 ± 0.00092; that is clearly better than removing "
        "as many at random (-0.07 "
    )
    assert lines[1:] == ["The test loss fell, with zero outside the 95 % interval, for: spectral (remove 30)."]


def test_a_method_that_is_no_better_than_random_is_told_so():
    lines = compared_with_random(curve({"loss": {10: -0.02}, "random": {10: -0.03}}))
    assert "not clearly better than removing as many at random (+0.01" in lines[0]


def test_without_test_data_the_data_that_chose_is_named():
    lines = compared_with_random(curve({"loss": {5: -0.1}}, test=False))
    assert "changes the loss on the half of the validation data that chooses by -0.1 ±" in lines[0]
    assert lines[0].endswith("± 0.00092.") and "random" not in lines[0]
    assert lines[-1].startswith("Without test data this says only")


def test_nothing_worth_removing_is_an_answer():
    lines = compared_with_random(curve({"loss": {5: 0.1}, "spectral": {5: 0.2}}))
    assert lines == [
        "loss: removing nothing is best on the data that chooses.",
        "spectral: removing nothing is best on the data that chooses.",
        "By the selection data, nothing is worth removing.",
    ]


def test_one_trial_is_warned_about():
    lines = compared_with_random(curve({"loss": {5: -0.1}, "random": {5: 0.1}}, seeds=1))
    assert "that is not clearly better" in lines[0], "one trial decides nothing"
    assert lines[1].startswith("One trial cannot tell chance from effect")


NOT_MEASURED = Interval(math.nan, math.nan, 0)
FELL = Interval(-0.05, 0.01, 4)
ROSE = Interval(0.05, 0.01, 4)
UNCLEAR = Interval(-0.05, 0.06, 4)
ALONE = Interval(-0.05, math.nan, 1)


def choice(test_loss, removed=30, method="spectral"):
    return Choice(method, "remove", "scratch", removed, FELL, test_loss, NOT_MEASURED)


@pytest.mark.parametrize(
    "made, judgement",
    [
        (choice(FELL), Judgement.BETTER),
        (choice(ROSE), Judgement.WORSE),
        (choice(UNCLEAR), Judgement.UNCLEAR),
        (choice(ALONE), Judgement.ONE_SEED),
        (choice(NOT_MEASURED), Judgement.NO_TEST_DATA),
        (choice(FELL, removed=0), Judgement.NOTHING),
    ],
)
def test_the_test_loss_judges(made, judgement):
    assert judged(made) is judgement


@pytest.mark.parametrize(
    "choices, said",
    [
        ([choice(FELL), choice(ROSE, method="loss")], "zero outside the 95 % interval, for: spectral (remove 30)."),
        ([choice(UNCLEAR), choice(ALONE)], "On the test data no choice is clearly better than removing nothing."),
        ([choice(NOT_MEASURED)], "Without --test this says only what the selection data favours, which chose the"),
        ([choice(FELL, removed=0)], "By the selection data, nothing is worth removing."),
    ],
)
def test_the_verdict_on_several_methods(choices, said):
    assert said in verdict(choices, "--test")


def test_the_best_of_several_is_named_as_the_page_names_it():
    best = Choice("loss", "remove", "scratch", 1200, FELL, Interval(-0.1, 0.02, 4), Interval(0.0, 0.0, 4))
    assert best_removal([choice(FELL), best, choice(ROSE)], lambda made: f"{made.method}!") == (
        "Test loss went down in 2 of 3 cases, most by loss!: 1,200 samples, test loss -0.1 ± 0.02, test accuracy 0."
    )
