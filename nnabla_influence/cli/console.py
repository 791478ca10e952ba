"""What a command says, and where: the only module of the package that prints.

Results (tables, JSON) go to standard output and are always printed. Information goes there too, unless ``--quiet``.
Everything about the run itself (log lines of the package, warnings, progress, errors) goes to standard error, so that
``command > file`` and ``command --json | tool`` see results only.

Progress is a bar with rate and remaining time on a terminal. In a log file it is a plain line, at most one per
`LOG_SECONDS`, because the ``\\r`` of a bar is noise there.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
import unicodedata
from contextlib import contextmanager, nullcontext
from types import TracebackType
from typing import Any, Callable, Iterator, List, Mapping, Optional, Sequence, TextIO, Type

from ..remedies import with_remedy
from .remedies import IN_COMMANDS

__all__ = ["LOG_SECONDS", "Console", "LineProgress", "Progress", "use_replaceable_output"]

LOG_SECONDS = 10.0
"""Least time between two progress lines where standard error is not a terminal."""

LOGGER = logging.getLogger("nnabla_influence")


class Progress:
    """Reports how far a phase is; call it with `(done, total)`, use it as a context manager.

    This base class says nothing, which is what ``--quiet`` asks for. Done counts that go back, or another total, start
    a new count: a phase may consist of several epochs or trials.

    Args:
        description: What is being done, e.g. ``scoring``.
        unit: What is counted, in the plural, e.g. ``samples``.
    """

    def __init__(self, description: str, unit: str) -> None:
        self.description = description
        self.unit = unit
        self.done = -1
        self.total = 0

    def __call__(self, done: int, total: int) -> None:
        """Say that `done` of `total` units are finished; the first call may be at a resumed count."""
        if self.done < 0 or done < self.done or total != self.total:
            self._finish()
            self._start(done, total)
        self.done, self.total = done, total
        self._advance()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self._finish()

    def _start(self, done: int, total: int) -> None:
        """A count from `done` to `total` begins."""

    def _advance(self) -> None:
        """`self.done` has changed."""

    def _finish(self) -> None:
        """The count has ended, complete or not."""


class _BarProgress(Progress):
    """A tqdm bar on a terminal."""

    def __init__(self, description: str, unit: str, stream: TextIO) -> None:
        super().__init__(description, unit)
        self._stream = stream
        self._bar: Any = None

    def _start(self, done: int, total: int) -> None:
        from tqdm import tqdm

        self._bar = tqdm(
            desc=self.description,
            unit=f" {self.unit}",
            initial=done,
            total=total,
            file=self._stream,
            dynamic_ncols=True,
        )

    def _advance(self) -> None:
        self._bar.update(self.done - self._bar.n)

    def _finish(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class LineProgress(Progress):
    """Plain lines for logs: one when some seconds have passed since the last, and one at the end."""

    def __init__(self, description: str, unit: str, say: Callable[[str], None], seconds: float = LOG_SECONDS) -> None:
        super().__init__(description, unit)
        self._say, self._seconds = say, seconds
        self._started = self._spoken = time.monotonic()
        self._first = 0

    def _start(self, done: int, total: int) -> None:
        self._started = self._spoken = time.monotonic()
        # Units finished before this run (a resumed phase) do not belong to its rate.
        self._first = done

    def _advance(self) -> None:
        now = time.monotonic()
        if self.done >= self.total or now - self._spoken >= self._seconds:
            self._spoken = now
            self._say(self._line(now - self._started))

    def _line(self, seconds: float) -> str:
        text = f"{self.description}: {self.done}/{self.total} {self.unit}"
        fresh = self.done - self._first
        if fresh <= 0 or seconds <= 0:
            return text
        rate = fresh / seconds
        text += f", {rate:,.0f} {self.unit}/s" if rate >= 100 else f", {rate:.3g} {self.unit}/s"
        left = (self.total - self.done) / rate
        return f"{text}, {_duration(left)} left" if left > 0 else f"{text}, took {_duration(seconds)}"


class Console:
    """Prints for one command.

    Args:
        quiet: Results, warnings and errors only.
        verbose: Debug messages as well.
    """

    remedies: Mapping[str, str] = IN_COMMANDS

    def __init__(self, quiet: bool = False, verbose: bool = False) -> None:
        self.quiet = quiet
        self.verbose = verbose

    @classmethod
    def from_args(cls, args: argparse.Namespace) -> Console:
        """The console that ``--quiet`` and ``--verbose`` ask for."""
        return cls(quiet=getattr(args, "quiet", False), verbose=getattr(args, "verbose", False))

    def info(self, text: str = "") -> None:
        """Print a line about what is done or where a file is, unless quiet."""
        if not self.quiet:
            _print(text, sys.stdout)

    def result(self, text: str) -> None:
        """Print what the command was asked for, also when quiet."""
        _print(text, sys.stdout)

    def json(self, data: Any) -> None:
        """Print a result for machines.

        Args:
            data: Plain values; ASCII is written, so that no consumer's encoding matters.
        """
        _print(json.dumps(data, indent=2, allow_nan=False), sys.stdout)

    def table(self, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Print an aligned table, numbers to the right; also when quiet.

        Args:
            header: The column names.
            rows: Cells in the order of `header`; floats are shown with four decimals, None as ``-``.
        """
        for line in format_table(header, rows):
            _print(line, sys.stdout)

    def warn(self, text: str) -> None:
        """Print a warning to standard error, also when quiet."""
        self._say(f"warning: {text}")

    def error(self, text: str) -> None:
        """Print an error to standard error; `main` calls this for whatever a command raises."""
        self._say(f"error: {text}")

    def notice(self, text: str) -> None:
        """Print a plain line to standard error, also when quiet."""
        self._say(text)

    def progress(self, description: str, unit: str = "samples") -> Progress:
        """A reporter for one phase.

        Args:
            description: What is being done, e.g. ``scoring``.
            unit: What is counted, in the plural.

        Returns:
            A callable `(done, total)` that is also a context manager.
        """
        if self.quiet:
            return Progress(description, unit)
        if sys.stderr.isatty():
            return _BarProgress(description, unit, sys.stderr)
        return LineProgress(description, unit, self._say)

    @contextmanager
    def log(self) -> Iterator[None]:
        """Show what the package logs while a command runs, as plain lines on standard error.

        NNabla installs a handler on the root logger when it is imported. Our lines must not be printed twice, and
        NNabla's own chatter (``Initializing CPU extension``) is kept for ``--verbose``. All settings return afterwards.
        """
        handler = _ConsoleHandler(self)
        nnabla_logger = logging.getLogger("nnabla")
        saved = LOGGER.level, LOGGER.propagate, nnabla_logger.level
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
            LOGGER.setLevel(saved[0])
            LOGGER.propagate = saved[1]
            nnabla_logger.setLevel(saved[2])

    def _log_level(self) -> int:
        if self.verbose:
            return logging.DEBUG
        return logging.WARNING if self.quiet else logging.INFO

    def _say(self, text: str) -> None:
        _print(text, sys.stderr)


