"""Solver, schedule, batch size, epochs and data sets, as an NNabla file states them.

Nothing is a constant of ours: what the project was trained with is what scoring uses. Options of a command override
single values; the command logs which.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Dict, Optional, Tuple

import nnabla.solvers
import numpy as np

from ..config import LARGEST, ScheduleConfig, SolverConfig, TrainingConfig
from ..errors import ConfigError, NetworkError, UnsupportedError
from .nnp import NNablaMessage

__all__ = [
    "LEARNING_RATE_FIELDS",
    "PASSED_OVER",
    "DatasetSetting",
    "FileSettings",
    "complete_solver",
    "dataset_sections",
    "plain_number",
    "read_settings",
    "solver_defaults",
    "solver_numbers",
    "with_solver_defaults",
]

LEARNING_RATE_FIELDS = ("lr", "alpha")
"""NNabla's names of the learning rate; ``alpha`` in Adam and its kin."""


PASSED_OVER = ("bias_correction",)
"""Numbers that a file may state and NNabla's trainer does not read: it trains AMSGRAD without, whatever they say."""


@dataclass(frozen=True)
class DatasetSetting:
    """One data-set section of a network file.

    Args:
        uri: Path of the CSV as written in the file.
        normalize: Whether images are scaled from 0..255 to 0..1.
        batch_size: Samples of a batch.
        shuffle: Whether the order changes every epoch.
    """

    uri: str
    normalize: bool
    batch_size: int
    shuffle: bool


@dataclass(frozen=True)
class FileSettings:
    """Everything a file says about the training of its network.

    Args:
        solver: Solver and schedule.
        epochs: Epochs of the whole training.
        iterations_per_epoch: Iterations the file counts as an epoch, 0 if it does not say.
        training: Data-set sections the optimizer reads.
        validation: Data-set sections only the monitors read.
    """

    solver: SolverConfig = field(default_factory=SolverConfig)
    epochs: int = 1
    iterations_per_epoch: int = 0
    training: Tuple[DatasetSetting, ...] = ()
    validation: Tuple[DatasetSetting, ...] = ()

    @property
    def batch_size(self) -> int:
        """The batch size of the training data, 64 if the file does not say."""
        return next((d.batch_size for d in self.training if d.batch_size > 0), 64)

    @property
    def normalize(self) -> bool:
        """Whether the training data set asks for images scaled to 0..1."""
        return all(d.normalize for d in self.training)

    @property
    def shuffle(self) -> bool:
        """Whether the training data is shuffled."""
        return all(d.shuffle for d in self.training)


def read_settings(proto: NNablaMessage, path: str) -> FileSettings:
    """Read the settings from a file's optimizer, data-set and training sections.

    Raises:
        NetworkError: The solver has no learning rate, a data-set section is missing, or a number is absurd.
        UnsupportedError: The learning-rate schedule is a custom one.
    """
    optimizer = proto.optimizer[0]
    sections = dataset_sections(proto, path)
    missing = [name for name in optimizer.dataset_name if name not in sections]
    if missing:
        raise NetworkError(f"'{path}': the optimizer reads data set '{missing[0]}', which has no section.")
    watched = [name for m in proto.monitor for name in m.dataset_name if name not in optimizer.dataset_name]
    training = proto.training_config
    return FileSettings(
        solver=_solver(optimizer, path),
        epochs=_whole(training, "max_epoch", path) or 1,
        iterations_per_epoch=_whole(training, "iter_per_epoch", path),
        training=tuple(sections[name] for name in optimizer.dataset_name),
        validation=tuple(sections[name] for name in dict.fromkeys(watched) if name in sections),
    )


def dataset_sections(proto: NNablaMessage, path: str) -> Dict[str, DatasetSetting]:
    """Return all data-set sections of a file by their names.

    Raises:
        NetworkError: A batch size is absurd.
    """
    return {
        d.name: DatasetSetting(d.uri, not d.no_image_normalization, _whole(d, "batch_size", path), d.shuffle)
        for d in proto.dataset
    }


def _whole(message: NNablaMessage, name: str, path: str) -> int:
    """Return a number of times, 0 where the file does not say.

    Raises:
        NetworkError: It is negative, or beyond anything that ends.
    """
    value = int(getattr(message, name))
    if not 0 <= value <= LARGEST:
        raise NetworkError(
            f"'{path}': {name} should be a whole number from 0 (not stated) to {LARGEST:,}, not {value:,}. Save the "
            "network again with another one."
        )
    return value


def _solver(optimizer: NNablaMessage, path: str) -> SolverConfig:
    solver = optimizer.solver
    parameters = _solver_parameters(solver, path)
    rate_name = next((name for name in LEARNING_RATE_FIELDS if name in parameters), None)
    if rate_name is None:
        raise NetworkError(f"'{path}': solver '{solver.type}' states no learning rate.")
    rate = parameters.pop(rate_name)
    return SolverConfig(
        name=_solver_name(solver),
        learning_rate=rate,
        parameters=parameters,
        weight_decay=plain_number(solver.weight_decay),
        update_interval=_whole(optimizer, "update_interval", path) or 1,
        schedule=_schedule(solver, path),
    )


