"""What several workers find out about the same thing is said once.

Every worker that takes part in a scoring looks at the network itself, and each would log that a layer is computed the
slow way. One process says it once; so should several, and so should the asking process while it is one of them.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import Iterator, Set

__all__ = ["as_a_worker", "said_once"]

LOGGER = logging.getLogger("nnabla_influence")


class _Speaker:
    """Whether this process does the work of a worker now."""

    is_worker = False


@contextmanager
def as_a_worker() -> Iterator[None]:
    """Take what this process says while the block lasts for what a worker says."""
    before, _Speaker.is_worker = _Speaker.is_worker, True
    try:
        yield
    finally:
        _Speaker.is_worker = before


class _Once(logging.Filter):
    """Drops what a worker says and was said before, here or by another worker."""

    def __init__(self) -> None:
        super().__init__()
        self._said: Set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to show a record."""
        text = record.getMessage()
        again = (_Speaker.is_worker or getattr(record, "from_worker", False)) and text in self._said
        self._said.add(text)
        return not again


@contextmanager
def said_once() -> Iterator[None]:
    """Show a message of workers once while the block lasts, however many of them log it."""
    once = _Once()
    LOGGER.addFilter(once)
    try:
        yield
    finally:
        LOGGER.removeFilter(once)
