"""Columns by sample: joined by `datasource_index`, whatever the order of the lines."""

import pytest

from nnabla_influence.dataset.indexed_column import IndexedColumn, listed_samples
from nnabla_influence.errors import DataError


def test_values_are_keyed_by_sample(folder):
    path = folder.csv("loss,influence,datasource_index\n9,-1.5,2\n8,2,0\n")
    column = IndexedColumn.read_scores(path, "influence")
    assert (column.path, column.samples.tolist(), column.values.tolist()) == (path, [2, 0], [-1.5, 2.0])


def test_a_column_in_the_order_of_another(folder):
    first = IndexedColumn.read_scores(folder.csv("s,datasource_index\n1,2\n2,0\n", "a.csv"), "s")
    second = IndexedColumn.read_flags(folder.csv("datasource_index,f\n0,1\n2,0\n", "b.csv"), "f")
    assert second.aligned_with(first).tolist() == [0, 1]


def test_a_list_of_samples_keeps_its_order(folder):
    assert listed_samples(folder.csv("datasource_index,note\n7,a\n3.0,b\n")) == [7, 3]


@pytest.mark.parametrize(
    "text, reason",
    [
        ("datasource_index\n1.5\n", "whole number"),
        ("datasource_index\n1\n1\n", "lines 2 and 3"),
        ("datasource_index\n", "at least one line"),
        ("row\n1\n", "expected one column datasource_index"),
    ],
)
def test_what_is_no_list(folder, text, reason):
    with pytest.raises(DataError, match=reason):
        listed_samples(folder.csv(text))
