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

import numpy as np

from ..config import ScheduleConfig, SolverConfig, TrainingConfig
from ..dataset.dataset import Dataset
from ..errors import ConfigError, DataError, NetworkError
from ..network import DatasetSetting, FileSettings, Network
from ..network.builtin import BUILTINS
from ..network.settings import solver_defaults
from .console import Console
from .project_options import METHOD_SETTING

LOGGER = logging.getLogger("nnabla_influence")
BUILTIN = "builtin:"
DATA = {"train": "training", "validation": "validation"}
MOST_CLASSES = 1000  # whole numbers beyond are taken as values to predict


@dataclass(frozen=True)
class Project:
    """A run that is ready to start."""

    network: Network
    config: TrainingConfig
    train: Dataset
    validation: Dataset


def load_project(
    args: argparse.Namespace, console: Console, must_be_trained: bool = False, network: Optional[Network] = None
) -> Project:
    """Reads network and data and settles the configuration.

    Args:
        args: The options of train, score or run.
        console: Shows progress.
        must_be_trained: Refuse a network without trained parameters, before its data is read.
        network: The network, if it was read already; else it is read from the options.

    Raises:
        RequestError: Something does not fit; the message names it.
    """
    network = network or _read_network(args)
    if must_be_trained and not (network and network.trained):
        raise NetworkError(
            f"'{args.network}' holds no trained parameters. Train first (python -m nnabla_influence "
            "train) and score with --cache, or give the results.nnp of a finished training."
        )
    own = network.settings if network else FileSettings()
    paths = _data_paths(args, own)
    train, validation = (
        load_data(args, console, path, settings) for path, settings in zip(paths, (own.training, own.validation))
    )
    if args.image_size and not any(len(shape) == 3 for shape in train.shapes.values()):
        raise ConfigError(f"--image-size resizes images, but {train.path} holds none; leave it out.")
    network = network or _builtin(args, train)
    if args.from_scratch and network.trained:
        network = network.initialized(args.seed)
    for dataset in (train, validation):
        network.check_data(dataset)
    _check_augmentation(args, network)
    config = training_config(args, network)
    warn_of_training_data(train, validation)
    _log(network, config, train, validation)
    return Project(network, config, train, validation)


def warn_of_training_data(train: Dataset, validation: Dataset) -> None:
    """Say it where the validation data is the training data: allowed, but another question."""
    if train.fingerprint == validation.fingerprint:
        LOGGER.warning(
            "the validation data is the training data itself (%s): the scores say what lowers the training loss, not "
            "what helps on new data",
            validation.path,
        )


def load_data(args: argparse.Namespace, console: Console, path: Path, settings: Sequence[DatasetSetting]) -> Dataset:
    """Reads the training or validation data, as the project's data-set sections and the options ask for.

    Raises:
        DataError: The data is broken.
    """
    normalize = {"yes": True, "no": False}.get(args.image_normalization, all(s.normalize for s in settings))
    # A file is read twice: for the fingerprint, and to decode it.
    with console.progress(f"reading {path.name}", "file reads") as progress:
        return Dataset.from_csv(
            path, image_size=args.image_size, normalize=normalize, data_cache=args.data_cache, progress=progress
        )


def training_config(args: argparse.Namespace, network: Network) -> TrainingConfig:
    """The network file's settings with the options' overrides."""
    settings = network.settings
    epochs = args.epochs or (1 if network.trained else settings.epochs)
    return TrainingConfig(
        solver=_solver(args, settings.solver),
        epochs=epochs,
        batch_size=args.batch_size or settings.batch_size,
        seed=args.seed,
        policy=getattr(args, "policy", "last-epoch"),
        shuffle=settings.shuffle,
        first_epoch=max(0, settings.epochs - epochs) if network.trained else 0,
        iterations_per_epoch=settings.iterations_per_epoch,
        crop=args.crop,
        record_margins=args.record_margins or getattr(args, "method", "") == "margin",
        average_parameters=_records_average(args),
        flip=args.flip,
    )


def _records_average(args: argparse.Namespace) -> bool:
    """As asked for; else with every policy but ``final``, whose file is to stay as small as can be."""
    wanted, needed = args.average_parameters, getattr(args, METHOD_SETTING + "at", None) == "average"
    if wanted is None:
        return needed or getattr(args, "policy", "last-epoch") != "final"
    if needed and not wanted:
        raise ConfigError("--at average needs what --no-average-parameters leaves out; give one of the two.")
    return bool(wanted)


def _solver(args: argparse.Namespace, own: SolverConfig) -> SolverConfig:
    if args.solver and args.solver != own.name:
        if not args.learning_rate:
            raise ConfigError(
                f"--solver {args.solver} needs a --learning-rate: the network's {own.learning_rate:g} "
                f"belongs to {own.name}."
            )
        return SolverConfig(
            args.solver,
            args.learning_rate,
            solver_defaults(args.solver),
            weight_decay=own.weight_decay,
            update_interval=own.update_interval,
        )
    if args.learning_rate:
        return dataclasses.replace(own, learning_rate=args.learning_rate, schedule=ScheduleConfig())
    return own


