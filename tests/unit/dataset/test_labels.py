"""Class labels from the cells of a data set."""

import pytest

from nnabla_influence.dataset.csv import Table
from nnabla_influence.dataset.labels import class_labels, label_column
from nnabla_influence.errors import DataError


def test_cells_decide_not_their_spelling(folder):
    table = Table.read(folder.csv("x,y:label\n1,3\n2,3.0\n3,0e5\n"))
    assert class_labels(table, "y").tolist() == [3, 3, 0] and label_column(table, "y").position == 1


@pytest.mark.parametrize(
    "text, label, reason",
    [
        ("x,y\n1,cat\n2,1.5\n3,-1\n4,nan\n5,1\n", "y", "4 broken cells"),
        ("v__0,v__1\n1,2\n", "v", "got 2"),
        ("x\n1\n", "y", "got none"),
    ],
)
def test_what_is_no_label(folder, text, label, reason):
    with pytest.raises(DataError, match=reason):
        class_labels(Table.read(folder.csv(text)), label)
