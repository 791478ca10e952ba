"""Equal cells are equal numbers, or files of the same name."""

from pathlib import Path

import pytest

from nnabla_influence.dataset.cell_difference import first_difference, same_cell
from nnabla_influence.dataset.csv import Table


@pytest.mark.parametrize(
    "first, second, same",
    [
        ("1", "1.0", True),
        ("1e-1", "0.1", True),
        ("1", "1.01", False),
        ("img/a.png", "..\\img\\a.png", True),
        ("img/a.png", "img/b.png", False),
        ("1", "1.png", False),
    ],
)
def test_equal_cells(first, second, same):
    assert same_cell(first, second) is same_cell(second, first) is same


def test_the_first_row_and_only_the_columns_that_were_asked_for():
    first = Table(Path("a"), ["x", "y"], [["0", "1"], ["2", "3"], ["4", "5"]])
    second = Table(Path("b"), ["y", "x"], [["1", "9"], ["9", "2"], ["9", "4"]])
    assert first_difference(first, second, [(1, 0)]) == (
        "b: line 3, column 'y': expected '3' as on line 3 of a, found '9'."
    )
    assert first_difference(first, second, [(0, 1)]) == (
        "b: line 2, column 'x': expected '0' as on line 2 of a, found '9'."
    )
    assert first_difference(first, second, []) is None
