"""The removal curve in words: which number was chosen for each method, and what the test data said about it."""

from __future__ import annotations

import math
from typing import List, Sequence

from ..evaluation.removal_curve import Choice, Interval, RemovalCurve
from .curve_figure import START_NAMES, series_name

__all__ = ["choice_table", "curve_text"]


def curve_text(curve: RemovalCurve) -> str:
    """One sentence on what came out and one on how to read the figure."""
    seeds = len({row.seed for row in curve.rows})
    return (
        f"{_verdict(curve)} Lines are means over {seeds} {'seed' if seeds == 1 else 'seeds'}"
        f"{', bars their 95 % intervals' if seeds > 1 else ''}; the ring is the number that the selection data chose "
        "(the smallest within one standard error of the best), the dashed line removing nothing."
    )


def choice_table(curve: RemovalCurve) -> List[Sequence[str]]:
    """Header and one row per method and kind of retraining."""
    judged = {name: f"change of {name.replace('_', ' ')}" for name in ("test_loss", "test_accuracy") if curve.has(name)}
    rows: List[Sequence[str]] = [
        ("method", "retraining", "chosen number", "change of selection loss", *judged.values(), "verdict")
    ]
    for choice in curve.choices():
        rows.append(
            (
                series_name((choice.method, choice.treatment)),
                START_NAMES.get(choice.start, choice.start),
                f"{choice.removed:,}",
                _change(choice.selection),
                *(_change(getattr(choice, name)) for name in judged),
                _judged(choice),
            )
        )
    return rows


def _verdict(curve: RemovalCurve) -> str:
    choices = curve.choices()
    better = [c for c in choices if _judged(c) == "better"]
    if better:
        best = min(better, key=lambda c: c.test_loss.mean)
        name, start = series_name((best.method, best.treatment)), START_NAMES.get(best.start, best.start)
        accuracy = f", test accuracy {_change(best.test_accuracy)}" if best.test_accuracy.seeds else ""
        return (
            f"Test loss went down in {len(better)} of {len(choices)} cases, most by {name} ({start}): "
            f"{best.removed:,} samples, test loss {_change(best.test_loss)}{accuracy}."
        )
    if all(choice.removed == 0 for choice in choices):
        return "Nothing is worth removing: for every method, the selection data chose to keep all samples."
    return "No removal changed the test loss for the better beyond doubt."


def _judged(choice: Choice) -> str:
    """By the test loss; the selection data chose the number and so cannot judge it."""
    if choice.removed == 0:
        return "nothing worth removing"
    if not choice.test_loss.seeds:
        return "no test data"
    if not math.isfinite(choice.test_loss.half):
        return "one seed says nothing"
    if not choice.test_loss.decided:
        return "no clear difference"
    return "better" if choice.test_loss.mean < 0 else "worse"


def _change(interval: Interval) -> str:
    if interval.mean == 0 and interval.half == 0:
        return "0"
    if not interval.seeds or math.isnan(interval.mean):
        return "-"
    spread = f" ± {interval.half:.2g}" if math.isfinite(interval.half) else ""
    return f"{interval.shown_mean:+.3g}{spread}"
