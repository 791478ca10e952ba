"""Did the network learn: networks that did, that did not, that are too sure, and losses nobody knows."""

from collections import OrderedDict

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np
import pytest

from nnabla_influence import Network, TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.evaluation import learning_check
from nnabla_influence.evaluation.learning_check import LearningCheck, check_learning
from nnabla_influence.evaluation.row_predictions import predict_rows
from nnabla_influence.training import FinalState

ROWS = 200


def linear(scale, function=F.softmax_cross_entropy, outputs=3):
    """A network whose logits are ``scale * x``."""
    scope = OrderedDict()
    x, y = nn.Variable((2, outputs)), nn.Variable((2, 1))
    with nn.parameter_scope("", scope):
        weights = scale * np.eye(outputs)
        prediction = PF.affine(x, outputs, w_init=lambda shape: weights.reshape(shape), name="out")
        if function is not F.softmax_cross_entropy:
            prediction = F.slice(prediction, (0, 0), (2, 1))
        loss = function(prediction, y)
    return Network.from_loss(loss, {"x": x, "y": y}, scope)


def classes(seed, right=0.9):
    random = np.random.default_rng(seed)
    labels = random.integers(3, size=ROWS)
    shown = np.where(random.random(ROWS) < right, labels, (labels + 1) % 3)
    return Dataset.from_arrays({"x": np.eye(3)[shown], "y": labels})


def checked(network, train, validation):
    training = FinalState(network, TrainingConfig(), len(train))
    return check_learning(training, train, validation, predict_rows(training, validation))


def test_a_network_that_learnt_has_nothing_to_report():
    train = classes(0)
    check = checked(linear(3.0), train, classes(1))
    shares = np.bincount(train.column("y")[:, 0].astype(int)) / ROWS
    assert check.training_constant == pytest.approx(-(shares * np.log(shares)).sum())
    assert check.learnt and check.findings() == []
    assert check.training < 0.6 < check.training_constant and check.right > 0.8 > check.most_frequent


@pytest.mark.parametrize("scale", [0.0, -2.0])
def test_a_constant_answer_and_a_wrong_one_learnt_nothing(scale):
    (finding,) = checked(linear(scale), classes(0), classes(1)).findings()
    assert finding.text.startswith("the network did not learn: training loss ")
    assert finding.remedy.action == "learn-first"


def test_what_does_not_hold_for_other_rows_was_not_learnt():
    random = np.random.default_rng(2)
    other = Dataset.from_arrays({"x": np.eye(3)[random.integers(3, size=ROWS)], "y": np.repeat([0, 1], ROWS // 2)})
    check = checked(linear(6.0), classes(0), other)
    assert check.learnt_training and not check.learnt
    assert check.findings()[0].remedy.action == "learn-what-holds"
    wrong = LearningCheck(0.1, 1.0, 0.01, 2.0, 1.0, 0.3, 0.4, dependence=0.01, dependence_error=0.01)
    assert not wrong.learnt and "right in 30.0% of them" in wrong.findings()[0].text
    assert LearningCheck(0.1, 1.0, 0.01, 2.0, 1.0, 0.3, 0.4, dependence=0.021, dependence_error=0.01).learnt


def test_a_network_that_learnt_many_wrong_labels_by_heart_learnt_all_the_same():
    """Its answers scatter widely about what is right: the most frequent class alone would be right more often."""
    random = np.random.default_rng(3)
    given = (random.random(ROWS) < 0.4).astype(int)
    train = Dataset.from_arrays({"x": 2 * np.eye(2)[given], "y": given})
    labels = (random.random(4 * ROWS) < 0.2).astype(int)
    scattered = np.eye(2)[labels] + random.normal(0, 2, (4 * ROWS, 2))
    check = checked(linear(1.0, outputs=2), train, Dataset.from_arrays({"x": scattered, "y": labels}))
    assert check.validation > check.validation_constant and check.right < check.most_frequent
    assert check.dependence > 0.05 and check.learnt


def test_a_network_that_is_too_sure_learnt_all_the_same():
    check = checked(linear(60.0), classes(0, 1.0), classes(1))
    assert check.validation > check.validation_constant and check.dependence > 0.4
    assert check.learnt and [finding.remedy.action for finding in check.findings()] == ["less-sure"]


def test_a_gain_within_its_error_is_none_and_neither_is_a_tiny_one():
    assert not LearningCheck(1.0, 1.01, 0.02, 0.9, 1.0).learnt
    assert not LearningCheck(1.0, 1.0005, 1e-6, 0.9, 1.0).learnt
    assert LearningCheck(1.0, 1.01, 0.002, 0.9, 1.0).learnt


def test_real_values():
    random = np.random.default_rng(0)
    x = random.normal(size=(ROWS, 3))
    data = Dataset.from_arrays({"x": x, "y": x[:, 0]})
    check = checked(linear(0.9, F.squared_error), data, data)
    assert check.learnt and check.right is None
    assert check.training_constant == pytest.approx(x[:, 0].astype(np.float32).var(), rel=1e-5)
    assert not checked(linear(0.0, F.squared_error), data, data).learnt


def test_other_losses_are_passed_over():
    data = Dataset.from_arrays({"x": np.zeros((4, 3)), "y": np.zeros(4)})
    assert checked(linear(1.0, F.huber_loss), data, data) is None


def test_of_many_training_rows_some_are_drawn(monkeypatch):
    monkeypatch.setattr(learning_check, "MOST_ROWS", 150)
    check = checked(linear(3.0), classes(0), classes(1))
    whole = predict_rows(FinalState(linear(3.0), TrainingConfig(), ROWS), classes(0)).losses.mean()
    assert check.learnt and check.training != whole and check.training == pytest.approx(whole, rel=0.2)
