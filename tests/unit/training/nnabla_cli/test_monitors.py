"""What a project's monitors report, on the batches NNabla would draw."""

import dataclasses

import numpy as np
import pytest

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.config import TrainingConfig
from nnabla_influence.device import Device
from nnabla_influence.errors import UnsupportedError
from nnabla_influence.network import Network
from nnabla_influence.training import Checkpoint, Monitors


def state_of(network):
    return Checkpoint(0, network.theta, network.statistics_values, {})


def test_monitors_are_means_over_whole_batches_that_go_on_where_the_last_ended(changed, data):
    """22 samples, batches of 8: rows 0 to 15, then 16 to 21 and 0 to 9."""
    network = changed("shuffle: true", "shuffle: false")
    monitors = Monitors(network, data, TrainingConfig(), Device())
    values = [monitors.measure(state_of(network), epoch)["valid_error"] for epoch in (0, 1)]
    oracle, rows = LossOracle(network), [np.arange(16), np.r_[16:22, 0:10]]
    expected = [oracle.loss(network.theta, [data["Validation"].batch(r)], validation=True) for r in rows]
    np.testing.assert_allclose(values, expected, rtol=1e-5)


def test_monitors_are_silent_after_epochs_that_nnabla_does_not_evaluate(changed, data):
    network = changed("monitor_interval: 1", "monitor_interval: 4")
    monitors = Monitors(network, data, TrainingConfig(), Device())
    evaluated = [monitors.measure(state_of(network), epoch) is not None for epoch in range(8)]
    assert evaluated == [True] * 5 + [False, False, True]


def test_a_monitor_that_is_no_number_is_zero_as_nnabla_has_it(project, data):
    network = Network.load(project.nntxt)
    broken = dataclasses.replace(state_of(network), theta=np.full_like(network.theta, np.nan))
    found = Monitors(network, data, TrainingConfig(), Device()).measure(broken, 0)
    assert found == {"train_error": 0.0, "valid_error": 0.0}


def test_a_monitor_fed_with_random_numbers_is_refused(project, data):
    network = Network.load(project.nntxt)
    generator = network.proto.monitor[0].generator_variable.add()
    generator.variable_name, generator.type, generator.multiplier = "Input", "Normal", 1.0
    with pytest.raises(UnsupportedError, match="train_error.*Normal"):
        Monitors(network, data, TrainingConfig(), Device())
