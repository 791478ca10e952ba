"""Prints what a removal curve, or an attribution metric, says."""

from __future__ import annotations

from typing import Any, List

from ..choices import CONTROLS
from ..evaluation.attribution import Agreement
from ..evaluation.choice import Choice
from ..evaluation.decision import decisions
from ..evaluation.group_plan import GroupPlan
from ..evaluation.removal_curve import RemovalCurve
from .console import Console

CONTROL_NAMES = {"add-validation": "training on the validation rows that scored, too,"}

DIVIDED = {
    "batch": "their gradients are zero, batches are divided by their size as before",
    "remaining": "batches are divided by what is left of them",
}


def print_curve(console: Console, curve: RemovalCurve) -> None:
    """Print a table per kind of retraining: the number that selection chose, and what it was worth."""
    for start in curve.starts:
        console.result(f"\nRetraining {'the last epoch' if start == 'last-epoch' else 'from scratch'}")
        measures = ["selection_loss"] + [m for m in ("test_loss", "test_accuracy") if curve.has(m)]
        header = ["samples by", "treatment", "chosen", *(f"change of {m.replace('_', ' ')}" for m in measures)]
        choices = [curve.choice(*series, start) for series in curve.series]
        console.table(header, [[c.method, c.treatment, c.removed, *_changes(c, measures)] for c in choices])
        whole = [f"{m.replace('_', ' ')} {curve.whole(start, m).text('.4g')}" for m in measures]
        console.result(f"without removal: {', '.join(whole)}")
        for control in CONTROLS:
            if curve.control(control, start, "selection_loss").seeds:
                changes = [f"{m.replace('_', ' ')} {curve.control(control, start, m).text()}" for m in measures]
                console.result(f"{CONTROL_NAMES[control]} instead: change of {', '.join(changes)}")
        for decision in (decided for decided in decisions(curve) if decided.start == start):
            console.result(decision.sentence)
    if curve.label_noise:
        console.result(f"labels: {curve.label_noise}")
    if curve.rows and curve.seeds < 2:
        console.warn("one seed has no interval; give more --trials before you believe a difference")


def _changes(choice: Choice, measures: List[str]) -> List[Any]:
    named = {
        "selection_loss": choice.selection,
        "test_loss": choice.test_loss,
        "test_accuracy": choice.test_accuracy,
    }
    return [named[measure].text() for measure in measures]


def print_agreements(console: Console, plan: GroupPlan, agreements: List[Agreement]) -> None:
    """Print a row per method."""
    groups = "random halves of the training data" if plan.metric == "lds" else "single samples"
    console.result(f"\n{plan.metric}: {plan.groups} {groups} left out, {plan.start} retrained; {DIVIDED[plan.divisor]}")
    rows = [[a.method, *(i.text(".3f") for i in (a.spearman, a.kendall, a.pearson))] for a in agreements]
    console.table(("scores", "Spearman", "Kendall", "Pearson"), rows)
