"""Libraries that do not come with NNabla, and what to say where NNC's Python lacks one."""

from __future__ import annotations

import importlib.util
import sys

from ...errors import MissingExtraError

__all__ = ["install_hint", "has_library", "require_library"]


def has_library(name: str) -> bool:
    """Whether the Python that runs the plugin has it; nothing is loaded."""
    return importlib.util.find_spec(name) is not None


def require_library(name: str, purpose: str) -> None:
    """Says at once, not after minutes of work, that a library is missing.

    Args:
        name: The library.
        purpose: What it is needed for: "the picture".

    Raises:
        MissingExtraError: It is not there.
    """
    if not has_library(name):
        raise MissingExtraError(f"{purpose[0].upper()}{purpose[1:]} needs {install_hint(name)}.")


def install_hint(name: str) -> str:
    """The library's name and how to add it to this Python."""
    return f'{name}, which this Python lacks; add it with "{sys.executable}" -m pip install {name}'
