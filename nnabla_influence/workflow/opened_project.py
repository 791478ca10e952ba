"""Opens a project: network, settings and data of a training, read, checked and made to fit each other.

Solver, learning rate, schedule, batch size, epochs and data come from the network file where it has them; the request
overrides single values, and the log says what is used and from where. Built-in networks bring their own settings and
take the shapes from the data.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Sequence, Tuple

from ..config import TrainingConfig
from ..dataset.dataset import Dataset
from ..device import Device
from ..errors import ConfigError, NetworkError
from ..execution import Execution
from ..files import FilePath
from ..network import DatasetSetting, FileSettings, Network
from ..remedies import remedy
from ..training import TrainingCache
from .builtin_network import builtin_network
from .data_reading import (
    Data,
    GivenData,
    ReadingSettings,
    named_alike,
    own_data,
    read_data,
    refuse_other_classes,
    warn_of_training_data,
)
from .progress_reporter import SILENT, ProgressReporter
from .project_request import ProjectRequest
from .training_overrides import log_solver, training_config

__all__ = ["OpenedProject", "open_cached_project", "open_project", "require_trained"]

LOGGER = logging.getLogger("nnabla_influence")


@dataclass(frozen=True)
class OpenedProject:
    """A training that is ready to start, or was finished: its network, configuration and data.

    Args:
        network: The network.
        config: The run.
        train: The training data.
        validation: The validation data.
        device: Where to compute.
        reading: How further data is read.
    """

    network: Network
    config: TrainingConfig
    train: Dataset
    validation: Dataset
    device: Device = Device()
    reading: ReadingSettings = ReadingSettings()

    @property
    def inputs(self) -> Tuple[Optional[Path], ...]:
        """The network file and the CSVs of the data, which nobody may write to."""
        return (Path(self.network.path), *self.data_files)

    @property
    def data_files(self) -> Tuple[Optional[Path], ...]:
        """The CSVs of the data, which nobody may write to."""
        return self.train.path, self.validation.path

    @property
    def fingerprints(self) -> Tuple[str, str]:
        """Those of the training and the validation data."""
        return self.train.fingerprint, self.validation.fingerprint

    def read_further(self, data: GivenData, reporter: ProgressReporter = SILENT) -> Dataset:
        """Read further data as the training data was read.

        Raises:
            DataError: The data is broken or does not fit the network.
        """
        if not isinstance(data, Dataset):
            data = read_data(data, self.reading.like(self.train), reporter)
        self.network.check_data(data)
        return data


def open_project(request: ProjectRequest, reporter: ProgressReporter = SILENT) -> OpenedProject:
    """Read network and data and settle the configuration.

    Raises:
        RequestError: Something does not fit; the message names it.
    """
    network = _given_network(request)
    if request.trained:
        require_trained(network, request.origin)
    own = network.settings if network else FileSettings()
    given = _stated_data(request, own)
    train, validation = (
        _read(request, data, sections, reporter) for data, sections in zip(given, (own.training, own.validation))
    )
    if request.reading.image_size and not any(len(shape) == 3 for shape in train.shapes.values()):
        raise ConfigError("", remedy("no-images-to-resize", data=train.path))
    network = network or builtin_network(request.origin, train, request.training.task, request.seed)
    if request.training.from_scratch and network.trained:
        network = network.initialized(request.seed)
    for data in (train, validation):
        network.check_data(data)
    if request.training.augments and not any(len(shape) == 3 for shape in network.input_shapes().values()):
        raise ConfigError("", remedy("no-images-to-augment", network=network.path))
    config = training_config(request.training, network, request.seed)
    refuse_other_classes(train, validation)
    validation = named_alike(train, validation)
    warn_of_training_data(train, validation)
    _log(network, config, train, validation)
    return OpenedProject(network, config, train, validation, request.device, request.reading)


def open_cached_project(
    path: Path,
    train: Data,
    validation: Data,
    *,
    device: Device = Device(),
    data_cache: Optional[Path] = None,
    classes: Optional[FilePath] = None,
    execution: Execution = Execution(),
    reporter: ProgressReporter = SILENT,
) -> Tuple[TrainingCache, OpenedProject]:
    """Open a training cache together with the data it was trained with, read as the training read it.

    Args:
        path: The cache.
        train: Its training data; a cache knows fingerprints, not where files are today.
        validation: The validation data.
        device: Where to compute.
        data_cache: Where decoded data is kept.
        classes: A CSV with the names of the classes; None: the one beside each data set.
        execution: The processes of this machine that decode files.
        reporter: Shows how far it is.

    Raises:
        ConfigError: A data set is not given.
        CacheMismatchError: The training data is not that of the cache.
        DataError: A data set is broken or does not fit the network.
    """
    if train is None or validation is None:
        raise ConfigError("", remedy("cache-needs-data"))
    cache = TrainingCache.open(path)
    read = cache.passport["training_data"]
    size = tuple(read["image_size"]) if read["image_size"] else None
    reading = ReadingSettings(size, read["normalize"], data_cache, classes, execution)
    train, validation = (
        data if isinstance(data, Dataset) else read_data(data, reading, reporter) for data in (train, validation)
    )
    cache.check_data(train)
    cache.network.check_data(validation)
    refuse_other_classes(train, validation)
    validation = named_alike(train, validation)
    warn_of_training_data(train, validation)
    LOGGER.info("%s: %s", path, cache.network.roles.note)
    return cache, OpenedProject(cache.network, cache.config, train, validation, device, reading)


def _given_network(request: ProjectRequest) -> Optional[Network]:
    """Return the network; None for a built-in, whose shape the data decides."""
    if isinstance(request.network, Network):
        return request.network
    if not request.is_builtin:
        stated = request.stated.found_beside(Path(request.network)) if request.trained else request.stated
        return Network.load(
            request.network, request.seed, inputs=stated.inputs, loss=stated.loss, parameters=stated.parameters
        )
    return None


def require_trained(network: Optional[Network], origin: str) -> None:
    """Refuse a network without trained parameters.

    Args:
        network: The network; None for a built-in.
        origin: Its file or name.

    Raises:
        NetworkError: It has none.
    """
    if network is None or not network.trained:
        raise NetworkError(f"'{origin}' holds no trained parameters.", remedy("train-first"))


def _stated_data(request: ProjectRequest, own: FileSettings) -> Tuple[GivenData, GivenData]:
    """Return training and validation data: those of the request, else those the project names.

    Raises:
        ConfigError: Neither says where they are.
        DataError: The project's data is not there.
    """
    given = {"train": request.train, "validation": request.validation}
    sections = {"train": own.training, "validation": own.validation}
    stated = {which: next((s.uri for s in sections[which] if s.uri), None) for which in given}
    missing = [which for which, data in given.items() if data is None and stated[which] is None]
    if missing:
        raise ConfigError(
            f"'{request.origin}' does not say where its data is;",
            remedy("give-" + "-and-".join(missing)),
        )
    train, validation = (
        own_data(stated[which] or "", request.origin, which) if data is None else data for which, data in given.items()
    )
    return train, validation


def _read(
    request: ProjectRequest, data: GivenData, sections: Sequence[DatasetSetting], reporter: ProgressReporter
) -> Dataset:
    return data if isinstance(data, Dataset) else read_data(data, request.reading, reporter, sections)


def _log(network: Network, config: TrainingConfig, train: Dataset, validation: Dataset) -> None:
    state = "trained parameters" if network.trained else f"new parameters, seed {network.seed}"
    LOGGER.info("network: %s, %d trainable numbers, %s", network.path, network.space.size, state)
    log_solver(config)
    LOGGER.info("data: %d training rows, %d validation rows", len(train), len(validation))
    LOGGER.info("%s", network.roles.note)
