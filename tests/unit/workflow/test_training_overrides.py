"""What replaces the network file's training settings."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest
from support.nnc_project import Project, Settings, network_text

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.errors import ConfigError
from nnabla_influence.network import Network
from nnabla_influence.nnc.host.remedies import IN_FIELDS
from nnabla_influence.workflow.training_overrides import TrainingOverrides, log_solver, training_config


@pytest.fixture(scope="module")
def network():
    return Network.builtin("builtin:mlp", (2,), 3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"epochs": 2.0},
        {"batch_size": -1},
        {"crop": -1},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"solver": "Adadelta"},
        {"policy": "all"},
        {"task": "ranking"},
    ],
    ids=str,
)
def test_impossible_values_are_refused(wrong):
    with pytest.raises(ConfigError, match=f"Expected {next(iter(wrong))} to be"):
        TrainingOverrides(**wrong)


def test_the_average_cannot_be_needed_and_ruled_out(network):
    with pytest.raises(ConfigError) as caught:
        training_config(TrainingOverrides(average_parameters=False, needs_average=True), network, 0)
    assert caught.value.said(IN_COMMANDS) == (
        "--at average needs what --no-average-parameters leaves out; give one of the two."
    )
    assert "average_parameters=False" in str(caught.value)
    assert caught.value.said(IN_FIELDS).endswith("Choose another method.")


def test_the_average_is_kept_except_in_the_smallest_cache():
    assert TrainingOverrides().records_average and not TrainingOverrides(policy="final").records_average
    assert TrainingOverrides(policy="final", needs_average=True).records_average
    assert not TrainingOverrides(average_parameters=False).records_average


def test_other_things_can_be_kept():
    overrides = TrainingOverrides(epochs=4, policy="sqrt", record_margins=True)
    assert overrides.keeping() == overrides
    assert overrides.keeping("final", False, True) == replace(
        overrides, policy="final", record_margins=False, average_parameters=True
    )
    with pytest.raises(ConfigError, match="policy"):
        overrides.keeping("all")


def test_none_keeps_the_networks_own_settings(network):
    config = training_config(TrainingOverrides(), network, 3)
    own = network.settings
    assert (config.solver, config.epochs, config.batch_size, config.seed) == (own.solver, own.epochs, own.batch_size, 3)
    assert config.first_epoch == 0


def test_a_trained_network_is_continued_at_the_end_of_its_schedule(network):
    trained = network.with_parameters(network.theta, network.statistics_values)
    assert training_config(TrainingOverrides(), trained, 0).first_epoch == network.settings.epochs - 1
    config = training_config(TrainingOverrides(epochs=3), trained, 0)
    assert (config.epochs, config.first_epoch) == (3, network.settings.epochs - 3)


def test_a_schedule_is_held_against_the_run_before_any_data_is_read():
    short = 'lr_scheduler_type: "Polynomial" polynomial_scheduler_param { max_iter: 10 power: 0.5 }'
    text = network_text(Project(Path("/project"), Settings()))
    falling = Network.from_text(text.replace("lr_decay: 1\n    lr_decay_interval: 1\n", short), "net.nntxt")
    with pytest.raises(ConfigError, match="got Polynomial with max_iter 10.0 and power 0.5") as raised:
        training_config(TrainingOverrides(epochs=40), falling, 0)
    assert "--epochs" in raised.value.said(IN_COMMANDS) and "Config tab" in raised.value.said(IN_FIELDS)
    training_config(TrainingOverrides(epochs=1), falling, 0)
    training_config(TrainingOverrides(epochs=40, learning_rate=0.1), falling, 0)


def test_a_learning_rate_is_constant(network):
    solver = training_config(TrainingOverrides(learning_rate=0.25), network, 0).solver
    assert solver.learning_rate == 0.25 and solver.schedule.kind == "Constant" and solver.name == "Sgd"


def test_another_solver_needs_a_learning_rate_of_its_own(network):
    config = training_config(TrainingOverrides(solver="Adam", learning_rate=0.01), network, 0)
    assert config.solver.name == "Adam" and config.solver.parameters["beta1"] == 0.9
    with pytest.raises(ConfigError) as caught:
        training_config(TrainingOverrides(solver="Adam"), network, 0)
    rate = f"{network.settings.solver.learning_rate:g}"
    assert caught.value.said(IN_COMMANDS) == (
        f"--solver Adam needs a --learning-rate: the network's {rate} belongs to Sgd."
    )
    assert str(caught.value) == f"Solver Adam needs a learning_rate: the network's {rate} belongs to Sgd."
    assert "Config tab" in caught.value.said(IN_FIELDS)


def test_the_log_says_how_is_trained(network, caplog):
    config = training_config(TrainingOverrides(epochs=2, batch_size=5, learning_rate=0.5), network, 0)
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        log_solver(config)
    assert caplog.messages == ["solver: Sgd, learning rate 0.5, batch size 5, epochs 2"]
