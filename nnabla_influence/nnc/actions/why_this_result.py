"""The plugin *Why this result?*: asks about the picture that was clicked; see `explanation`."""

from __future__ import annotations

from ...messenger import Messenger
from ..host.fields import Fields
from .asked_sample import row_of_picture
from .explanation import ExplanationRequest, explain

__all__ = ["run"]


def run(fields: Fields, console: Messenger) -> None:
    """Write the picture and the CSV.

    Args:
        fields: ``image``, ``model``, ``train``, ``validation``, ``cache``, ``method``, ``samples``, ``output``
            and ``table``.
        console: Where progress is said.

    Raises:
        KeyboardInterrupt: Interrupted; the message says what is left.
        InfluenceError: There is no such sample, or the result cannot be scored.
    """
    named = fields.text("image")
    explain(
        ExplanationRequest.of("why_this_result", fields), lambda evaluated: row_of_picture(named, evaluated), console
    )
