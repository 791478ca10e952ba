"""Where a job says how far it is: the consoles of the commands and of the plugins are such reporters."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Callable, ContextManager, Iterator, Protocol

__all__ = ["SILENT", "ProgressReporter"]

ProgressCallback = Callable[[int, int], None]


class ProgressReporter(Protocol):
    """Shows the phases of a job."""

    def progress(self, description: str, unit: str = "samples") -> ContextManager[ProgressCallback]:
        """Begin a phase.

        Args:
            description: What is being done, e.g. ``scoring``.
            unit: What is counted, in the plural.

        Returns:
            A context manager that gives a function of (done, total).
        """


class _Silent:
    """Shows nothing."""

    @contextmanager
    def progress(self, description: str, unit: str = "samples") -> Iterator[ProgressCallback]:
        """Accept every call."""
        yield lambda done, total: None


SILENT: ProgressReporter = _Silent()
"""A reporter that shows nothing: for Python users who did not ask, and for workers."""
