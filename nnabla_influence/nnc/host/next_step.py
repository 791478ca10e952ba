"""The command that a report made by a plugin shows beside the list of ticked rows, for those who have a terminal."""

from __future__ import annotations

__all__ = ["NEXT_STEP"]

NEXT_STEP = (
    "python -m nnabla_influence cleanse --influence {influence} --list {ticked} "
    "--output clean.csv --removed removed.csv"
)
"""See `nnabla_influence.report.ReportInputs.next_step`."""
