"""The removal curve in words: which number was chosen for each method, and what the test data said about it."""

from __future__ import annotations

from typing import List, Sequence

from ..evaluation.choice import Choice
from ..evaluation.decision import best_removal, change_cell, judged
from ..evaluation.removal_curve import RemovalCurve
from .curve_figure import START_NAMES, series_name

__all__ = ["choice_table", "curve_text"]


def curve_text(curve: RemovalCurve) -> str:
    """One sentence on what came out and one on how to read the figure."""
    seeds = curve.seeds
    return (
        f"{best_removal(curve.choices(), _name)} Lines are means over {seeds} {'seed' if seeds == 1 else 'seeds'}"
        f"{', bars their 95 % intervals' if seeds > 1 else ''}; the ring is the number that the selection data chose "
        "(the smallest within one standard error of the best), the dashed line removing nothing."
    )


def choice_table(curve: RemovalCurve) -> List[Sequence[str]]:
    """Header and one row per method and kind of retraining."""
    tested = {name: f"change of {name.replace('_', ' ')}" for name in ("test_loss", "test_accuracy") if curve.has(name)}
    rows: List[Sequence[str]] = [
        ("method", "retraining", "chosen number", "change of selection loss", *tested.values(), "verdict")
    ]
    for choice in curve.choices():
        rows.append(
            (
                series_name((choice.method, choice.treatment)),
                START_NAMES.get(choice.start, choice.start),
                f"{choice.removed:,}",
                change_cell(choice.selection),
                *(change_cell(getattr(choice, name)) for name in tested),
                judged(choice).value,
            )
        )
    return rows


def _name(choice: Choice) -> str:
    return f"{series_name((choice.method, choice.treatment))} ({START_NAMES.get(choice.start, choice.start)})"