def _solver_parameters(solver: NNablaMessage, path: str) -> Dict[str, Any]:
    """Return the solver's numbers that NNabla's trainer gives to the solver.

    Raises:
        UnsupportedError: The file states one that NNabla's solver does not have.
    """
    message = solver_numbers(solver)
    if message is None:
        return {}
    stated = {f.name: plain_number(getattr(message, f.name)) for f in message.DESCRIPTOR.fields}
    passed = {name: value for name, value in stated.items() if name not in PASSED_OVER}
    name = _solver_name(solver)
    if not hasattr(nnabla.solvers, name):  # refused by its name later
        return passed
    own = solver_defaults(name)
    known = {*own, *LEARNING_RATE_FIELDS}
    unknown = [field.name for field, _ in message.ListFields() if field.name in passed and field.name not in known]
    if unknown:
        raise UnsupportedError(
            f"'{path}': solver '{solver.type}' states '{unknown[0]}', which this NNabla's solver does not have "
            f"(it has {', '.join(sorted(known & set(stated)))}). Take it out, or choose another solver."
        )
    kept = {field: own[field] for field in PASSED_OVER if field in own}
    return {**{field: value for field, value in passed.items() if field in known}, **kept}


def _solver_name(solver: NNablaMessage) -> str:
    return "Sgd" if solver.type == "SGD" else str(solver.type)


def solver_numbers(solver: NNablaMessage) -> Optional[NNablaMessage]:
    """Return the sub-message with the solver's own numbers, e.g. ``adam_param``; None if there is none."""
    # A field's name may have underscores where the solver's has none.
    wanted = solver.type.lower() + "_param"
    for descriptor in solver.DESCRIPTOR.fields:
        if descriptor.message_type and descriptor.name.replace("_", "") == wanted.replace("_", ""):
            numbers: NNablaMessage = getattr(solver, descriptor.name)
            return numbers
    return None


def solver_defaults(name: str) -> Dict[str, Any]:
    """Return NNabla's own numbers of a solver, e.g. ``momentum``, without its learning rate."""
    numbers = dict(getattr(nnabla.solvers, name)().info)
    return {key: plain_number(value) for key, value in numbers.items() if key not in LEARNING_RATE_FIELDS}


def with_solver_defaults(config: TrainingConfig) -> TrainingConfig:
    """Return the run with a complete solver, see `complete_solver`.

    Raises:
        ConfigError: NNabla has no such solver, or the solver no such number.
    """
    return dataclasses.replace(config, solver=complete_solver(config.solver))


def complete_solver(solver: SolverConfig) -> SolverConfig:
    """Return the solver with NNabla's own numbers where it states none, e.g. momentum 0.9.

    NNabla trains with them whether they are stated or not; scores and files need them stated.

    Raises:
        ConfigError: NNabla has no such solver, or the solver no such number.
    """
    if not hasattr(nnabla.solvers, solver.name):
        raise ConfigError(f"Expected a solver of NNabla, got '{solver.name}'. Names are written like 'Momentum'.")
    defaults = solver_defaults(solver.name)
    unknown = [name for name in solver.parameters if name not in defaults]
    if unknown:
        known = ", ".join(defaults) or "none beside the learning rate"
        raise ConfigError(f"Solver '{solver.name}' has no number '{unknown[0]}'; it has {known}.")
    return dataclasses.replace(solver, parameters={**defaults, **solver.parameters})


def plain_number(value: Any) -> Any:
    """Return the shortest decimal of a float32 field; whole numbers stay what they are.

    >>> plain_number(0.10000000149011612)
    0.1
    """
    return float(str(np.float32(value))) if isinstance(value, float) else value


def _schedule(solver: NNablaMessage, path: str) -> ScheduleConfig:
    kind = solver.lr_scheduler_type
    linear = solver.lr_warmup_scheduler_type == "Linear"
    warmup = _whole(solver.linear_warmup_scheduler_param, "warmup_iter", path) if linear else 0
    if kind == "" and solver.lr_decay in (0.0, 1.0):
        return ScheduleConfig("Constant", {}, warmup)
    if kind == "":  # the older form of an exponential schedule
        return ScheduleConfig(
            "Exponential",
            {"gamma": plain_number(solver.lr_decay), "iter_interval": _whole(solver, "lr_decay_interval", path) or 1},
            warmup,
        )
    if kind == "Exponential":
        p = solver.exponential_scheduler_param
        interval = _whole(p, "iter_interval", path) or 1
        return ScheduleConfig(kind, {"gamma": plain_number(p.gamma), "iter_interval": interval}, warmup)
    if kind == "Step":
        p = solver.step_scheduler_param
        return ScheduleConfig(kind, {"gamma": plain_number(p.gamma), "iter_steps": list(p.iter_steps)}, warmup)
    if kind == "Cosine":
        return ScheduleConfig(kind, {"max_iter": _whole(solver.cosine_scheduler_param, "max_iter", path)}, warmup)
    if kind == "Polynomial":
        p = solver.polynomial_scheduler_param
        return ScheduleConfig(kind, {"max_iter": _whole(p, "max_iter", path), "power": plain_number(p.power)}, warmup)
    raise UnsupportedError(
        f"'{path}': learning-rate schedule '{kind}' is not supported; Exponential, Step, Cosine and Polynomial are."
    )
