"""Shows how far a phase is: nothing, or plain lines for a log; a bar for terminals is `cli.console`'s.

A *phase* (reading, training, scoring) calls its display with (done, total). Done counts that go back, or another total,
start a new count: a phase may consist of several epochs or trials.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import Callable, Optional, Type

__all__ = ["LOG_SECONDS", "LineProgress", "Progress"]

LOG_SECONDS = 10.0
"""Least time between two progress lines where nobody looks at a terminal."""


class Progress:
    """Follows a phase and says nothing; call it with (done, total), use it as a context manager.

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
        self.done = done
        self.total = total
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
        """Begin a count from `done` to `total`."""

    def _advance(self) -> None:
        """Follow a change of `self.done`."""

    def _finish(self) -> None:
        """End the count, complete or not."""


class LineProgress(Progress):
    """Says plain lines: one when some seconds have passed since the last, and one at the end.

    Args:
        description: What is being done.
        unit: What is counted.
        say: Called with each line.
        seconds: Least time between two lines.
    """

    def __init__(self, description: str, unit: str, say: Callable[[str], None], seconds: float = LOG_SECONDS) -> None:
        super().__init__(description, unit)
        self._say = say
        self._seconds = seconds
        self._started = time.monotonic()
        self._last_line = self._started
        self._first = 0

    def _start(self, done: int, total: int) -> None:
        self._started = time.monotonic()
        self._last_line = self._started
        # Units finished before this run (a resumed phase) do not belong to its rate.
        self._first = done

    def _advance(self) -> None:
        now = time.monotonic()
        if self.done >= self.total or now - self._last_line >= self._seconds:
            self._last_line = now
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


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
