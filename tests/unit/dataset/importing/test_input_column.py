"""What becomes of a column."""

import numpy as np
import pandas as pd
import pytest

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.dataset.importing.column_cells import read_column
from nnabla_influence.dataset.importing.input_column import judge_column
from nnabla_influence.errors import DataError


def judge(cells, name="size"):
    raw = pd.Series(cells)
    column, notes = judge_column(name, read_column(raw, name), raw)
    return column, [note.text for note in notes]


def values(column, training):
    return column.filled(training).of_rows(np.arange(len(column.cells)))


def test_numbers_stay_numbers():
    column, notes = judge(["1.5", "2", "2"])
    assert column.headers == ["size"] and notes == []
    assert values(column, np.arange(3)).tolist() == [[1.5], [2], [2]]


def test_missing_numbers_become_the_median_of_the_training_rows():
    column, notes = judge(["1", "", "3", "100", ""])
    assert notes == ["2 of 5 missing, filled with the median"]
    assert values(column, np.array([0, 1, 2])).ravel().tolist() == [1, 2, 3, 100, 2]


def test_a_median_of_no_training_row_is_that_of_all():
    assert values(judge(["1", "", "3"])[0], np.array([1])).ravel().tolist() == [1, 2, 3]


def test_categories_become_zeros_and_ones():
    column, notes = judge(["red", "green", "blue", "red"], "colour")
    assert column.headers == ["colour=blue", "colour=green", "colour=red"]
    assert values(column, np.arange(4)).tolist() == [[0, 0, 1], [0, 1, 0], [1, 0, 0], [0, 0, 1]]
    assert notes == ["3 categories (blue, green, red) become 3 columns of 0 and 1"]


def test_of_two_categories_one_says_it_all():
    column, notes = judge(["no", "yes", "no"], "smoker")
    assert column.headers == ["smoker=yes"] and values(column, np.arange(3)).ravel().tolist() == [0, 1, 0]
    assert notes == ["2 categories (no, yes) become a column of 0 and 1"]


def test_a_missing_category_is_a_category_of_its_own():
    column, notes = judge(["a", "", "b", "a"])
    assert column.headers == ["size=a", "size=b", "size=missing"]
    assert values(column, np.arange(4)).tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0], [1, 0, 0]]
    assert notes[1] == "1 of 4 missing, filled with the category 'missing'"
    assert judge(["missing", "", "b", "b"])[0].headers[-1] == "size=(missing)"


@pytest.mark.parametrize(
    "cells, name, reason",
    [
        (["", "NA"], "size", "empty"),
        (["7", "7"], "size", "the same in every row"),
        (["7", ""], "size", "the same in every row"),  # filled with itself
        (["3", "4", "5"], "anything", "only numbers or names the rows"),
        (["7", "3", "9"], "patient_id", "only numbers or names the rows"),
        (["7", "3", "9"], "ID", "only numbers or names the rows"),
        (["Ann", "Bob", "Cid"], "size", "only numbers or names the rows"),
        ([f"n{i}" for i in range(60)] * 2, "size", "60 different texts are too many categories"),
    ],
)
def test_columns_that_say_nothing_are_left_out(cells, name, reason):
    assert judge(cells, name) == (None, [f"left out: {reason}"])


@pytest.mark.parametrize(
    "cells, name",
    [(["7", "3", "9"], "size"), (["7.5", "3", "9"], "id"), (["7", "3", "3"], "id"), (["9", "7"], "humid")],
)
def test_other_numbers_are_kept(cells, name):
    assert judge(cells, name)[0] is not None


@pytest.mark.parametrize(
    "cells",
    [
        ["2024-03-01", "2024-03-02"],
        ["2024-03-01 10:30:00", "2024-03-02T11:00:00Z"],
        ["01.03.2024", ""],
        ["3/1/24", "3/2/24"],
        ["10:30", "11:00"],
        pd.to_datetime(["2024-03-01", "2024-03-02"]),
        pd.to_datetime(["2024-03-01", "2024-03-02"]).tz_localize("UTC"),
        pd.to_timedelta([1, 2], unit="h"),
    ],
)
def test_dates_are_refused_with_a_hint(cells):
    with pytest.raises(DataError, match="got dates or times such as") as caught:
        judge(cells, "sold on")
    assert caught.value.said(IN_COMMANDS).endswith('or leave the column out with --ignore "sold on".')
    assert str(caught.value).endswith('ignore=["sold on"].')
