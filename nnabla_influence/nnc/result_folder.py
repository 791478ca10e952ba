"""What lies in a result folder of Neural Network Console: the trained network, its project, its data, its cache.

Fields that are left empty are answered from here. NNC Windows starts a plugin inside the folder and names files bare;
NNC Desktop starts it elsewhere with absolute paths and calls the network ``result.nnp``.
"""

from __future__ import annotations

import importlib.util
import logging
from argparse import Namespace
from pathlib import Path
from typing import Any, Iterable, Optional, Sequence, Tuple

from ..cli.main import build_parser
from ..cli.project import own_data
from ..errors import ConfigError, DataError, NetworkError
from ..network import DatasetSetting, Network
from ..network.file_settings import read_settings
from ..network.nnp import NetworkFile, read_network_file

__all__ = [
    "CACHE",
    "PROJECT",
    "cache_beside",
    "command_options",
    "data_file",
    "device_of",
    "find_network",
    "project_data",
    "trained_network",
]

LOGGER = logging.getLogger("nnabla_influence")
NETWORKS = ("results.nnp", "result.nnp")
PROJECT = "net.nntxt"
CACHE = "influence_cache.h5"


def command_options(command: str, *arguments: str) -> Namespace:
    """The options of a command with its defaults, so that a plugin does what the command line does."""
    return build_parser().parse_args([command, *arguments])


def find_network(named: str) -> Path:
    """The trained network: the named file, or the one in the same folder under the other product's name.

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


def trained_network(path: Path) -> Network:
    """A trained network; one saved for inference only gets its project from the net.nntxt beside it.

    Raises:
        NetworkError: The file holds no trained parameters.
    """
    file, project = read_network_file(path), path.with_name(PROJECT)
    if not file.proto.optimizer and project.is_file():
        LOGGER.info("%s holds no project; solver and data come from %s", path, project)
        file = NetworkFile(read_network_file(project).proto, file.parameters, str(path))
    network = Network(file)
    if not network.trained:
        raise NetworkError(f"'{path}' holds no trained parameters. Select the result of a finished training.")
    return network


def data_file(named: str, which: str) -> Optional[Path]:
    """The data set of a field, None where the field is empty.

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


def project_data(network: Network, network_file: Path) -> Tuple[Path, Path]:
    """Training and validation CSV as the network file names them, or else the net.nntxt beside it.

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


def cache_beside(named: str, network_file: Path, network: Network) -> Optional[Path]:
    """The influence cache: the named one, or the one beside the network if it is of the same network.

    Raises:
        DataError: The named one does not exist.
    """
    if named:
        if not Path(named).is_file():
            raise DataError(f"The influence cache '{Path(named).absolute()}' does not exist. Leave the field empty.")
        return Path(named)
    from ..training import TrainingCache

    path = network_file.with_name(CACHE)
    if not path.is_file():
        return None
    if TrainingCache.open(path).network.fingerprint != network.fingerprint:
        LOGGER.warning("%s belongs to another network and is not used", path)
        return None
    return path


def device_of(network: Any) -> str:
    """Where the project computes: on the GPU if it asks for one and NNabla's extension is there, else on the CPU."""
    context = network.proto.global_config.default_context
    if not any(backend.startswith(("cudnn", "cuda")) for backend in context.backends):
        return "cpu"
    if importlib.util.find_spec("nnabla_ext") is None or importlib.util.find_spec("nnabla_ext.cudnn") is None:
        LOGGER.info("the project computes on a GPU, for which NNabla's extension is missing here; using the CPU")
        return "cpu"
    return f"cudnn:{context.device_id}" if context.device_id.isdigit() else "cudnn"
