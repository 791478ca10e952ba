"""What spoils scores in a pair of data sets."""

import numpy as np
import pytest

from nnabla_influence import Dataset, Network
from nnabla_influence.dataset.class_names import ClassNames
from nnabla_influence.evaluation.data_findings import class_findings, data_findings, shared_rows_finding

NETWORK = Network.builtin("builtin:mlp", (2,), 3)


def data(x, y, **more):
    return Dataset.from_arrays({"x": np.asarray(x, float), "y": np.asarray(y), **more})


@pytest.mark.parametrize(
    "train, validation, text, action",
    [
        ([1, 1, 1], [0, 1, 1], "all 3 training rows are of one class (1)", "give-other-classes"),
        ([0, 1], [1, 1], "all 2 validation rows are of one class (1)", "give-other-classes"),
        ([0, 1, 2], [0, 1], "there are fewer validation rows (2) than classes (3)", "give-more-validation-rows"),
        (
            [0, 1, 2, 3],
            [0, 1, 0, 1],
            "2 of 4 classes of the training data have no validation row (classes 2, 3)",
            "give-validation-rows-of-each-class",
        ),
    ],
)
def test_classes(train, validation, text, action):
    (finding,) = class_findings(np.array(train), np.array(validation))
    assert finding.text == text and finding.remedy.action == action


def test_whole_data_sets_of_all_classes_are_fine():
    random = np.random.default_rng(0)
    train, validation = (data(random.normal(size=(9, 2)), np.arange(9) % 3) for _ in range(2))
    assert data_findings(NETWORK, train, validation) == []


def test_shared_rows_are_found_by_what_the_network_reads():
    x = np.arange(12.0).reshape(6, 2)
    train = data(x, [0, 1, 2, 0, 1, 2], id=np.arange(6))
    validation = data([[99, 99], *x[[4, 2]]], [0, 1, 2], id=np.arange(70, 73))  # an id that nobody reads differs
    (finding,) = shared_rows_finding(NETWORK, train, validation)
    assert finding.text == "2 of 3 validation rows are training rows too, value by value (validation rows 1, 2)"
    assert finding.remedy.action == "leave-shared-rows-out"
    other_label = data(x[:1], [1])
    assert shared_rows_finding(NETWORK, train, other_label) == []


def test_the_same_data_set_is_said_elsewhere():
    same = data(np.zeros((3, 2)), [0, 1, 2])
    assert data_findings(NETWORK, same, same) == []


def test_real_values_have_no_classes():
    network = Network.builtin("builtin:mlp", (2,), 1, task="regression")
    train, validation = data([[0, 1], [2, 3]], [0.5, 0.5]), data([[4, 5]], [0.5])
    assert data_findings(network, train, validation) == []


def test_classes_are_called_by_their_names():
    names = ClassNames({1: "cat"})
    (finding,) = class_findings(np.array([0, 1, 2, 2]), np.array([0, 0, 2]), names)
    assert finding.text.endswith("has no validation row (class cat)")
    one, _ = class_findings(np.array([1, 1]), np.array([1, 1]), names)
    assert one.text == "all 2 training rows are of one class (cat)"
    train = Dataset.from_arrays({"x": np.eye(2), "y": np.array([0, 0])}, classes=["dog"])
    assert data_findings(NETWORK, train, train)[0].text == "all 2 training rows are of one class (dog)"
