"""Frames in: which column is what, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from nnabla_influence import Dataset, Project, TrainingOverrides, cleanse
from nnabla_influence.errors import DataError
from nnabla_influence.frames import arrays_of


def frame(**columns):
    return pd.DataFrame({"length": [1.5, 2.0, 0.5], "big": [True, False, True], **columns})


def test_all_columns_but_the_label_are_the_inputs_in_their_order():
    arrays, classes = arrays_of(frame(species=["dog", "cat", "dog"]))
    assert arrays["x"].tolist() == [[1.5, 1], [2, 0], [0.5, 1]] and arrays["y"].ravel().tolist() == [1, 0, 1]
    assert classes == ("cat", "dog")


def test_the_label_may_be_named_and_may_be_values():
    arrays, classes = arrays_of(frame(price=[0.25, 1, 2]), "price")
    assert arrays["y"].ravel().tolist() == [0.25, 1, 2] and classes == ()
    assert arrays_of(frame(a=[1, 0, 1], b=[1, 1, 0]), ["a", "b"]).arrays["y"].tolist() == [[1, 1], [0, 1], [1, 0]]


def test_validation_data_takes_the_numbers_of_the_training_data():
    train = Dataset.from_frame(frame(kind=["dog", "cat", "eel"]), "kind")
    names = list(train.class_names.values())
    validation = Dataset.from_frame(frame(kind=["eel", "eel", "dog"]), "kind", classes=names)
    assert validation.column("y").ravel().tolist() == [2, 2, 1] and dict(validation.class_names) == dict(
        enumerate(names)
    )
    assert train.subset([0]).class_names.say(1) == "dog"


def test_labels_that_are_numbers_stay_as_they_are():
    """Of a validation set without class 1, renumbering would make class 2 of the training data class 1."""
    assert arrays_of(frame(y=[2, 0, 2])).arrays["y"].ravel().tolist() == [2, 0, 2]
    assert arrays_of(frame(y=[-1, 1, 1])).arrays["y"].ravel().tolist() == [-1, 1, 1]
    assert arrays_of(frame(y=[7, 5, 5]), classes=["5", "6", "7"]).arrays["y"].ravel().tolist() == [2, 0, 0]


def test_columns_called_as_in_a_data_set_are_its_variables():
    columns = ["x__0", "x__1:b", "y:label", "z"]
    arrays, _ = arrays_of(pd.DataFrame(np.arange(8).reshape(2, 4), columns=columns))
    assert {name: array.tolist() for name, array in arrays.items()} == {
        "x": [[0, 1], [4, 5]],
        "y": [[2], [6]],
        "z": [[3], [7]],
    }


@pytest.mark.parametrize(
    "label, columns, message",
    [
        (None, {}, "a usual name of labels, such as label or class, got length, big. Say which"),
        ("kind", {}, "one of the columns length, big, got 'kind'"),
        ("y", {"y": [0, 1, 1], "colour": ["a", "b", "b"]}, "Expected numbers in column 'colour', got object. Make"),
        ("y", {"y": [0, 1, 1], "age": [1, np.nan, 2]}, "in every row of column 'age', got 1 missing. Fill"),
        ("y", {"y": [0, 1, 1], "day": pd.to_datetime(["2024-01-01"] * 3)}, "numbers in column 'day', got datetime64"),
        ("y", {"y": [0, np.nan, 1]}, "a label in every row, got none in 1"),
        ("y", {"y": ["a", None, "b"]}, "a label in every row, got none in 1"),
    ],
)
def test_what_is_no_number_is_refused(label, columns, message):
    with pytest.raises(DataError, match=message):
        arrays_of(frame(**columns), label)


def test_a_label_alone_is_no_data():
    with pytest.raises(DataError, match="columns beside the label, got y only"):
        arrays_of(pd.DataFrame({"y": [0, 1]}))


@pytest.mark.parametrize("kinds, got", [(["cat", "eel", "cat"], "'eel'"), ([0.5, 0.25, 2], "values")])
def test_classes_without_a_number_are_refused(kinds, got):
    with pytest.raises(DataError, match=f"Expected the classes cat, dog in column 'kind', got {got}"):
        arrays_of(frame(kind=kinds), "kind", ["cat", "dog"])


def test_from_a_frame_to_a_cleansed_frame(tmp_path):
    """The way through: nothing is written but the training cache."""
    random = np.random.default_rng(0)
    x = random.normal(size=(60, 3)) * [1, 100, 1e4]
    table = pd.DataFrame(x, columns=["a", "b", "c"]).assign(kind=np.where(x[:, 0] > 0, "up", "down"))
    train, validation = table.iloc[:40], table.iloc[40:]
    project = Project.open(
        "builtin:mlp",
        Dataset.from_frame(train, "kind"),
        Dataset.from_frame(validation, "kind"),
        training=TrainingOverrides(epochs=2, batch_size=8),
    )
    scores = project.score(project.train(tmp_path / "c.h5"), "loss")
    kept, removed = cleanse(train, scores, 5)
    assert len(kept) == 35 and sorted(removed.index) == sorted(scores.to_frame().index[:5])
