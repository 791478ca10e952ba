"""Guesses what somebody meant by a name that does not exist: a question behind the refusal, never an answer."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Iterable

__all__ = ["did_you_mean"]

LEAST_ALIKE = 0.75  # of difflib; built-in networks share half of their letters


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Ask for the known name that is most like a wrong one, whatever the case of its letters.

    Args:
        name: The wrong name.
        known: The names there are.

    Returns:
        A question with a blank before it, or nothing if none is like it.

    Example:
        >>> did_you_mean("spectal", ["spectral", "loss"]), did_you_mean("xyz", ["loss"])
        (' Did you mean spectral?', '')
    """
    by_plain = {each.lower(): each for each in known}
    close = get_close_matches(name.lower(), by_plain, n=1, cutoff=LEAST_ALIKE)
    return f" Did you mean {by_plain[close[0]]}?" if close else ""
