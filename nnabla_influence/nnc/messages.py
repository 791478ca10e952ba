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
from typing import Any, Iterator, Sequence

from ..cli.console import Console, LineProgress, Progress, format_table

__all__ = ["PluginConsole"]

LEVEL = 99  # what NNabla's own commands log their progress at
PROGRESS_SECONDS = 5.0
SILENT_SECONDS = 8.0


class PluginConsole(Console):
    """A `Console` whose every line goes to NNabla's logger."""

    def __init__(self) -> None:
        super().__init__()
        self._phase, self._started = "starting", time.monotonic()
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
        self._phase, self._started = description, time.monotonic()
        return LineProgress(description, unit, self._say, PROGRESS_SECONDS)

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
                self._say(f"{self._phase}: at work for {time.monotonic() - self._started:.0f} s")

    def _say(self, text: str) -> None:
        self._spoken = time.monotonic()
        logging.getLogger("nnabla").log(LEVEL, "%s", text)
