"""A table as plain text."""

from nnabla_influence.text_table import format_table


def test_table_aligns_numbers_right_and_counts_wide_characters():
    lines = format_table(("file", "AUROC", "flips"), [("a.csv", 0.5, 7), ("手書き.csv", None, 12)])
    assert lines == [
        "file         AUROC  flips",
        "----------  ------  -----",
        "a.csv       0.5000      7",
        "手書き.csv       -     12",
    ]


def test_empty_table_is_its_header():
    assert format_table(("a", "bc"), []) == ["a  bc", "-  --"]


def test_a_column_with_a_text_in_it_is_aligned_left():
    assert format_table(("n",), [(1,), ("many",)]) == ["n", "----", "1", "many"]


def test_no_line_ends_with_spaces():
    assert format_table(("a", "name"), [("x", "long enough"), ("y", "z")])[-1] == "y  z"
