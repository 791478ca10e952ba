"""Cells as numbers, in all the ways people write them."""

import numpy as np
import pandas as pd
import pytest

from nnabla_influence.dataset.importing.column_cells import is_written_number, read_column


def read(cells, commas_are_decimal=False):
    return read_column(pd.Series(cells), "size", commas_are_decimal)


@pytest.mark.parametrize(
    "cells, numbers",
    [
        (["1", " 2.5 ", "-3e-2", "+.5"], [1, 2.5, -0.03, 0.5]),
        (["1,5", "2", "-0,25"], [1.5, 2, -0.25]),
        (["1.234,5", "12.345.678,25"], [1234.5, 12345678.25]),
        (["1,234.5", "12,345,678"], [1234.5, 12345678]),
        (["0,123", "1,500"], [0.123, 1.5]),  # no thousands begin with 0
        (["true", "FALSE"], [1, 0]),
        (["5%", "12.5 %"], [5, 12.5]),
        (["$1,234.50", "-$2", "3 €"], [1234.5, -2, 3]),
        (["1 234,5", "12 345 678", "1\u00a0000,25"], [1234.5, 12345678, 1000.25]),
    ],
)
def test_numbers_are_read_as_they_were_meant(cells, numbers):
    assert read(cells).numbers.tolist() == numbers


@pytest.mark.parametrize("decimal, number", [(True, 1.234), (False, 1234)])
def test_what_could_be_both_follows_the_file(decimal, number):
    assert read(["1,234", "7"], decimal).numbers.tolist() == [number, 7]


def test_a_decimal_comma_is_said():
    assert [note.text for note in read(["1,5", "2"]).notes] == ["numbers have a decimal comma"]


@pytest.mark.parametrize("nothing", ["", "  ", "NA", "n/a", "NaN", "null", "?", "#N/A", None, float("nan")])
def test_what_says_nothing_is_missing(nothing):
    cells = read([nothing, "2", "x"])
    assert cells.missing.tolist() == [True, False, False]
    assert np.isnan(read([nothing, "2"]).numbers).tolist() == [True, False]


def test_few_words_among_numbers_are_missing_and_said():
    cells = read(["1"] * 19 + ["broken"])
    assert np.isnan(cells.numbers[19]) and cells.missing[19]
    assert cells.notes[0].text == "1 cell is no number ('broken'); taken as missing"


def test_many_words_are_text():
    assert read(["1"] * 8 + ["a", "b"]).numbers is None


def test_columns_that_pandas_typed_already():
    assert read([1, 2]).numbers.tolist() == [1, 2]
    assert read([True, False]).numbers.tolist() == [1, 0]
    assert read(pd.array([1, None], dtype="Int64")).missing.tolist() == [False, True]
    cells = read([1.5, np.inf])
    assert cells.missing.tolist() == [False, True] and "infinite" in cells.notes[0].text
    assert read(pd.Categorical(["b", None, "a"])).text.tolist() == ["b", "", "a"]


@pytest.mark.parametrize("cell", ["1 2", "1.2.3", "1,23,4", "0x10", "1_000", "nan", "inf", ""])
def test_other_things_are_no_numbers(cell):
    assert not is_written_number(cell)
