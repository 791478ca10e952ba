"""The removal curve in words: which number was chosen for each method, and what the test data said about it."""

from __future__ import annotations

from typing import List, Optional, Sequence

from ..evaluation.decision import Decision, decisions
from ..evaluation.interval import Interval
from ..evaluation.removal_curve import RemovalCurve
from .curve_figure import START_NAMES, series_name

__all__ = ["choice_table", "curve_text"]


def curve_text(curve: RemovalCurve) -> str:
    """Say what is decided for each line, and how to read the figure."""
    seeds = curve.seeds
    said = [decision.sentence for decision in decisions(curve)]
    noise = curve.label_noise
    if noise:
        said.append(f"{noise[0].upper()}{noise[1:]}.")
    return (
        f"{' '.join(said)} Lines are means over {seeds} {'seed' if seeds == 1 else 'seeds'}"
        f"{', bars their 95 % intervals' if seeds > 1 else ''}; the ring is the number that the selection data chose "
        "(of those within a standard error of the best the middle one, or the one that wrong labels make likely), the "
        "dashed line removing nothing."
    )


def choice_table(curve: RemovalCurve) -> List[Sequence[str]]:
    """Header and one row per method and kind of retraining."""
    tested = {name: f"change of {name.replace('_', ' ')}" for name in ("test_loss", "test_accuracy") if curve.has(name)}
    rows: List[Sequence[str]] = [
        ("method", "retraining", "chosen number", "change of selection loss", *tested.values(), "decision")
    ]
    by_series = {(d.method, d.treatment, d.start): d for d in decisions(curve)}
    for choice in curve.choices():
        rows.append(
            (
                series_name((choice.method, choice.treatment)),
                START_NAMES.get(choice.start, choice.start),
                f"{choice.removed:,}",
                _cell(choice.selection),
                *(_cell(getattr(choice, name)) for name in tested),
                _outcome(by_series.get((choice.method, choice.treatment, choice.start))),
            )
        )
    return rows


def _cell(change: Interval) -> str:
    """Write a change as a cell of a table that somebody skims."""
    return change.text("+.3g", bare=True)


def _outcome(decision: Optional[Decision]) -> str:
    """Write a decision as a cell; the random ranking, which is the control, has none."""
    if decision is None:
        return "control"
    return f"{decision.treatment} {decision.number:,}" if decision.number else decision.outcome.value
