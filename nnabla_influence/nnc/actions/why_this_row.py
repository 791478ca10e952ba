"""The plugin *Why this result? By row number*: asks about a sample by its number; see `explanation`."""

from __future__ import annotations

from ...messenger import Messenger
from ..host.fields import Fields
from .asked_sample import row_numbered
from .explanation import ExplanationRequest, explain

__all__ = ["run"]


def run(fields: Fields, console: Messenger) -> None:
    """Write the picture and the CSV.

    Args:
        fields: ``row``, ``model``, ``train``, ``validation``, ``cache``, ``method``, ``samples``, ``output``
            and ``table``.
        console: Where progress is said.

    Raises:
        KeyboardInterrupt: Interrupted; the message says what is left.
        InfluenceError: There is no such sample, or the result cannot be scored.
    """
    named = fields.number("row")
    explain(ExplanationRequest.of("why_this_row", fields), lambda evaluated: row_numbered(named, evaluated), console)
