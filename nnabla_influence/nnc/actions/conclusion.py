"""What a removal curve says, in plain words for somebody who clicked.

Removing the most harmful samples has to beat two things: removing nothing, and removing as many samples at random. The
test data is asked if there is any; else the selection data, which chose the number and so flatters it.
"""

from __future__ import annotations

from typing import Dict, List, Optional

from ...cli.curve_table import shown, verdict
from ...evaluation.removal_curve import Choice, Interval, RemovalCurve

__all__ = ["conclusion"]

RANDOM = "random"


def conclusion(curve: RemovalCurve) -> List[str]:
    """A line per method, and the verdict last."""
    measure = "test_loss" if curve.has("test_loss") else "selection_loss"
    choices = curve.choices()
    lines = [_line(curve, choice, measure) for choice in choices if choice.method != RANDOM]
    if len({row.seed for row in curve.rows}) < 2:
        lines.append("One trial cannot tell chance from effect; use 3 or more before you believe a difference.")
    return [*lines, verdict(choices, test="test data")]


def _line(curve: RemovalCurve, choice: Choice, measure: str) -> str:
    if not choice.removed:
        return f"{choice.method}: removing nothing is best on the data that chooses."
    change = choice.test_loss if measure == "test_loss" else choice.selection
    text = f"{choice.method}: removing {choice.removed} samples changes the {_named(measure)} by {shown(change)}"
    difference = _against_random(curve, choice, measure)
    if difference is None:
        return f"{text}."
    better = "clearly" if difference.decided and difference.mean < 0 else "not clearly"
    return f"{text}; that is {better} better than removing as many at random ({shown(difference)})."


def _named(measure: str) -> str:
    return "test loss" if measure == "test_loss" else "loss on the half of the validation data that chooses"


def _against_random(curve: RemovalCurve, choice: Choice, measure: str) -> Optional[Interval]:
    """The loss after removing the chosen samples minus that after removing as many at random, paired by seed."""
    own, other = (_losses(curve, name, choice, measure) for name in (choice.method, RANDOM))
    both = sorted(own.keys() & other.keys())
    return Interval.of([own[seed] - other[seed] for seed in both]) if both else None


def _losses(curve: RemovalCurve, method: str, choice: Choice, measure: str) -> Dict[int, float]:
    wanted = (method, choice.treatment, choice.removed, choice.start)
    return {row.seed: getattr(row, measure) for row in curve.rows if row.key[:4] == wanted}
