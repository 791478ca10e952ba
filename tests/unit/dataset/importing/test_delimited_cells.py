"""Columns of a text, whatever pieces it is cut into."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from nnabla_influence.dataset.importing import delimited_cells
from nnabla_influence.dataset.importing.column_cells import is_missing
from nnabla_influence.dataset.importing.delimited_cells import DelimitedCells
from nnabla_influence.errors import DataError

HERE = Path("table.csv")
HEADER = "a,b,c"
NUMBERS = [f"{k / 8},{k},-{k}e-1" for k in range(40)]


@pytest.fixture(params=[1, 30, 1 << 23], ids="pieces of {}".format, autouse=True)
def piece(request, monkeypatch):
    monkeypatch.setattr(delimited_cells, "PIECE", request.param)
    monkeypatch.setattr(delimited_cells, "ROWS", 1 + request.param // 8)
    monkeypatch.setattr(delimited_cells, "MOST_SHARED", 2)
    return request.param


def columns(text, separator=","):
    return DelimitedCells(text, separator, HERE).columns(header=True)


def expected(text, separator):
    """Every cell by itself: numbers where all cells of a column are numbers or missing."""
    _, *rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if row]
    for column in zip(*rows):
        try:
            yield np.array([np.nan if is_missing(cell) else float(cell) for cell in column])
        except ValueError:
            yield np.array(column, object)


TEXTS = {
    "numbers": "\n".join([HEADER, *NUMBERS]),
    "numbers, ended": "\n".join([HEADER, *NUMBERS, ""]),
    "Windows": "\r\n".join([HEADER, *NUMBERS, ""]),
    "old Macintosh": "\r".join([HEADER, *NUMBERS, ""]),
    "blank lines": "\n".join(["", HEADER, *NUMBERS[:9], "", "", *NUMBERS[9:], "", ""]),
    "gaps": "\n".join([HEADER, *NUMBERS[:30], "1,,NA", "?, ,2", *NUMBERS[30:]]),
    "an empty column": "\n".join([HEADER, "1,,2", "3,,4"]),
    "a word late": "\n".join([HEADER, *NUMBERS, "1,word,2"]),
    "words": "\n".join([HEADER, *(f"{k},w{k % 2},7" for k in range(40))]),
    "quoted": "\n".join([HEADER, *NUMBERS, '"1","two\nlines","say ""x"""', *NUMBERS]),
    "other letters": "\n".join([HEADER, *NUMBERS, "\uff15,größe,7", *NUMBERS]),
}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_columns_are_what_their_cells_are(text, separator):
    text = text.replace(",", separator)
    read = columns(text, separator)
    wanted = list(expected(text, separator))
    assert [column.dtype for column in read] == [column.dtype for column in wanted]
    for ours, theirs in zip(read, wanted):
        assert ours.tobytes() == theirs.tobytes() if ours.dtype != object else ours.tolist() == theirs.tolist()


@pytest.mark.parametrize("cell", ["1_000", "inf", "-nan", "1,5", "x"])
def test_what_python_or_nobody_takes_for_a_number_is_text(cell):
    column, numbers = columns("a;b\n1.50;1\n" + f"{cell};2\n" + "007;3\n", ";")
    assert column.tolist() == ["1.50", cell, "007"] and numbers.tolist() == [1, 2, 3]


def test_decimal_commas_are_no_separators():
    assert [column.tolist() for column in columns("a;b\n1,5;2\n3;4\n", ";")] == [["1,5", "3"], [2, 4]]


def test_numbers_are_text_if_that_is_wanted():
    texts = DelimitedCells(TEXTS["numbers"], ",", HERE).texts([2, 0], header=True)
    assert {place: column.tolist() for place, column in texts.items()} == {
        place: [line.split(",")[place] for line in NUMBERS] for place in (0, 2)
    }


def test_equal_cells_are_one_string():
    (column,) = columns("a\n" + "w ord\nother\n" * 30)
    assert len(set(map(id, column))) == 2


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("row, cells", [("1", 1), ("1,2,3,4", 4), ("1,2,3,", 4), ("1,2", 2)])
def test_the_line_with_other_cells_is_named(ends, row, cells):
    text = ends.join([HEADER, *NUMBERS[:20], "", *NUMBERS[20:], row, "7,8,9"])
    with pytest.raises(DataError, match=f"line 43: expected 3 cells as in the first line, got {cells}[.]"):
        columns(text)


def test_rows_of_differing_length_that_fill_the_same_number_of_cells_are_refused():
    with pytest.raises(DataError, match="line 2: expected 3 cells"):
        columns(HEADER + "\n1,2\n1,2,3,4\n")


def test_lines_are_counted_whatever_ends_them():
    text = HEADER + "\r" + "".join(f"{row}{end}" for row, end in zip(NUMBERS, ["\r", "\n", "\r\n"] * 13))
    with pytest.raises(DataError, match="line 41: expected 3 cells"):
        columns(text + "1\n")


def test_a_decimal_comma_makes_no_cell():
    with pytest.raises(DataError, match="line 3: expected 2 cells as in the first line, got 1"):
        columns("a;b\n1;2\n1,5\n", ";")


def test_without_a_header_the_first_row_is_one_of_data():
    assert [column.tolist() for column in DelimitedCells("1,2\n3,4\n", ",", HERE).columns(header=False)] == [
        [1, 3],
        [2, 4],
    ]


def test_a_cell_that_is_too_long_is_named():
    with pytest.raises(DataError, match="line 3: expected a table, got the error: field larger than"):
        columns("a,b\n1,2\n" + "7" * 200_000 + ",2\n")
