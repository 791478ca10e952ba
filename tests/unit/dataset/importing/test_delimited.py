"""Separators and headers."""

from pathlib import Path

import pytest

from nnabla_influence.dataset.importing.delimited import read_delimited, read_text_columns
from nnabla_influence.errors import DataError

HERE = Path("table.csv")


def read(text, header=None):
    frame, notes, _ = read_delimited(text, HERE, header)
    cells = read_text_columns(text, HERE, header, frame.columns)
    return list(frame.columns), [list(row) for row in zip(*cells)], [note.text for note in notes]


@pytest.mark.parametrize("separator, note", [(",", None), (";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")])
def test_the_separator_is_found_and_said(separator, note):
    text = "\n".join(separator.join(row) for row in (["a", "b c", "d"], ["1", "2.5", "x"], ["2", "3.5", "y"]))
    names, rows, notes = read(text)
    assert names == ["a", "b c", "d"] and rows == [["1", "2.5", "x"], ["2", "3.5", "y"]]
    assert notes == ([] if note is None else [f"cells are separated by {note}"])


def test_decimal_commas_do_not_separate():
    names, rows, _ = read("a;b;c\n1,5;2,5;x\n3,5;4,5;y\n")
    assert names == ["a", "b", "c"] and rows[0] == ["1,5", "2,5", "x"]


def test_quoted_cells_may_hold_separators_and_line_ends():
    _, rows, _ = read('a,b\n"1,234","two\nlines"\n2,"say ""x"""\n')
    assert rows == [["1,234", "two\nlines"], ["2", 'say "x"']]


@pytest.mark.parametrize(
    "text, named",
    [
        ("length,kind\n1.5,a\n2,b\n", True),
        ("1.5,a\n2,b\n", False),
        ("kind,colour\na,red\nb,red\n", True),
        ("a,red\nb,red\na,blue\n", False),  # what stands in the first line comes again below
        (",length\n0,1.5\n1,2.5\n", True),  # as pandas writes an index
        ("1.5,2.5\n", False),
        ("2019,2020,label\n1,2,a\n3,4,b\n", True),
        ("1,2,y\n3,4,n\n5,6,y\n", False),
    ],
)
def test_the_first_line_names_the_columns_or_does_not(text, named):
    names, rows, notes = read(text)
    assert ("there is no header; columns are called by their numbers, from 1" in notes) == (not named)
    assert (names[0] == "1") == (not named) and len(rows) == len(text.splitlines()) - named


def test_a_header_that_is_stated_is_not_guessed():
    assert read("2019,2020\n1,2\n", header=True)[0] == ["2019", "2020"]
    assert read("a,b\n1,2\n", header=False)[1] == [["a", "b"], ["1", "2"]]


def test_names_are_given_once():
    assert read("a,,a,a (2)\n1,2,3,4\n")[0] == ["a", "column 2", "a (2)", "a (2) (2)"]


@pytest.mark.parametrize(
    "header, names",
    [
        ("a (2),a", ["a (2)", "a"]),
        ("size (2),size,size", ["size (2)", "size", "size (3)"]),
        ("column 2,,a", ["column 2", "column 2 (2)", "a"]),
    ],
)
def test_no_two_columns_have_one_name(header, names):
    found, rows, _ = read(header + "\n" + ",".join("123"[: len(names)]) + "\n", header=True)
    assert found == names and rows == [list("123"[: len(names)])]


def test_one_column_of_numbers_is_a_table():
    assert read("a\n1\n2\n")[:2] == (["a"], [["1"], ["2"]])


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "got an empty file"),
        ("\n \n", "got an empty file"),
        ("a,b\n1\x00,2\n", "text with NUL characters"),
        ("a,b\n1,2\n\n1,2,3\n", "line 4: expected 2 cells as in the first line, got 3"),
        ("a,b\n1,2\n1\n", "line 3: expected 2 cells as in the first line, got 1"),
    ],
)
def test_what_is_no_table_is_refused(text, message):
    with pytest.raises(DataError, match=message):
        read(text)


def test_a_header_alone_is_no_data():
    with pytest.raises(DataError, match="below the header, got none"):
        read("a,b\n", header=True)
