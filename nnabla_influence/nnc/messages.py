"""What a plugin says, as Neural Network Console reads it: plain lines of NNabla's logger at level 99.

NNC Windows shows them as progress and closes the dialog at the success line; NNC Desktop writes them into
``plugin_log.txt``. So there are no bars, no colours, and no standard output.
"""

from __future__ import annotations

import json
import logging
from typing import Any, Sequence

from ..cli.console import Console, LineProgress, Progress, format_table

__all__ = ["PluginConsole"]

LEVEL = 99  # what NNabla's own commands log their progress at


class PluginConsole(Console):
    """A `Console` whose every line goes to NNabla's logger."""

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
        """A reporter that logs at least every 10 seconds."""
        return LineProgress(description, unit, self._say)

    def _say(self, text: str) -> None:
        logging.getLogger("nnabla").log(LEVEL, "%s", text)
