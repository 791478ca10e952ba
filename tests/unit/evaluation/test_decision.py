"""The plain words at the end of the plugin *Removal curve*."""

from support.removal_curves import curve

from nnabla_influence.nnc.actions.conclusion import conclusion


def test_a_method_that_beats_random_removal_is_told_with_its_number():
    lines = conclusion(curve({"spectral": {10: -0.02, 30: -0.05}, "random": {10: 0.01, 30: 0.02}}))
    assert lines[0].startswith(
        "spectral: removing 30 samples changes the test loss by -0.05 ± 0.00092; that is clearly better than removing "
        "as many at random (-0.07 "
    )
    assert lines[1:] == ["The test loss fell, with zero outside the 95 % interval, for: spectral (remove 30)."]


def test_a_method_that_is_no_better_than_random_is_told_so():
    lines = conclusion(curve({"loss": {10: -0.02}, "random": {10: -0.03}}))
    assert "not clearly better than removing as many at random (+0.01" in lines[0]


def test_without_test_data_the_data_that_chose_is_named():
    lines = conclusion(curve({"loss": {5: -0.1}}, test=False))
    assert "changes the loss on the half of the validation data that chooses by -0.1 ±" in lines[0]
    assert lines[0].endswith("± 0.00092.") and "random" not in lines[0]
    assert lines[-1].startswith("Without test data this says only")


def test_nothing_worth_removing_is_an_answer():
    lines = conclusion(curve({"loss": {5: 0.1}, "spectral": {5: 0.2}}))
    assert lines == [
        "loss: removing nothing is best on the data that chooses.",
        "spectral: removing nothing is best on the data that chooses.",
        "By the selection data, nothing is worth removing.",
    ]


def test_one_trial_is_warned_about():
    lines = conclusion(curve({"loss": {5: -0.1}, "random": {5: 0.1}}, seeds=1))
    assert "that is not clearly better" in lines[0], "one trial decides nothing"
    assert lines[1].startswith("One trial cannot tell chance from effect")
