"""From options to a project: network, settings and data of a training run.

Solver, learning rate, schedule, batch size, epochs and data come from the network file where it has them; options
override single values, and the log says what is used and from where. Built-in networks bring their own settings and
take the shapes from the data.
"""

from __future__ import annotations

import argparse
import dataclasses
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Sequence, Tuple

from ..config import ScheduleConfig, SolverConfig, TrainingConfig
from ..dataset.arrays import Dataset
from ..errors import ConfigError, DataError
from ..network import DatasetSetting, Network
from .console import Console

LOGGER = logging.getLogger("nnabla_influence")
BUILTIN = "builtin:"


@dataclass(frozen=True)
class Project:
    """A run that is ready to start."""

    network: Network
    config: TrainingConfig
    train: Dataset
    validation: Dataset


def load_project(args: argparse.Namespace, console: Console) -> Project:
    """Reads network and data and settles the configuration.

    Raises:
        RequestError: Something does not fit; the message names it.
    """
    if args.network.startswith(BUILTIN):
        train, validation = (load_data(args, console, which, ()) for which in ("train", "validation"))
        network = _builtin(args, train)
    else:
        network = Network.load(args.network, args.seed)
        train = load_data(args, console, "train", network.settings.training, args.network)
        validation = load_data(args, console, "validation", network.settings.validation, args.network)
        if args.from_scratch and network.trained:
            network = network.initialized(args.seed)
    for dataset in (train, validation):
        network.check_data(dataset)
    config = training_config(args, network)
    _log(network, config, train, validation)
    return Project(network, config, train, validation)


def load_data(args: argparse.Namespace, console: Console, which: str, settings: Sequence[DatasetSetting],
              network: str = "") -> Dataset:
    """Reads the training or validation data, from the option or from the project's own URI.

    Raises:
        ConfigError: Neither says where it is.
        DataError: The data is broken.
    """
    path = getattr(args, which)
    if path is None:
        path = _own_data(settings, network, which)
    normalize = {"yes": True, "no": False}.get(args.image_normalization, all(s.normalize for s in settings))
    with console.progress(f"reading {Path(path).name}", "rows") as progress:
        return Dataset.from_csv(path, image_size=args.image_size, normalize=normalize, data_cache=args.data_cache,
                                progress=progress)


def training_config(args: argparse.Namespace, network: Network) -> TrainingConfig:
    """The network file's settings with the options' overrides."""
    settings = network.settings
    epochs = args.epochs or (1 if network.trained else settings.epochs)
    return TrainingConfig(
        solver=_solver(args, settings.solver), epochs=epochs, batch_size=args.batch_size or settings.batch_size,
        seed=args.seed, policy=getattr(args, "policy", "last-epoch"), shuffle=settings.shuffle,
        first_epoch=max(0, settings.epochs - epochs) if network.trained else 0,
        iterations_per_epoch=settings.iterations_per_epoch, crop=args.crop, flip=args.flip)


def _solver(args: argparse.Namespace, own: SolverConfig) -> SolverConfig:
    if args.solver and args.solver != own.name:
        if not args.learning_rate:
            raise ConfigError(f"--solver {args.solver} needs a --learning-rate: the file's {own.learning_rate:g} belongs "
                              f"to {own.name}.")
        return SolverConfig(args.solver, args.learning_rate, weight_decay=own.weight_decay,
                            update_interval=own.update_interval)
    if args.learning_rate:
        return dataclasses.replace(own, learning_rate=args.learning_rate, schedule=ScheduleConfig())
    return own


def _builtin(args: argparse.Namespace, train: Dataset) -> Network:
    missing = [name for name in ("x", "y") if name not in train.shapes]
    if missing:
        raise DataError(f"{train.path}: built-in networks read columns x (input) and y (label); the data has "
                        f"{', '.join(train.shapes)}. Rename the header, e.g. to x:image,y:label.")
    outputs, task = _outputs(train, args.task)
    return Network.builtin(args.network, train.shapes["x"], outputs, task, args.seed)


def _outputs(train: Dataset, task: str) -> Tuple[int, str]:
    """Number of outputs, and the task; whole numbers from 0 in a single column are classes."""
    labels = train.column("y")
    whole = labels[0].size == 1 and bool(((labels >= 0) & (labels == labels.round())).all())
    if task == "auto":
        task = "classification" if whole and labels.max() < 1000 else "regression"
        LOGGER.info("labels of column y: taken as %s (--task decides otherwise)",
                    "class numbers" if task == "classification" else "real values")
    if task == "classification" and not whole:
        raise DataError(f"{train.path}: classification needs one column y of class numbers 0, 1, 2, ...; "
                        "use --task regression for real values.")
    return (int(labels.max()) + 1 if task == "classification" else labels[0].size), task


def _own_data(settings: Sequence[DatasetSetting], network: str, which: str) -> Path:
    uri = next((s.uri for s in settings if s.uri), None)
    if uri is None:
        raise ConfigError(f"The network does not say where its {which} data is; give --{which} CSV.")
    base = Path(network).absolute().parent
    relative = Path(uri.replace("\\", "/"))
    candidates = [relative] if relative.is_absolute() else [base / relative, base.parent / relative, relative]
    found: Optional[Path] = next((c for c in candidates if c.is_file()), None)
    if found is None:
        raise DataError(f"The project's {which} data '{uri}' is in none of "
                        f"{', '.join(str(c) for c in candidates)}; give --{which} CSV.")
    LOGGER.info("%s data: %s (from %s)", which, found, network)
    return found


def _log(network: Network, config: TrainingConfig, train: Dataset, validation: Dataset) -> None:
    solver = config.solver
    state = "trained parameters" if network.trained else f"new parameters, seed {network.seed}"
    LOGGER.info("network: %s, %d trainable numbers, %s", network.path, network.space.size, state)
    LOGGER.info("solver: %s, learning rate %g%s, batch size %d, epochs %d", solver.name, solver.learning_rate,
                f" ({solver.schedule.kind})" if solver.schedule.kind != "Constant" else "", config.batch_size,
                config.epochs)
    LOGGER.info("data: %d training rows, %d validation rows", len(train), len(validation))
    LOGGER.info("%s", network.roles.note)
