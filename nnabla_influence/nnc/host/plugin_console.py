"""What a plugin says, as Neural Network Console reads it: plain lines of NNabla's logger at level 99.

NNC Windows shows them as progress and closes the dialog at the success line; NNC Desktop writes them into
``plugin_log.txt``. So there are no bars, no colours, and no standard output. A plugin that has nothing to say for some
seconds says that it is still at work, because silence looks like a crash.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from contextlib import contextmanager
from typing import Any, Callable, Iterator, Sequence

from ...cli.console import Console, LineProgress, Progress, format_table
from ..wording import in_nnc_terms
from .remedies import IN_FIELDS

__all__ = ["PluginConsole"]

LEVEL = 99  # what NNabla's own commands log their progress at
PROGRESS_SECONDS = 5.0
SILENT_SECONDS = 8.0


class PluginConsole(Console):
    """A `Console` whose every line goes to NNabla's logger."""

    remedies = IN_FIELDS

    def __init__(self) -> None:
        super().__init__()
        self._begin("")
        self._spoken = self._started

    def info(self, text: str = "") -> None:
        """Log a line."""
        self._say(text)

    def result(self, text: str) -> None:
        """Log a line."""
        self._say(text)

    def json(self, data: Any) -> None:
        """Log plain values in one line."""
        self._say(json.dumps(data, allow_nan=False))

    def table(self, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Log a table, one line for each row."""
        for line in format_table(header, rows):
            self._say(line)

    def progress(self, description: str, unit: str = "samples") -> Progress:
        """A reporter that logs every 5 seconds."""
        self._begin(description)
        return _Phase(description, unit, self._say, lambda: self._begin(""))

    @contextmanager
    def never_silent(self) -> Iterator[None]:
        """Log a line of its own whenever there has been none for some seconds."""
        over = threading.Event()
        thread = threading.Thread(target=self._watch, args=(over,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _watch(self, over: threading.Event) -> None:
        while not over.wait(max(0.1, self._spoken + SILENT_SECONDS - time.monotonic())):
            if time.monotonic() - self._spoken >= SILENT_SECONDS:
                phase = f"{self._phase}: " if self._phase else ""
                self._say(f"{phase}at work for {time.monotonic() - self._started:.0f} s")

    def _begin(self, phase: str) -> None:
        self._phase, self._started = phase, time.monotonic()

    def _say(self, text: str) -> None:
        self._spoken = time.monotonic()
        logging.getLogger("nnabla").log(LEVEL, "%s", in_nnc_terms(text))


class _Phase(LineProgress):
    """Progress in plain lines; its end is told, so that what comes after it does not go by its name."""

    def __init__(self, description: str, unit: str, say: Callable[[str], None], ended: Callable[[], None]) -> None:
        super().__init__(description, unit, say, PROGRESS_SECONDS)
        self._ended = ended

    def __exit__(self, *raised: Any) -> None:
        super().__exit__(*raised)
        self._ended()
