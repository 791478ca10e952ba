"""No text of ours is a formula."""

import pytest

from nnabla_influence.dataset.text_cells import safe_path, safe_text, text_behind

TEXTS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "'quoted",
    "'=1",
    "plain",
    "",
    "-0.5",
    "+3",
    "1e-5",
    "-inf",
]


@pytest.mark.parametrize("text", TEXTS)
def test_text_comes_back_and_is_no_formula(text):
    cell = safe_text(text)
    assert text_behind(cell) == text
    assert not cell.startswith(("=", "@", "\t", "\r"))
    if cell.startswith(("+", "-")):
        float(cell)


def test_numbers_and_plain_text_stay_as_they_are():
    assert [safe_text(text) for text in ("-0.5", "+3", "plain")] == ["-0.5", "+3", "plain"]


def test_a_path_means_the_same_file():
    assert safe_path("=x/a.png") == "./=x/a.png" and safe_path("../a.png") == "../a.png"
