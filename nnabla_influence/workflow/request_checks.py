"""Refuses impossible values of a request, in one voice: what was expected, and what arrived.

A request checks itself when it is made, so that nothing is read, trained or written for one that could not be met.
"""

from __future__ import annotations

import math
from typing import Optional, Sequence

from ..errors import ConfigError

__all__ = ["require_choice", "require_choices", "require_positive", "require_whole"]


def require_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """Refuse a value that is none of the choices.

    Raises:
        ConfigError: It is none.

    Example:
        >>> require_choice("start", "scratch", ("last-epoch", "scratch"))
    """
    if value not in choices:
        raise ConfigError(f"Expected {name} to be one of {', '.join(choices)}, got {value!r}.")


def require_choices(name: str, values: Sequence[str], choices: Sequence[str]) -> None:
    """Refuse an empty list, and one that holds something else than the choices.

    Raises:
        ConfigError: It is empty, or a value is none of the choices.
    """
    wrong = [value for value in values if value not in choices]
    if wrong or not values:
        arrived = repr(wrong[0]) if wrong else "none"
        raise ConfigError(f"Expected {name} to be some of {', '.join(choices)}, got {arrived}.")


def require_whole(name: str, value: Optional[int], least: int) -> None:
    """Refuse what is no whole number, or too small; None, where a request allows it, stands for its default.

    Raises:
        ConfigError: It is none, or too small.
    """
    # bool is an int to Python, but epochs=True is a slip.
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
        raise ConfigError(f"Expected {name} to be a whole number of at least {least}, got {value!r}.")


def require_positive(name: str, value: Optional[float]) -> None:
    """Refuse what is no finite number above 0; None stands for a default.

    Raises:
        ConfigError: It is none.
    """
    if value is not None and not (isinstance(value, (int, float)) and math.isfinite(value) and value > 0):
        raise ConfigError(f"Expected {name} to be a finite number above 0, got {value!r}.")
