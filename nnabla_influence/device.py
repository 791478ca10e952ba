"""The device every computation runs on, chosen loudly.

A device is named ``cpu``, ``cuda``, ``cudnn`` or ``cudnn:1`` (with a device id). Nothing here touches NNabla's
global default context: `Device.scope` is a context manager.
"""

from __future__ import annotations

import importlib
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import Iterator

import nnabla as nn

from .choices import DEVICES
from .errors import ConfigError, MissingExtraError
from .remedies import remedy

__all__ = ["Device"]

# Whenever NNabla reads an array or writes down a function it looks for `nnabla_ext` or `nnabla` inside `nnabla` first,
# as Python 2 did: a search of the disk that takes up to 0.2 ms and finds nothing. Known to be missing, they are not
# searched for.
for missing in ("nnabla_ext", "nnabla_ext.cpu", "nnabla"):
    sys.modules.setdefault(f"nnabla.{missing}", None)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Device:
    """The device NNabla computes on.

    >>> device = Device("cudnn:1")
    >>> device.kind
    'cudnn'
    >>> with Device("cpu").scope():
    ...     nn.get_current_context().backend
    ['cpu:float']

    Args:
        name: ``cpu``, ``cuda``, ``cudnn``, the last two optionally with ``:ID``.

    Raises:
        ConfigError: The name is none of these.
    """

    name: str = "cpu"

    def __post_init__(self) -> None:
        kind, _, number = self.name.partition(":")
        if kind not in DEVICES or (number and not (number.isdigit() and kind != "cpu")):
            raise ConfigError(f"Device should be cpu, cuda, cudnn or e.g. cudnn:1, not '{self.name}'.")

    @property
    def kind(self) -> str:
        """The name without the device id."""
        return self.name.partition(":")[0]

    def context(self) -> nn.Context:
        """Return a fresh NNabla context of this device.

        Raises:
            MissingExtraError: NNabla's CUDA extension is not installed.
        """
        try:
            extension = _extension(self.kind)
        except ImportError as error:
            raise MissingExtraError(
                f"Device '{self.name}' needs NNabla's CUDA extension ({error});", remedy("other-device")
            ) from error
        number = self.name.partition(":")[2]
        return extension.context(device_id=number) if number else extension.context()

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Run a block on this device; whatever context was current returns afterwards."""
        # Automatic forward execution would compute every function as soon as it is written down.
        with nn.context_scope(self.context()), nn.auto_forward(False):
            yield


@lru_cache(maxsize=None)
def _extension(kind: str) -> ModuleType:
    """Import NNabla's module for a kind of device once: every training step asks for it."""
    return importlib.import_module(f"nnabla_ext.{kind}")
