"""Solver, schedule, batch size, epochs and data sets as files state them, and as our own networks write them."""

import re

import pytest

from nnabla_influence.config import ScheduleConfig, SolverConfig, TrainingConfig
from nnabla_influence.errors import ConfigError, NetworkError, UnsupportedError
from nnabla_influence.network import Network, file_settings
from nnabla_influence.network.file_settings import solver_defaults, with_solver_defaults
from nnabla_influence.training import RULES

OLD = "lr_decay: 1\n    lr_decay_interval: 1\n"


def settings_of(text):
    return Network.from_text(text, "net.nntxt").settings


def test_data_sets_epochs_and_batch_size(text):
    settings = settings_of(text(epochs=7, batch_size=5, training=23, shuffle=False))
    assert (settings.epochs, settings.batch_size, settings.iterations_per_epoch) == (7, 5, 5)
    assert settings.normalize and not settings.shuffle
    assert [d.uri for d in settings.training] == ["/project/training.csv"]
    assert [d.uri for d in settings.validation] == ["/project/validation.csv"]
    assert not settings_of(text().replace("no_image_normalization: false", "no_image_normalization: true")).normalize


@pytest.mark.parametrize(
    "written, schedule",
    [
        (OLD, ScheduleConfig()),
        ("", ScheduleConfig()),
        ("lr_decay: 0.9\n lr_decay_interval: 5\n", ScheduleConfig("Exponential", {"gamma": 0.9, "iter_interval": 5})),
        (
            'lr_scheduler_type: "Exponential" exponential_scheduler_param { gamma: 0.99 iter_interval: 20 }',
            ScheduleConfig("Exponential", {"gamma": 0.99, "iter_interval": 20}),
        ),
        (
            'lr_scheduler_type: "Step" step_scheduler_param { gamma: 0.1 iter_steps: 10 iter_steps: 20 }',
            ScheduleConfig("Step", {"gamma": 0.1, "iter_steps": [10, 20]}),
        ),
        (
            'lr_scheduler_type: "Cosine" cosine_scheduler_param { max_iter: 50 }',
            ScheduleConfig("Cosine", {"max_iter": 50}),
        ),
        (
            'lr_scheduler_type: "Polynomial" polynomial_scheduler_param { max_iter: 50 power: 0.5 }',
            ScheduleConfig("Polynomial", {"max_iter": 50, "power": 0.5}),
        ),
        (
            'lr_scheduler_type: "Cosine" cosine_scheduler_param { max_iter: 50 } lr_warmup_scheduler_type: "Linear" '
            "linear_warmup_scheduler_param { warmup_iter: 8 }",
            ScheduleConfig("Cosine", {"max_iter": 50}, 8),
        ),
    ],
)
def test_schedules(text, written, schedule):
    assert OLD in text()
    assert settings_of(text().replace(OLD, written)).solver.schedule == schedule


@pytest.mark.parametrize(
    "written, solver",
    [
        ('type: "SGD" sgd_param { lr: 0.3 }', SolverConfig("Sgd", 0.3)),
        ('type: "Momentum" momentum_param { lr: 0.1 momentum: 0.8 }', SolverConfig("Momentum", 0.1, {"momentum": 0.8})),
        ('type: "Nesterov" nesterov_param { lr: 0.1 momentum: 0.8 }', SolverConfig("Nesterov", 0.1, {"momentum": 0.8})),
        (
            'type: "Adam" adam_param { alpha: 0.001 beta1: 0.9 beta2: 0.999 eps: 1e-08 }',
            SolverConfig("Adam", 0.001, {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}),
        ),
        (
            'type: "RMSprop" rmsprop_param { lr: 0.001 decay: 0.9 eps: 1e-08 }',
            SolverConfig("RMSprop", 0.001, {"decay": 0.9, "eps": 1e-8}),
        ),
        (
            'type: "AMSGRAD" amsgrad_param { alpha: 0.001 beta1: 0.9 beta2: 0.999 eps: 1e-08 bias_correction: true }',
            # as NNabla's trainer reads it
            SolverConfig("AMSGRAD", 0.001, {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "bias_correction": False}),
        ),
    ],
)
def test_solvers(text, written, solver):
    changed = text(weight_decay=0.0001).replace('type: "Sgd"', written).replace("sgd_param { lr: 0.1 }", "")
    changed = changed.replace("update_interval: 1", "update_interval: 3")
    found = settings_of(changed).solver
    assert (found.name, found.learning_rate, found.parameters) == (solver.name, solver.learning_rate, solver.parameters)
    assert (found.weight_decay, found.update_interval) == (0.0001, 3)


