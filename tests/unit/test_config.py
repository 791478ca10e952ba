"""Settings check themselves and survive the way through JSON."""

import json

import pytest

from nnabla_influence.config import IteratorConfig, ScheduleConfig, SolverConfig, TrainingConfig, differences
from nnabla_influence.errors import ConfigError

FULL = TrainingConfig(
    SolverConfig(
        "Momentum", 0.1, {"momentum": 0.9}, 1e-4, 2, ScheduleConfig("Step", {"gamma": 0.1, "iter_steps": [3, 5]}, 7)
    ),
    epochs=3,
    batch_size=5,
    seed=9,
    policy="sqrt",
    shuffle=False,
    first_epoch=2,
    iterations_per_epoch=11,
    crop=4,
    flip=True,
)


def test_a_configuration_survives_json():
    assert TrainingConfig.from_dict(json.loads(json.dumps(FULL.to_dict()))).to_dict() == FULL.to_dict()


def test_an_unknown_setting_is_named():
    with pytest.raises(ConfigError, match="colour"):
        TrainingConfig.from_dict({"colour": "red"})


@pytest.mark.parametrize(
    "make",
    [
        lambda: TrainingConfig(epochs=0),
        lambda: TrainingConfig(batch_size=0),
        lambda: TrainingConfig(seed=-1),
        lambda: TrainingConfig(policy="everything"),
        lambda: TrainingConfig(crop=-1),
        lambda: TrainingConfig(epochs=1.5),
        lambda: SolverConfig(learning_rate=0.0),
        lambda: SolverConfig(learning_rate=float("nan")),
        lambda: SolverConfig(weight_decay=-1.0),
        lambda: SolverConfig(update_interval=0),
        lambda: ScheduleConfig("Custom"),
        lambda: ScheduleConfig(warmup=-1),
    ],
)
def test_impossible_values_are_refused(make):
    with pytest.raises(ConfigError):
        make()


def test_differences_name_nested_settings_and_both_values():
    other = TrainingConfig(
        SolverConfig("Momentum", 0.2, {"momentum": 0.9}, 1e-4, 2, FULL.solver.schedule),
        epochs=3,
        batch_size=5,
        seed=9,
        policy="sqrt",
        shuffle=False,
        first_epoch=2,
        iterations_per_epoch=11,
        crop=4,
        flip=True,
    )
    assert differences(FULL.to_dict(), other.to_dict()) == ("solver.learning_rate: 0.1 / 0.2",)
    assert differences(FULL.to_dict(), FULL.to_dict()) == ()


def test_nnablas_iterator_is_part_of_the_configuration():
    config = TrainingConfig(iterator=IteratorConfig(7, position=1, prepared=True, monitored=3))
    assert TrainingConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    assert TrainingConfig.from_dict(TrainingConfig().to_dict()).iterator is None


@pytest.mark.parametrize(
    "make",
    [
        lambda: IteratorConfig(-1),
        lambda: IteratorConfig(1, block=0),
        lambda: TrainingConfig(iterator=IteratorConfig(0)),
        lambda: TrainingConfig(iterator=IteratorConfig(3), record_margins=True),
    ],
)
def test_impossible_iterators_are_refused(make):
    with pytest.raises(ConfigError):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: SolverConfig("Momentum", 0.1, {"momentum": float("nan")}),
        lambda: ScheduleConfig("Step", {"gamma": float("inf"), "iter_steps": [1]}),
        lambda: ScheduleConfig("Polynomial", {"max_iter": 5, "power": float("nan")}),
    ],
)
def test_numbers_of_a_solver_or_schedule_are_finite(make):
    with pytest.raises(ConfigError, match="of (solver|schedule) .* should be a finite number, not (nan|inf)"):
        make()
