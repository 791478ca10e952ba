"""What a door says while it works: results, information, warnings and errors, and the package's own log.

A command prints, a plugin writes to the log that Neural Network Console reads; both are a `Messenger`. It says remedies
in the words of its door.
"""

from __future__ import annotations

import json
import logging
from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import Any, Iterator, Mapping, Sequence

from .progress_display import Progress
from .remedies import with_remedy
from .text_table import format_table

__all__ = ["Messenger"]

LOGGER = logging.getLogger("nnabla_influence")


class Messenger(ABC):
    """Says things for one run of a command or a plugin.

    Args:
        quiet: Results, warnings and errors only.
        verbose: Debug messages as well.

    Attributes:
        remedies: The words of every remedy at this door.
    """

    remedies: Mapping[str, str]

    def __init__(self, quiet: bool = False, verbose: bool = False) -> None:
        self.quiet = quiet
        self.verbose = verbose

    @abstractmethod
    def result(self, text: str) -> None:
        """Say a line of what was asked for, also when quiet."""

    @abstractmethod
    def notice(self, text: str) -> None:
        """Say a plain line about the run itself, also when quiet."""

    @abstractmethod
    def progress(self, description: str, unit: str = "samples") -> Progress:
        """Begin a phase.

        Args:
            description: What is being done, e.g. ``scoring``.
            unit: What is counted, in the plural.

        Returns:
            A callable (done, total) that is also a context manager.
        """

    def info(self, text: str = "") -> None:
        """Say a line about what is done or where a file is, unless quiet."""
        if not self.quiet:
            self.result(text)

    def json(self, data: object) -> None:
        """Say a result for machines.

        Args:
            data: Plain values; ASCII is written, so that no consumer's encoding matters.
        """
        self.result(json.dumps(data, indent=2, allow_nan=False))

    def table(self, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Say an aligned table, see `text_table.format_table`; also when quiet."""
        for line in format_table(header, rows):
            self.result(line)

    def warn(self, text: str) -> None:
        """Say a warning, also when quiet."""
        self.notice(f"warning: {text}")

    def error(self, text: str) -> None:
        """Say an error."""
        self.notice(f"error: {text}")

    @contextmanager
    def log(self) -> Iterator[None]:
        """Say what the package logs while a block runs, as plain lines.

        NNabla installs a handler on the root logger when it is imported. Our lines must not be said twice, and NNabla's
        own chatter (``Initializing CPU extension``) is kept for the verbose. All settings return afterwards.
        """
        handler = _MessengerHandler(self)
        nnabla_logger = logging.getLogger("nnabla")
        level = LOGGER.level
        propagates = LOGGER.propagate
        nnabla_level = nnabla_logger.level
        LOGGER.addHandler(handler)
        LOGGER.propagate = False
        LOGGER.setLevel(self._log_level())
        # NNabla's logger can be set before NNabla is imported, which is when its first line would come.
        if not self.verbose:
            nnabla_logger.setLevel(logging.WARNING)
        try:
            yield
        finally:
            LOGGER.removeHandler(handler)
            LOGGER.setLevel(level)
            LOGGER.propagate = propagates
            nnabla_logger.setLevel(nnabla_level)

    def _log_level(self) -> int:
        if self.verbose:
            return logging.DEBUG
        return logging.WARNING if self.quiet else logging.INFO


class _MessengerHandler(logging.Handler):
    """Hands the package's log records to a messenger."""

    def __init__(self, messenger: Messenger) -> None:
        super().__init__()
        self._messenger = messenger

    def emit(self, record: logging.LogRecord) -> None:
        """Say a record, and its remedy in the words of this door."""
        say = self._messenger.warn if record.levelno >= logging.WARNING else self._messenger.notice
        remedy: Any = getattr(record, "remedy", None)
        say(with_remedy(record.getMessage(), remedy, self._messenger.remedies))
