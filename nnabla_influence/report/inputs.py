"""What a report is made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Mapping, Optional, Union

__all__ = ["ReportInputs"]


@dataclass(frozen=True)
class ReportInputs:
    """The files a report is made from, and what is not in any of them.

    Args:
        influence: The influence CSV that ``score`` or ``run`` wrote.
        curve: The removal curve that ``evaluate`` wrote.
        cache: The training cache.
        label: The variable with the classes; left out, ``y`` if it holds classes.
        details: Further figures to show under cost, e.g. ``{"training": "12 s"}``.
    """

    influence: Union[str, Path]
    curve: Union[str, Path, None] = None
    cache: Union[str, Path, None] = None
    label: Optional[str] = None
    details: Mapping[str, str] = field(default_factory=dict)
