"""Prints what a removal curve, or an attribution metric, says."""

from __future__ import annotations

from typing import Any, List

from ..evaluation.attribution import Agreement, GroupPlan
from ..evaluation.removal_curve import Choice, Interval, RemovalCurve
from .console import Console


def print_curve(console: Console, curve: RemovalCurve) -> None:
    """A table per kind of retraining: the number that selection chose, and what it was worth."""
    for start in curve.starts:
        console.result(f"\nRetraining {'the last epoch' if start == 'last-epoch' else 'from scratch'}")
        measures = ["selection_loss"] + [m for m in ("test_loss", "test_accuracy") if curve.has(m)]
        header = ["samples by", "treatment", "chosen", *(f"change of {m.replace('_', ' ')}" for m in measures)]
        choices = [curve.choice(*series, start) for series in curve.series]
        console.table(header, [[c.method, c.treatment, c.removed, *_changes(c, measures)] for c in choices])
        whole = [f"{m.replace('_', ' ')} {shown(curve.whole(start, m), '.4g')}" for m in measures]
        console.result(f"without removal: {', '.join(whole)}")
        console.result(verdict(choices))
    if curve.rows and len({row.seed for row in curve.rows}) < 2:
        console.warn("one seed has no interval; give more --trials before you believe a difference")


def verdict(choices: List[Choice], test: str = "--test") -> str:
    """One honest sentence about a table; `test` is what test data is called where it was asked for."""
    judged = [c for c in choices if c.removed and c.test_loss.seeds]
    if not any(c.removed for c in choices):
        return "By the selection data, nothing is worth removing."
    better = [c for c in judged if c.test_loss.decided and c.test_loss.mean < 0]
    if better:
        names = ", ".join(f"{c.method} ({c.treatment} {c.removed})" for c in better)
        return f"The test loss fell, with zero outside the 95 % interval, for: {names}."
    if judged:
        return "On the test data no choice is clearly better than removing nothing."
    return f"Without {test} this says only what the selection data favours, which chose the numbers."


def shown(interval: Interval, form: str = "+.4g") -> str:
    """``mean ± half``."""
    if interval.seeds == 0:
        return "-"
    return f"{interval.shown_mean:{form}}" + (f" ± {interval.half:.2g}" if interval.half == interval.half else "")


def _changes(choice: Choice, measures: List[str]) -> List[Any]:
    named = {
        "selection_loss": choice.selection,
        "test_loss": choice.test_loss,
        "test_accuracy": choice.test_accuracy,
    }
    return [shown(named[measure]) for measure in measures]


def print_agreements(console: Console, plan: GroupPlan, found: List[Agreement]) -> None:
    """A row per method."""
    groups = "random halves of the training data" if plan.metric == "lds" else "single samples"
    console.result(f"\n{plan.metric}: {plan.groups} {groups} left out, {plan.start} retrained")
    rows = [[a.method, shown(a.spearman, ".3f"), shown(a.kendall, ".3f"), shown(a.pearson, ".3f")] for a in found]
    console.table(("scores", "Spearman", "Kendall", "Pearson"), rows)
