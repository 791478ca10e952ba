"""What the labels are."""

import numpy as np
import pandas as pd
import pytest

from nnabla_influence.dataset.importing.column_cells import read_column
from nnabla_influence.dataset.importing.label_plan import plan_labels
from nnabla_influence.errors import DataError


def plan(task=None, **columns):
    return plan_labels({name: read_column(pd.Series(cells), name) for name, cells in columns.items()}, task)


def numbers(labels):
    return labels.values.ravel().tolist()


def test_names_are_numbered_in_their_order():
    labels = plan(kind=["dog", "cat", "dog"])
    assert labels.classes == ("cat", "dog") and numbers(labels) == [1, 0, 1] and labels.headers == ("kind",)
    assert labels.strata([0, 2]).tolist() == [1, 1]


def test_names_that_differ_in_capital_letters_only_are_said():
    labels = plan(kind=["Cat", "cat", "dog", "Cat"])
    assert labels.classes == ("Cat", "cat", "dog")
    assert labels.notes[1].text == "classes that differ in capital letters only: Cat, cat"


@pytest.mark.parametrize(
    "cells, classes, expected",
    [
        (["-1", "1", "1"], ("-1", "1"), [0, 1, 1]),
        (["1", "2", "3", "3"], ("1", "2", "3"), [0, 1, 2, 2]),
        (["0", "1", "1"], ("0", "1"), [0, 1, 1]),
        (["10", "9", "9"], ("9", "10"), [1, 0, 0]),
        (["1.0", "2.0", "2.0"], ("1", "2"), [0, 1, 1]),
    ],
)
def test_numbers_are_renumbered_from_zero(cells, classes, expected):
    labels = plan(y=cells)
    assert labels.classes == classes and numbers(labels) == expected
    renumbered = any("are numbered 0 to" in note.text for note in labels.notes)
    assert renumbered == (classes != ("0", "1"))


def test_numbers_that_hardly_repeat_are_values():
    diabetes = np.random.default_rng(0).integers(25, 346, 442)
    labels = plan(y=diabetes)
    assert labels.classes == () and labels.strata([0]) is None and numbers(labels) == diabetes.tolist()
    assert labels.notes[-1].text == "values to predict (regression)"


@pytest.mark.parametrize(
    "cells, are_classes",
    [
        (list(range(100)) * 10, True),  # counted from 0
        (list(range(1, 101)) * 10, True),  # counted from 1
        (list(range(18, 90)) * 10, False),  # ages
        (list(range(18, 40)) * 10, True),
        ([0.5, 1, 1], False),
        ([1, 2, 3, 4], False),
    ],
)
def test_whole_numbers_are_classes_if_they_look_like_it(cells, are_classes):
    assert bool(plan(y=cells).classes) == are_classes


def test_the_task_decides_otherwise():
    assert plan("classification", y=[1, 2, 3, 4]).classes == ("1", "2", "3", "4")
    assert plan("regression", y=[0, 1, 1]).classes == ()


def test_missing_labels_are_known():
    labels = plan(y=["a", "", "b"])
    assert labels.present.tolist() == [True, False, True] and labels.strata([0, 2]).tolist() == [0, 1]
    assert labels.notes[-1].text == "rows left out, without a label: 1"


def test_one_hot_columns_are_one_class():
    labels = plan(kind_cat=[1, 0, 0], kind_dog=[0, 1, 1])
    assert labels.classes == ("cat", "dog") and numbers(labels) == [0, 1, 1] and labels.headers == ("label",)


def test_several_labels_and_several_values():
    labels = plan(sea=[1, 0, 1], sun=[1, 1, 0])
    assert labels.classes == () and labels.headers == ("sea", "sun") and "multi-label" in labels.notes[0].text
    assert "regression" in plan(a=[1.5, 0], b=[2, 3]).notes[0].text


@pytest.mark.parametrize(
    "task, columns, message",
    [
        (None, {"y": ["a", "a"]}, "at least two classes in column y, got 'a' in every row"),
        ("regression", {"y": ["a", "b"]}, "numbers to predict in column 'y', got text such as 'a'"),
        ("classification", {"y": [0.5, 1]}, "class numbers in column 'y', got 0.5"),
        ("classification", {"a": [2, 1], "b": [0, 1]}, "Expected 0 and 1 in the label columns a, b"),
        (None, {"a": ["x", "y"], "b": [0, 1]}, "got text in 'a'"),
        (None, {"y": ["", ""]}, "labels in column 'y', got empty cells only"),
    ],
)
def test_labels_that_do_not_fit_are_refused(task, columns, message):
    with pytest.raises(DataError, match=message):
        plan(task, **columns)
