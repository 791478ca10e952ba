"""What several workers find out about the same thing is said once.

Every worker that takes part in a scoring looks at the network itself, and each would log that a layer is computed the
slow way. One process says it once; so should several.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import Iterator, Set

__all__ = ["said_once"]

LOGGER = logging.getLogger("nnabla_influence")


class _Once(logging.Filter):
    """Drops what a worker says and was said before, here or by another worker."""

    def __init__(self) -> None:
        super().__init__()
        self._said: Set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        again = getattr(record, "from_worker", False) and text in self._said
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
