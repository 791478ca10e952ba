"""What lies in a result folder of Neural Network Console: the trained network, its project, its data, its cache.

Fields that are left empty are answered from here. NNC Windows starts a plugin inside the folder and names files bare;
NNC Desktop starts it elsewhere with absolute paths and calls the network ``result.nnp``.
"""

from __future__ import annotations

import importlib.util
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Optional, Sequence, Tuple

from ...device import Device
from ...errors import ConfigError, DataError, NetworkError
from ...network import DatasetSetting, Network
from ...network.file_settings import read_settings
from ...network.nnp import NetworkFile, read_network_file
from ...training import TrainingCache
from ...workflow.data_reading import own_data

__all__ = ["CACHE", "NETWORKS", "PROJECT", "TrainedResult", "data_file", "device_of"]

LOGGER = logging.getLogger("nnabla_influence")
NETWORKS = ("results.nnp", "result.nnp")
PROJECT = "net.nntxt"
CACHE = "influence_cache.h5"


@dataclass(frozen=True)
class TrainedResult:
    """A trained network of NNC, and what else was named or lies beside it.

    Attributes:
        file: The network file.
        network: The network.
        cache: The influence cache, if there is one of this network.
        train: CSV of the training data.
        validation: CSV of the validation data.
        device: Where the project computes.
    """

    file: Path
    network: Network
    cache: Optional[Path]
    train: Path
    validation: Path
    device: Device

    @classmethod
    def read(cls, model: str, train: str = "", validation: str = "", cache: str = "") -> TrainedResult:
        """Find everything; a field that is empty is answered by the result folder.

        Args:
            model: The field with the trained network.
            train: The field with the training data.
            validation: The field with the validation data.
            cache: The field with the influence cache.

        Raises:
            NetworkError: There is no trained network.
            DataError: A file that is named does not exist.
            ConfigError: Neither a field nor the project names the data.
        """
        file = _find_network(model)
        network = _trained_network(file)
        found_cache = _cache_beside(cache, file, network)
        device = Device(device_of(network))
        given_train = data_file(train, "train")
        given_validation = data_file(validation, "validation")
        if given_train is None or given_validation is None:
            own_train, own_validation = _project_data(network, file)
            given_train = given_train or own_train
            given_validation = given_validation or own_validation
        return cls(file, network, found_cache, given_train, given_validation, device)

    @property
    def inputs(self) -> Tuple[Optional[Path], ...]:
        """The files that nobody may write to."""
        return self.file, self.cache, self.train, self.validation


def _find_network(named: str) -> Path:
    """Find the trained network: the named file, or the one in the same folder under the other product's name.

    Raises:
        NetworkError: There is none.
    """
    path = Path(named)
    for candidate in (path, *(path.parent / name for name in NETWORKS)):
        if candidate.is_file():
            return candidate
    raise NetworkError(
        f"Expected the trained network '{path.absolute()}', found no such file. Select the result of a finished "
        "training, or give its results.nnp."
    )


def _trained_network(path: Path) -> Network:
    """Read a trained network; one saved for inference only gets its project from the net.nntxt beside it.

    Raises:
        NetworkError: The file holds no trained parameters.
    """
    file = read_network_file(path)
    project = path.with_name(PROJECT)
    if not file.proto.optimizer and project.is_file():
        LOGGER.info("%s holds no project; solver and data come from %s", path, project)
        file = NetworkFile(read_network_file(project).proto, file.parameters, str(path))
    network = Network(file)
    if not network.trained:
        raise NetworkError(f"'{path}' holds no trained parameters. Select the result of a finished training.")
    return network


def data_file(named: str, which: str) -> Optional[Path]:
    """Return the data set of a field, None where the field is empty.

    Raises:
        DataError: There is no such file.
    """
    if not named:
        return None
    path = Path(named)
    if not path.is_file():
        raise DataError(
            f"The {which} data '{path.absolute()}' does not exist. Give another CSV, or leave the field empty."
        )
    return path


def _project_data(network: Network, network_file: Path) -> Tuple[Path, Path]:
    """Return training and validation CSV as the network file names them, or else the net.nntxt beside it.

    Raises:
        ConfigError: The project names none.
        DataError: The file it names is not there.
    """
    stated = [(network.settings, network_file)]
    project = network_file.with_name(PROJECT)
    if project.is_file():
        stated.append((read_settings(read_network_file(project).proto, str(project)), project))
    train = _stated_data([(settings.training, file) for settings, file in stated], "train")
    return train, _stated_data([(settings.validation, file) for settings, file in stated], "validation")


def _stated_data(stated: Iterable[Tuple[Sequence[DatasetSetting], Path]], which: str) -> Path:
    for sections, file in stated:
        for section in sections:
            if section.uri.strip():
                return own_data(section.uri, str(file), which)
    raise ConfigError(f"The project names no {which} data; give a CSV in the field {which}.")


def _cache_beside(named: str, network_file: Path, network: Network) -> Optional[Path]:
    """Return the influence cache: the named one, or the one beside the network if it is of the same network.

    Raises:
        DataError: The named one does not exist.
    """
    if named:
        if not Path(named).is_file():
            raise DataError(f"The influence cache '{Path(named).absolute()}' does not exist. Leave the field empty.")
        return Path(named)
    path = network_file.with_name(CACHE)
    if not path.is_file():
        return None
    if TrainingCache.open(path).network.fingerprint != network.fingerprint:
        LOGGER.warning("%s belongs to another network and is not used", path)
        return None
    return path


def device_of(network: Network) -> str:
    """Return where the project computes: the GPU if it asks for one and NNabla's extension is there, else the CPU."""
    context = network.proto.global_config.default_context
    if not any(backend.startswith(("cudnn", "cuda")) for backend in context.backends):
        return "cpu"
    if importlib.util.find_spec("nnabla_ext") is None or importlib.util.find_spec("nnabla_ext.cudnn") is None:
        LOGGER.info("the project computes on a GPU, for which NNabla's extension is missing here; using the CPU")
        return "cpu"
    return f"cudnn:{context.device_id}" if context.device_id.isdigit() else "cudnn"
