"""The header grammar NAME[__INDEX][:LABEL]."""

import pytest

from nnabla_influence.dataset.header import Column, group_columns, index_gaps, parse_header
from nnabla_influence.errors import DataError


def test_each_part_of_a_header_cell_is_recognised():
    header = ["x:image", "v__0:sepal length", "v__1", "# note", "y", "z:a:b__c"]
    assert parse_header(header, "d.csv") == (
        Column("x", None, "image", 0, False),
        Column("v", 0, "sepal length", 1, False),
        Column("v", 1, None, 2, False),
        Column("# note", None, None, 3, True),
        Column("y", None, None, 4, False),
        Column("z", None, "a:b__c", 5, False),
    )


def test_spaces_around_names_and_non_ascii_names_are_accepted():
    columns = parse_header([" 画像 : 入力", "y "], "d.csv")
    assert [(column.name, column.label) for column in columns] == [("画像", "入力"), ("y", None)]


def test_comment_columns_may_repeat():
    assert all(column.comment for column in parse_header(["#", "#", "x"], "d.csv")[:2])


BROKEN = {
    "duplicate": (["x", "y", "x:again"], "column 3 ('x')", "already as column 1"),
    "duplicate entry": (["v__0", "v__0"], "column 2 ('v__0')", "already as column 1"),
    "alone and vector": (["x", "x__0"], "column 1 ('x')", "got both"),
    "empty": (["x", ""], "column 2 ('')", "a name"),
    "only a label": (["x", ":label"], "column 2 (':label')", "a name"),
    "index is text": (["x__first"], "column 1 ('x__first')", "got 'first'"),
    "index is negative": (["x__-1"], "column 1 ('x__-1')", "got '-1'"),
    "two indexes": (["x__0__1"], "column 1 ('x__0__1')", "got '0__1'"),
    "only comments": (["# a"], "line 1", "at least one data column"),
}


@pytest.mark.parametrize("case", BROKEN, ids=str)
def test_a_broken_header_names_file_and_column(case):
    cells, place, reason = BROKEN[case]
    with pytest.raises(DataError) as caught:
        parse_header(cells, "d.csv")
    assert "d.csv" in str(caught.value) and place in str(caught.value) and reason in str(caught.value)


@pytest.mark.parametrize(
    "header, gaps",
    [
        (["v__0", "v__1", "y"], {}),
        (["v__1", "v__0"], {}),
        (["v__1", "v__2", "y"], {"v": "v__0"}),
        (["v__0", "v__2", "w__5"], {"v": "v__1", "w": "w__0"}),
    ],
)
def test_vectors_that_do_not_count_from_zero_are_known(header, gaps):
    assert index_gaps(group_columns(parse_header(header, "d.csv"))) == gaps
