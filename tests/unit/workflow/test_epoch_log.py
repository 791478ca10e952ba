"""One line for each epoch."""

import logging
from types import SimpleNamespace

import numpy as np
from support.small_projects import VALIDATION, arrays

from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.device import Device
from nnabla_influence.network import Network
from nnabla_influence.training import EpochReport
from nnabla_influence.workflow.epoch_log import EpochLog


def line(network, validation, caplog):
    state = SimpleNamespace(theta=np.zeros_like(network.theta), statistics=network.statistics_values)
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        EpochLog(network, validation, Device(), 5)(EpochReport(2, 3, 0.5, state))
    return caplog.messages[-1]


def test_classes_have_an_accuracy(caplog):
    """With all parameters 0 every class has probability 1/3, and the first one is predicted: 6 rows of 16."""
    said = line(Network.builtin("builtin:mlp", (2,), 3), arrays(VALIDATION, 1), caplog)
    assert said == "epoch 2 of 3: training loss 0.5, validation loss 1.09861, validation accuracy 0.3750"


def test_values_have_none(caplog):
    validation = Dataset.from_arrays({"x": np.ones((4, 2)), "y": np.full(4, 2.0)})
    network = Network.builtin("builtin:mlp", (2,), 1, "regression")
    assert line(network, validation, caplog) == "epoch 2 of 3: training loss 0.5, validation loss 4"
