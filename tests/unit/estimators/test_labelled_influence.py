"""The scores of one method beside the labels of another."""

import numpy as np
import pytest

from nnabla_influence.config import TrainingConfig
from nnabla_influence.errors import UnsupportedError
from nnabla_influence.estimators import LabelledInfluence, LossBaseline, OutOfFold, RandomBaseline
from nnabla_influence.network import Network
from nnabla_influence.training import FinalState


def test_the_scores_are_the_scorers_and_the_labels_the_labellers(run):
    finished = run()
    both = LabelledInfluence(LossBaseline(), OutOfFold(3)).estimate(*finished)
    assert both.method == "loss" and set(both.columns) == {"predicted_label"}
    np.testing.assert_array_equal(both.values, LossBaseline().estimate(*finished).values)
    labels = OutOfFold(3).estimate(*finished).columns["predicted_label"]
    np.testing.assert_array_equal(both.columns["predicted_label"], labels)


def test_settings_of_both_identify_an_interrupted_scoring():
    settings = LabelledInfluence(RandomBaseline(3), OutOfFold(4)).settings()
    assert settings["method"] == "random" and settings["seed"] == "3"
    assert settings["labels: method"] == "out-of-fold" and settings["labels: folds"] == "4"


def test_a_network_without_classes_is_refused_before_anything_is_done(run):
    cache, data, _ = run()
    training = FinalState(Network.builtin("builtin:mlp", (5,), 1, "regression"), TrainingConfig(), len(data))
    with pytest.raises(UnsupportedError, match="Predicted labels need"):
        LabelledInfluence(RandomBaseline(), OutOfFold()).estimate(training, data, data)
