r"""What a command says, and where: the only module of the package that prints.

Results (tables, JSON) go to standard output and are always printed. Information goes there too, unless ``--quiet``.
Everything about the run itself (log lines of the package, warnings, progress, errors) goes to standard error, so that
``command > file`` and ``command --json | tool`` see results only.

Progress is a bar with rate and remaining time on a terminal. In a log file it is a plain line, at most one per
`LOG_SECONDS`, because the ``\r`` of a bar is noise there.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext
from typing import Any, TextIO

from ..messenger import Messenger
from ..progress_display import LineProgress, Progress
from .remedies import IN_COMMANDS

__all__ = ["Console", "use_replaceable_output"]


class Console(Messenger):
    """Prints for one command."""

    remedies = IN_COMMANDS

    @classmethod
    def from_args(cls, args: argparse.Namespace) -> Console:
        """Make the console that ``--quiet`` and ``--verbose`` ask for."""
        return cls(quiet=getattr(args, "quiet", False), verbose=getattr(args, "verbose", False))

    def result(self, text: str) -> None:
        """Print a line to standard output."""
        _print(text, sys.stdout)

    def notice(self, text: str) -> None:
        """Print a line to standard error."""
        _print(text, sys.stderr)

    def progress(self, description: str, unit: str = "samples") -> Progress:
        """Begin a phase: a bar on a terminal, plain lines in a log, nothing when quiet."""
        if self.quiet:
            return Progress(description, unit)
        if sys.stderr.isatty():
            return _BarProgress(description, unit, sys.stderr)
        return LineProgress(description, unit, self.notice)


class _BarProgress(Progress):
    """A tqdm bar on a terminal."""

    def __init__(self, description: str, unit: str, stream: TextIO) -> None:
        super().__init__(description, unit)
        self._stream = stream
        self._bar: Any = None  # tqdm's, made when the count is known

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


def use_replaceable_output() -> None:
    """Let a console that lacks a character (cp932, cp1252) print ``?`` for it instead of failing.

    Standard error needs nothing: Python opens it so that it always can be written.
    """
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")


def _print(text: str, stream: TextIO) -> None:
    """Print above a progress bar, if there is one, so that neither breaks the other."""
    loaded = sys.modules.get("tqdm")  # only `_BarProgress` imports it, and only with it can there be a bar
    with loaded.tqdm.external_write_mode(file=stream) if loaded else nullcontext():
        stream.write(f"{text}\n")  # at once: an interrupt between the two would join this line and the next
        stream.flush()
