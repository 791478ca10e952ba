"""How a long phase tells that it goes on, and where it keeps how far it got.

Both are plugged in from outside: the numerics call them and know neither a console nor a file.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, Optional, Protocol

from .array import Array

__all__ = ["ProgressCallback", "ProgressStore"]

ProgressCallback = Callable[[int, int], None]
"""Called with how many units (samples, steps, files) are done, and how many there are in all."""


class ProgressStore(Protocol):
    """Where a long phase keeps its progress; `nnabla_influence.resume.PartialFolder` is one."""

    def load(self, name: str) -> Optional[Dict[str, Array]]:
        """Return the arrays saved under a name, None if there are none."""

    def save(self, name: str, arrays: Mapping[str, Any]) -> None:
        """Save arrays under a name, replacing what was there."""
