"""The request that opens a project: which network, which data, which settings."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import List, Optional, Union

from ..choices import BUILTINS
from ..dataset.dataset import Dataset
from ..device import Device
from ..errors import ConfigError
from ..network import Network, StatedRoles
from ..remedies import remedy
from ..similar_names import did_you_mean
from .data_reading import Data, ReadingSettings, csv_of
from .request_checks import require_whole
from .training_overrides import AUTO_TASK, TrainingOverrides

__all__ = ["ProjectRequest"]

BUILTIN = "builtin:"


@dataclass(frozen=True)
class ProjectRequest:
    """What is to be opened.

    Args:
        network: A file (``results.nnp``, ``net.nntxt``), a built-in (``builtin:cnn``), or a `Network`.
        train: Training data, a CSV or a `Dataset`; None: the project's own.
        validation: Validation data, likewise.
        seed: Of initial parameters, batch order, augmentation and dropout.
        device: Where to compute.
        reading: How data is read.
        training: What replaces the network file's training settings.
        trained: Refuse a network without trained parameters.
        stated: What is said about a network file that does not say it itself.

    Raises:
        ConfigError: There is no such built-in, the seed is negative, or two settings contradict each other.

    Example:
        >>> ProjectRequest("builtin:cnn", seed=3).with_seed(4).seed
        4
    """

    network: Union[str, Network]
    train: Data = None
    validation: Data = None
    seed: int = 0
    device: Device = Device()
    reading: ReadingSettings = field(default_factory=ReadingSettings)
    training: TrainingOverrides = field(default_factory=TrainingOverrides)
    trained: bool = False
    stated: StatedRoles = field(default_factory=StatedRoles)

    def __post_init__(self) -> None:
        require_whole("seed", self.seed, 0)
        if self.is_builtin and self.network not in BUILTINS:
            meant = did_you_mean(self.origin, BUILTINS)
            raise ConfigError(f"Built-in networks are {', '.join(BUILTINS)}, not '{self.network}'.{meant}")
        if not self.is_builtin and self.training.task != AUTO_TASK:
            raise ConfigError("", remedy("task-is-for-builtins", task=self.training.task, network=self.origin))
        if self.stated != StatedRoles() and (self.is_builtin or isinstance(self.network, Network)):
            raise ConfigError(f"Loss, inputs and parameters are stated of a file; '{self.origin}' has its own.")
        if self.stated.states_roles and self.training.learning_rate is None:
            raise ConfigError(f"'{self.origin}' does not say how it is trained.", remedy("state-learning-rate"))
        read_already = isinstance(self.train, Dataset) and isinstance(self.validation, Dataset)
        if read_already and (self.reading.image_size or self.reading.normalize is not None):
            raise ConfigError(
                "image_size and normalize say how a CSV is read, but both data sets were read already. Leave them out."
            )

    @property
    def origin(self) -> str:
        """The network's file or name, for messages."""
        return self.network if isinstance(self.network, str) else self.network.path

    @property
    def is_builtin(self) -> bool:
        """Whether the network is a built-in, whose shape the data decides."""
        return isinstance(self.network, str) and self.network.startswith(BUILTIN)

    @property
    def inputs(self) -> List[Optional[Path]]:
        """The files that are named, which nobody may write to."""
        stated = [] if self.stated.parameters is None else [Path(self.stated.parameters)]
        return [None if self.is_builtin else Path(self.origin), *stated, csv_of(self.train), csv_of(self.validation)]

    def with_seed(self, seed: int) -> ProjectRequest:
        """Return the same request with another seed; the parameters of a network that is not trained are drawn anew."""
        network = self.network
        # A file's are drawn when it is opened; a network in memory has been drawn already.
        if isinstance(network, Network) and not network.trained and seed != self.seed:
            network = network.initialized(seed)
        return dataclasses.replace(self, network=network, seed=seed)

    def absolute(self) -> ProjectRequest:
        """Return the same request with absolute paths, for machines that only share the disk."""
        network = self.network
        if isinstance(network, str) and not self.is_builtin:
            network = str(Path(network).absolute())
        parameters = self.stated.parameters
        cache, classes = self.reading.data_cache, self.reading.classes
        return dataclasses.replace(
            self,
            network=network,
            train=self.train.absolute() if isinstance(self.train, Path) else self.train,
            validation=self.validation.absolute() if isinstance(self.validation, Path) else self.validation,
            stated=dataclasses.replace(
                self.stated, parameters=Path(parameters).absolute() if parameters is not None else None
            ),
            reading=dataclasses.replace(
                self.reading,
                data_cache=cache.absolute() if cache is not None else None,
                classes=Path(classes).absolute() if classes is not None else None,
            ),
        )