class _ConsoleHandler(logging.Handler):
    """Hands the package's log records to a console."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        """Say a record, and its remedy in the words of this door."""
        say = self._console.warn if record.levelno >= logging.WARNING else self._console.notice
        say(with_remedy(record.getMessage(), getattr(record, "remedy", None), self._console.remedies))


def use_replaceable_output() -> None:
    """Let a console that lacks a character (cp932, cp1252) print ``?`` for it instead of failing.

    Standard error needs nothing: Python opens it so that it always can be written.
    """
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")


def format_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> List[str]:
    """The lines of an aligned table; see `Console.table`."""
    cells = [list(header)] + [[_cell(value) for value in row] for row in rows]
    widths = [max(_width(row[column]) for row in cells) for column in range(len(header))]
    right = [
        bool(rows) and all(isinstance(row[column], (int, float, type(None))) for row in rows)
        for column in range(len(header))
    ]
    lines = ["  ".join(map(_pad, row, widths, right)).rstrip() for row in cells]
    return [lines[0], "  ".join("-" * width for width in widths), *lines[1:]]


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _width(text: str) -> int:
    """Columns that `text` takes on a terminal: Japanese characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _pad(text: str, width: int, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _print(text: str, stream: TextIO) -> None:
    """Print above a progress bar, if there is one, so that neither breaks the other."""
    loaded = sys.modules.get("tqdm")  # only `_BarProgress` imports it, and only with it can there be a bar
    with loaded.tqdm.external_write_mode(file=stream) if loaded else nullcontext():
        print(text, file=stream, flush=True)
