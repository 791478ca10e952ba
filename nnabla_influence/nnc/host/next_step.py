"""The commands that plugins name as the next step, for those who have a terminal."""

from __future__ import annotations

__all__ = ["NEXT_STEP", "REGISTER"]

NEXT_STEP = (
    "python -m nnabla_influence cleanse --influence {influence} --list {ticked} "
    "--output clean.csv --removed removed.csv"
)
"""See `nnabla_influence.report.ReportInputs.next_step`."""

REGISTER = 'python -m nnabla_influence plugins register-dataset --desktop "{csv}"'
"""Adds a result to the data sets of NNC Desktop."""
