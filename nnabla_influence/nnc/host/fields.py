"""The fields of a plugin as they were filled in, each asked for by its name and its kind."""

from __future__ import annotations

from pathlib import Path
from typing import Mapping, Optional, Union

__all__ = ["Fields", "Value"]

Value = Union[str, int, bool, None]


class Fields:
    """What somebody filled in.

    Args:
        values: By the names of the manifest: text (empty where the field is empty), a whole number or None for tag
            ``int``, and whether the box of tag ``bool`` is ticked.

    >>> fields = Fields({"model": "results.nnp", "seed": None})
    >>> fields.path("model").name, fields.number("seed")
    ('results.nnp', None)
    """

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = dict(values)

    def text(self, name: str) -> str:
        """Return the text of a field; empty where it was left empty."""
        return str(self._values[name] or "")

    def path(self, name: str) -> Path:
        """Return the file or folder of a field that is not empty."""
        return Path(self.text(name))

    def number(self, name: str) -> Optional[int]:
        """Return the whole number of a field; None where it was left empty."""
        value = self._values[name]
        return None if value is None else int(value)

    def ticked(self, name: str) -> bool:
        """Tell whether a box is ticked."""
        return bool(self._values[name])
