"""Settings as frozen dataclasses that check themselves.

`SolverConfig` and `ScheduleConfig` describe NNabla's solver and its learning-rate schedule, `IteratorConfig` the data
iterator of its command line; `TrainingConfig` a whole training run. Each converts to and from a plain dictionary, which
is how a training cache carries them as its passport.
"""

from __future__ import annotations

import dataclasses
import math
import re
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Tuple, Type, TypeVar

from .choices import DEFAULT_POLICY, POLICIES, SCHEDULES
from .errors import ConfigError

__all__ = ["LARGEST", "Config", "IteratorConfig", "ScheduleConfig", "SolverConfig", "TrainingConfig", "differences"]

LARGEST = 10**9
"""The largest number of epochs, iterations or samples of a batch: one that no machine performs or holds."""

HASH = re.compile(r"[0-9a-f]{32,}$")  # fingerprints: nobody reads them, so that they differ is all that is said

C = TypeVar("C", bound="Config")


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ConfigError(message)


def _require_finite(what: str, numbers: Mapping[str, Any]) -> None:
    """Refuse NaN and infinity; numbers may be lists of numbers, and what is no number is somebody else's to refuse."""
    for name, value in numbers.items():
        for number in value if isinstance(value, (list, tuple)) else (value,):
            _require(
                not isinstance(number, float) or math.isfinite(number),
                f"{name} of {what} should be a finite number, not {number}.",
            )


