"""Which labels are classes, and what they are called."""

import pytest

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.dataset.class_names import NO_NAMES, ClassNames
from nnabla_influence.errors import DataError
from nnabla_influence.report.scored_samples import ScoredSamples


def classes_of(folder, header, rows, label=None, names=NO_NAMES):
    lines = [f"{row},{number},{number}" for number, row in enumerate(rows)]
    path = folder.csv("\n".join([f"{header},influence,datasource_index", *lines]) + "\n")
    return ScoredSamples.read(path, label, names).classes


@pytest.mark.parametrize(
    "header, rows, names, title",
    [
        ("x,y:label", ["5,10", "5,9", "5,10"], ["9", "10"], "label"),
        ("x,y", ["5,3.0", "5,3", "5,-1"], ["-1", "3"], "y"),
        ("x,y__0:cat,y__1:dog", ["5,0,1", "5,1,0"], ["cat", "dog"], "y"),
        ("x,y__0,y__1,y__2", ["5,0,0,1", "5,1,0,0"], ["0", "1", "2"], "y"),
        ("x,y__0:a,y__1:a", ["5,0,1", "5,1,0"], ["0: a", "1: a"], "y"),
        ("x,y", ["5,dog", "5,cat"], ["cat", "dog"], "y"),
    ],
)
def test_forms_of_labels(folder, header, rows, names, title):
    classes = classes_of(folder, header, rows)
    assert (classes.names, classes.title) == (names, title)


@pytest.mark.parametrize(
    "header, rows",
    [
        ("x,y", ["5,0.25", "5,1"]),  # a regression target
        ("x,y", ["5,a.png", "5,b.png"]),  # label images
        ("x,y", [f"5,{number}" for number in range(1001)]),  # numbers that count something
        ("x,y__0,y__1", ["5,0.5,2", "5,1,1"]),  # a vector to predict
        ("x,z", ["5,1", "5,2"]),
    ],
)
def test_what_is_no_class(folder, header, rows):
    assert classes_of(folder, header, rows) is None


def test_another_label_is_asked_for_by_its_name_or_its_header(folder):
    rows = ["5,1,7", "5,2,8"]
    assert classes_of(folder, "x,kind:sort of,#original", rows, label="kind").title == "sort of"
    assert classes_of(folder, "x,kind:sort of,#original", rows, label="#original").names == ["7", "8"]


@pytest.mark.parametrize("label", ["nothing", "x"])
def test_a_label_that_holds_no_classes_is_refused(folder, label):
    with pytest.raises(DataError, match=f"a variable '{label}' that holds classes.*found the variables x, y") as caught:
        classes_of(folder, "x,y", ["0.5,1", "0.7,2"], label=label)
    assert caught.value.said(IN_COMMANDS).endswith("x, y. Choose another by --label, or leave it out.")


def test_predicted_classes_have_the_names_of_the_header(folder):
    one_hot = classes_of(folder, "x,y__0:cat,y__1:dog", ["5,0,1", "5,1,0"])
    assert (one_hot.name_of_number(1), one_hot.name_of_number(4)) == ("dog", "4")
    numbers = classes_of(folder, "x,y", ["5,3.0", "5,1"])
    assert (numbers.name_of_number(3.0), numbers.name_of_number(0.5)) == ("3", "0.5")


def test_class_numbers_are_called_by_their_names(folder):
    names = ClassNames({0: "zebra", 1: "cat", 3: "ant", 7: "cat"})
    classes = classes_of(folder, "x,y", ["5,3.0", "5,1", "5,2", "5,7"], names=names)
    assert classes.names == ["1: cat", "2", "ant", "7: cat"], "in the order of the numbers; equal names are told apart"
    assert [classes.name(line) for line in range(4)] == ["ant", "1: cat", "2", "7: cat"]
    assert [classes.name_of_number(number) for number in (0.0, 3.0, 9.0)] == ["zebra", "ant", "9"]