def _read_network(args: argparse.Namespace) -> Optional[Network]:
    """The file's network; None for a built-in, whose shape the data decides."""
    if not args.network.startswith(BUILTIN):
        if args.task != "auto":
            raise ConfigError(f"--task {args.task} is for built-in networks; '{args.network}' states its own loss.")
        return Network.load(args.network, args.seed)
    if args.network not in BUILTINS:
        raise ConfigError(f"Built-in networks are {', '.join(BUILTINS)}, not '{args.network}'.")
    return None


def _check_augmentation(args: argparse.Namespace, network: Network) -> None:
    if (args.crop or args.flip) and not any(len(shape) == 3 for shape in network.input_shapes().values()):
        raise ConfigError(f"--crop and --flip change images, but '{network.path}' reads none; leave them out.")


def _builtin(args: argparse.Namespace, train: Dataset) -> Network:
    missing = [name for name in ("x", "y") if name not in train.shapes]
    if missing:
        raise DataError(
            f"{train.path}: built-in networks read columns x (input) and y (label); the data has "
            f"{', '.join(train.shapes)}. Rename the header, e.g. to x:image,y:label."
        )
    outputs, task = _outputs(train, args.task)
    return Network.builtin(args.network, train.shapes["x"], outputs, task, args.seed)


def _outputs(train: Dataset, task: str) -> Tuple[int, str]:
    """Number of outputs, and the task; whole numbers from 0 in a single column are classes."""
    labels = train.column("y")
    whole = labels[0].size == 1 and bool((labels == labels.round()).all())
    classes = whole and bool((labels >= 0).all())
    if task == "auto":
        if whole and not classes:
            raise DataError(
                f"{train.path}: column y holds whole numbers from {labels.min():g} to {labels.max():g}. "
                "Class numbers count from 0; say --task regression if these are values to predict."
            )
        task = "classification" if classes and labels.max() < MOST_CLASSES else "regression"
        LOGGER.info(
            "labels of column y: taken as %s (--task decides otherwise)",
            "class numbers" if task == "classification" else "real values",
        )
    if task == "regression":
        return labels[0].size, task
    if not classes:
        raise DataError(
            f"{train.path}: classification needs one column y of class numbers 0, 1, 2, ...; "
            "use --task regression for real values."
        )
    _warn_of_empty_classes(labels)
    return int(labels.max()) + 1, task


def _warn_of_empty_classes(labels: np.ndarray) -> None:
    """Labels that count from 1, or one mistyped label, would go unnoticed."""
    empty = np.setdiff1d(np.arange(int(labels.max()) + 1), labels)
    if len(empty):
        shown = ", ".join(map(str, empty[:10])) + (", ..." if len(empty) > 10 else "")
        LOGGER.warning(
            "no training sample of class %s, but labels go up to %d; classes count from 0", shown, int(labels.max())
        )


def _data_paths(args: argparse.Namespace, own: FileSettings) -> Tuple[Path, Path]:
    """Training and validation CSV, from the options or from the project's own URIs.

    Raises:
        ConfigError: Neither says where they are.
        DataError: The project's data is not there.
    """
    uris = {"train": own.training, "validation": own.validation}
    wanted = {which: next((s.uri for s in settings if s.uri), None) for which, settings in uris.items()}
    missing = [which for which, uri in wanted.items() if getattr(args, which) is None and uri is None]
    if missing:
        raise ConfigError(
            f"'{args.network}' does not say where its data is; give "
            f"{' and '.join(f'--{which} CSV' for which in missing)}."
        )
    train, validation = (
        getattr(args, which) or own_data(uri or "", args.network, which) for which, uri in wanted.items()
    )
    return train, validation


def own_data(uri: str, network: str, which: str) -> Path:
    """The data set a project names, looked up beside the network file, in its parent, then in the working folder.

    Args:
        uri: The path as the project states it.
        network: The network file.
        which: ``train`` or ``validation``.

    Raises:
        DataError: It is in none of these places.
    """
    base = Path(network).absolute().parent
    relative = Path(uri.replace("\\", "/"))
    candidates = [relative] if relative.is_absolute() else [base / relative, base.parent / relative, relative]
    found: Optional[Path] = next((c for c in candidates if c.is_file()), None)
    if found is None:
        raise DataError(
            f"The project's {DATA[which]} data '{uri}' is in none of "
            f"{', '.join(str(c) for c in candidates)}; give --{which} CSV."
        )
    LOGGER.info("%s data: %s (from %s)", DATA[which], found, network)
    return found


def _log(network: Network, config: TrainingConfig, train: Dataset, validation: Dataset) -> None:
    state = "trained parameters" if network.trained else f"new parameters, seed {network.seed}"
    LOGGER.info("network: %s, %d trainable numbers, %s", network.path, network.space.size, state)
    log_solver(config)
    LOGGER.info("data: %d training rows, %d validation rows", len(train), len(validation))
    LOGGER.info("%s", network.roles.note)


def log_solver(config: TrainingConfig) -> None:
    """Says in the log how is trained."""
    solver = config.solver
    LOGGER.info(
        "solver: %s, learning rate %g%s, batch size %d, epochs %d",
        solver.name,
        solver.learning_rate,
        f" ({solver.schedule.kind})" if solver.schedule.kind != "Constant" else "",
        config.batch_size,
        config.epochs,
    )