@dataclass(frozen=True)
class Config:
    """Base: conversion to and from dictionaries of plain values."""

    def to_dict(self) -> Dict[str, Any]:
        """Return plain values only, ready for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls: Type[C], values: Mapping[str, Any]) -> C:
        """Return the settings that `to_dict` was called on.

        Raises:
            ConfigError: A key is unknown.
        """
        fields = {f.name: f for f in dataclasses.fields(cls)}
        unknown = sorted(set(values) - set(fields))
        _require(not unknown, f"{cls.__name__} has no setting {', '.join(unknown)}.")
        nested: Dict[str, Type[Config]] = {
            "solver": SolverConfig,
            "schedule": ScheduleConfig,
            "iterator": IteratorConfig,
        }
        # JSON knows no tuples: a list was one.
        return cls(
            **{
                key: nested[key].from_dict(value)
                if key in nested and value is not None
                else tuple(value)
                if isinstance(value, list)
                else value
                for key, value in values.items()
            }
        )


@dataclass(frozen=True)
class ScheduleConfig(Config):
    """The course of the learning rate, in iterations (batches) as NNabla counts them.

    Args:
        kind: One of `choices.SCHEDULES`; all but ``Constant`` are NNabla's schedulers.
        parameters: The scheduler's own numbers (``gamma``, ``iter_interval``, ``iter_steps``, ``max_iter``, ``power``).
        warmup: Iterations of linear warm-up, 0 for none.

    Raises:
        ConfigError: No such schedule, or a negative warm-up.

    >>> ScheduleConfig("Step", {"gamma": 0.1, "iter_steps": [100, 200]}).to_dict()["kind"]
    'Step'
    """

    kind: str = "Constant"
    parameters: Dict[str, Any] = field(default_factory=dict)
    warmup: int = 0

    def __post_init__(self) -> None:
        _require(
            self.kind in SCHEDULES,
            f"Learning-rate schedule should be one of {', '.join(SCHEDULES)}, not '{self.kind}'.",
        )
        _require(self.warmup >= 0, f"Warm-up should be 0 or more iterations, not {self.warmup}.")
        _require_finite(f"schedule {self.kind}", self.parameters)


@dataclass(frozen=True)
class SolverConfig(Config):
    """NNabla's solver and its settings.

    Args:
        name: NNabla's solver name, e.g. ``Sgd``, ``Momentum``, ``Adam``.
        learning_rate: Initial learning rate (``lr`` or ``alpha`` in NNabla).
        parameters: The solver's further numbers, NNabla's names (``momentum``, ``beta1``...).
        weight_decay: Coupled weight decay: ``weight_decay * theta`` is added to the gradient.
        update_interval: Batches whose gradients are summed before one update.
        schedule: Learning-rate schedule.

    Raises:
        ConfigError: A number is out of range.

    >>> SolverConfig("Momentum", learning_rate=0.01, parameters={"momentum": 0.9}).schedule.kind
    'Constant'
    """

    name: str = "Sgd"
    learning_rate: float = 0.05
    parameters: Dict[str, float] = field(default_factory=dict)
    weight_decay: float = 0.0
    update_interval: int = 1
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)

    def __post_init__(self) -> None:
        _require(
            math.isfinite(self.learning_rate) and self.learning_rate > 0,
            f"Learning rate should be a positive number, not {self.learning_rate}.",
        )
        _require(
            math.isfinite(self.weight_decay) and self.weight_decay >= 0,
            f"Weight decay should be 0 or more, not {self.weight_decay}.",
        )
        _require(self.update_interval >= 1, f"Update interval should be 1 or more, not {self.update_interval}.")
        _require_finite(f"solver {self.name}", self.parameters)


@dataclass(frozen=True)
class IteratorConfig(Config):
    """The data iterator of ``nnabla_cli train``, see `nnabla_influence.training.nnabla_cli.wrapping_plan`.

    Args:
        iterations: Batches of an epoch, whatever the number of samples; 0 for data that only monitors read.
        position: Place of the data set in the network file, which is the seed of its iterator.
        prepared: Rows come from a cache on the disk that was made before, instead of the CSV itself.
        in_memory: NNabla keeps the decoded samples in memory, as it does below a limit.
        block: Samples of one file of NNabla's cache.
        monitored: Batches that monitors draw from the same data whenever they are evaluated.
        monitor_interval: Monitors are evaluated after the first 5 epochs, then after each epoch this divides.

    Raises:
        ConfigError: A number is out of range.
    """

    iterations: int
    position: int = 0
    prepared: bool = False
    in_memory: bool = True
    block: int = 100
    monitored: int = 0
    monitor_interval: int = 1

    def __post_init__(self) -> None:
        least = {"iterations": 0, "position": 0, "block": 1, "monitored": 0, "monitor_interval": 1}
        for name, number in least.items():
            value = getattr(self, name)
            _require(
                number <= value <= LARGEST,
                f"{name} of NNabla's iterator should be a number from {number} to {LARGEST:,}, not {value:,}.",
            )


@dataclass(frozen=True)
class TrainingConfig(Config):
    """A training run; with the data and the initial parameters it determines every number of the run.

    Args:
        solver: Solver and schedule.
        epochs: Passes over the training data.
        batch_size: Samples of a batch; the batches of an epoch differ by at most one sample.
        seed: Seeds batch order, augmentation and dropout.
        policy: Which parameters the cache keeps, one of `choices.POLICIES`.
        shuffle: Whether each epoch has its own order.
        first_epoch: Epoch of the schedule this run starts at (a trained network is continued at its end).
        iterations_per_epoch: Iterations the schedule counts as one epoch; 0 means the batch plan's own number.
        crop: Pixels of zero padding for random crops, 0 for none.
        flip: Random horizontal flips.
        record_margins: Keep every sample's logit margin, averaged over the epochs.
        average_parameters: Keep the mean parameters of the last epoch, one more vector (P,). Off here, so that a cache
            holds what was asked for; the command line records them with every policy but ``final``.
        iterator: Draw batches as NNabla's own data iterator does, which wraps around; None for batches that hold every
            sample once an epoch. With seed 0 the order is the one of ``nnabla_cli train``.

    Raises:
        ConfigError: A setting is out of range, or two of them exclude each other.

    >>> config = TrainingConfig(epochs=20, seed=7)
    >>> TrainingConfig.from_dict(config.to_dict()) == config
    True
    """

    solver: SolverConfig = field(default_factory=SolverConfig)
    epochs: int = 1
    batch_size: int = 64
    seed: int = 0
    policy: str = DEFAULT_POLICY
    shuffle: bool = True
    first_epoch: int = 0
    iterations_per_epoch: int = 0
    crop: int = 0
    flip: bool = False
    record_margins: bool = False
    average_parameters: bool = False
    iterator: Optional[IteratorConfig] = None

    def __post_init__(self) -> None:
        for name, least in (("epochs", 1), ("batch_size", 1), ("seed", 0), ("first_epoch", 0), ("crop", 0)):
            value = getattr(self, name)
            _require(isinstance(value, int) and value >= least, f"{name} should be {least} or more, not {value}.")
            _require(name == "seed" or value <= LARGEST, f"{name} should be at most {LARGEST:,}, not {value:,}.")
        _require(self.policy in POLICIES, f"Cache policy should be one of {', '.join(POLICIES)}, not '{self.policy}'.")
        if self.iterator is not None:
            _require(
                self.iterator.iterations >= 1, "An epoch of NNabla's iterator should have 1 or more batches, not 0."
            )
            _require(
                not self.record_margins, "Margins need every sample once an epoch, which NNabla's iterator is not."
            )


def differences(ours: Mapping[str, Any], theirs: Mapping[str, Any], prefix: str = "") -> Tuple[str, ...]:
    """Return the settings in which two dictionaries differ, as ``name: ours / theirs``; a hash is just "another".

    >>> differences({"seed": 1, "solver": {"name": "Sgd"}}, {"seed": 2, "solver": {"name": "Sgd"}})
    ('seed: 1 / 2',)
    """
    lines: List[str] = []
    for key in sorted(set(ours) | set(theirs)):
        a = ours.get(key)
        b = theirs.get(key)
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            lines += differences(a, b, f"{prefix}{key}.")
        elif a != b:
            hashes = all(HASH.match(str(value)) for value in (a, b))
            lines.append(f"{prefix}{key}: another" if hashes else f"{prefix}{key}: {a} / {b}")
    return tuple(lines)