@pytest.mark.parametrize(
    "old, new, error, message",
    [
        (
            "sgd_param { lr: 0.1 }\n",
            'lr_scheduler_type: "Custom"\n sgd_param { lr: 0.1 }\n',
            UnsupportedError,
            "schedule 'Custom' is not supported",
        ),
        ('type: "Sgd"', 'type: "Mystery"', NetworkError, "solver 'Mystery' states no learning rate"),
    ],
)
def test_settings_that_cannot_be_used(text, old, new, error, message):
    assert old in text()
    with pytest.raises(error, match=f"'net.nntxt'.*{message}"):
        settings_of(text().replace(old, new))


def test_a_number_that_nnablas_solver_does_not_have_is_refused_by_name(text, monkeypatch):
    """As when a file is of a newer NNabla."""
    monkeypatch.setattr(file_settings, "solver_defaults", lambda name: {})
    changed = text().replace('type: "Sgd"', 'type: "Momentum"')
    changed = changed.replace("sgd_param { lr: 0.1 }", "momentum_param { lr: 0.1 momentum: 0.8 }")
    with pytest.raises(UnsupportedError, match=r"'net.nntxt': solver 'Momentum' states 'momentum', .*\(it has lr\)"):
        settings_of(changed)


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_solver_of_the_command_line_has_nnablas_own_numbers(name):
    numbers = solver_defaults(name)
    assert not {"lr", "alpha"} & set(numbers)
    assert numbers.get("momentum", 0.9) == 0.9 and numbers.get("eps", 1e-8) == 1e-8


def test_numbers_that_nobody_states_are_nnablas():
    config = TrainingConfig(SolverConfig("Adam", 0.01, {"beta1": 0.8}))
    assert with_solver_defaults(config).solver.parameters == {"beta1": 0.8, "beta2": 0.999, "eps": 1e-8}
    plain = TrainingConfig(SolverConfig("Sgd", 0.1))
    assert with_solver_defaults(plain) == plain
    with pytest.raises(ConfigError, match="a solver of NNabla, got 'momentum'"):
        with_solver_defaults(TrainingConfig(SolverConfig("momentum", 0.1)))


@pytest.mark.parametrize("value", [-3, 9 * 10**18, 10**9 + 1])
@pytest.mark.parametrize("name", ["max_epoch", "iter_per_epoch", "update_interval", "batch_size"])
def test_numbers_that_nobody_means_are_refused_by_name(text, name, value):
    broken, count = re.subn(rf"({name}): \d+", rf"\1: {value}", text())
    assert count
    with pytest.raises(NetworkError, match=rf"'net.nntxt': {name} should be a whole number .*, not {value:,}"):
        settings_of(broken)


@pytest.mark.parametrize(
    "schedule, name",
    [
        ('lr_scheduler_type: "Cosine" cosine_scheduler_param { max_iter: -50 }', "max_iter"),
        ('lr_scheduler_type: "Polynomial" polynomial_scheduler_param { max_iter: -50 power: 0.5 }', "max_iter"),
        (
            'lr_scheduler_type: "Exponential" exponential_scheduler_param { gamma: 1 iter_interval: -50 }',
            "iter_interval",
        ),
        ("lr_decay: 0.5 lr_decay_interval: -50", "lr_decay_interval"),
        (
            'lr_scheduler_type: "Cosine" lr_warmup_scheduler_type: "Linear" '
            "linear_warmup_scheduler_param { warmup_iter: -50 }",
            "warmup_iter",
        ),
    ],
)
def test_numbers_of_a_schedule_that_nobody_means_are_refused_by_name(text, schedule, name):
    with pytest.raises(NetworkError, match=rf"{name} should be a whole number .*, not -50"):
        settings_of(text().replace(OLD, schedule))
