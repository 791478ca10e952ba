"""The request that opens a project: which network, which data, which settings."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import List, Optional, Union

from ..dataset.dataset import Dataset
from ..device import Device
from ..network import Network
from .data_reading import ReadingSettings
from .training_overrides import TrainingOverrides

__all__ = ["Data", "GivenData", "ProjectRequest"]

BUILTIN = "builtin:"
GivenData = Union[Path, Dataset]
Data = Optional[GivenData]


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
    """

    network: Union[str, Network]
    train: Data = None
    validation: Data = None
    seed: int = 0
    device: Device = Device()
    reading: ReadingSettings = field(default_factory=ReadingSettings)
    training: TrainingOverrides = field(default_factory=TrainingOverrides)
    trained: bool = False

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
        data = [path for path in (self.train, self.validation) if isinstance(path, Path)]
        return [None if self.is_builtin else Path(self.origin), *data]

    def with_seed(self, seed: int) -> ProjectRequest:
        """Return the same request with another seed."""
        return dataclasses.replace(self, seed=seed)

    def absolute(self) -> ProjectRequest:
        """Return the same request with absolute paths, for machines that only share the disk."""
        network = self.network
        if isinstance(network, str) and not self.is_builtin:
            network = str(Path(network).absolute())
        cache = self.reading.data_cache
        return dataclasses.replace(
            self,
            network=network,
            train=self.train.absolute() if isinstance(self.train, Path) else self.train,
            validation=self.validation.absolute() if isinstance(self.validation, Path) else self.validation,
            reading=dataclasses.replace(self.reading, data_cache=cache.absolute() if cache is not None else None),
        )
