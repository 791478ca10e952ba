"""Is removing worth it? What a removal curve decides, in words.

The test loss judges; the selection data chose the number and so cannot judge it. With zero outside the 95 % interval of
the change the answer is *better* or *worse*, else there is no clear difference, and that is an answer too. And removing
the most harmful samples has to beat two things: removing nothing, and removing as many samples at random.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import Callable, List, Optional, Sequence

from .choice import Choice
from .interval import Interval
from .removal_curve import RemovalCurve

__all__ = ["Judgement", "best_removal", "compared_with_random", "judged", "verdict"]

RANDOM = "random"


class Judgement(Enum):
    """An answer of the test data to a choice; its value is the cell of a table."""

    NOTHING = "nothing worth removing"
    NO_TEST_DATA = "no test data"
    ONE_SEED = "one seed says nothing"
    UNCLEAR = "no clear difference"
    BETTER = "better"
    WORSE = "worse"


def judged(choice: Choice) -> Judgement:
    """Judge a choice by the change of the test loss.

    Example:
        >>> change = Interval(-0.05, 0.01, 5)
        >>> judged(Choice("spectral", "remove", "last-epoch", 30, change, change, change))
        <Judgement.BETTER: 'better'>
    """
    if choice.removed == 0:
        return Judgement.NOTHING
    if not choice.test_loss.seeds:
        return Judgement.NO_TEST_DATA
    if not math.isfinite(choice.test_loss.half):
        return Judgement.ONE_SEED
    if not choice.test_loss.decided:
        return Judgement.UNCLEAR
    return Judgement.BETTER if choice.test_loss.mean < 0 else Judgement.WORSE


def verdict(choices: Sequence[Choice], test_data: str) -> str:
    """Say one honest sentence about the choices of several methods.

    Args:
        choices: What was chosen.
        test_data: What test data is called where it was asked for.
    """
    if not any(choice.removed for choice in choices):
        return "By the selection data, nothing is worth removing."
    better = [choice for choice in choices if judged(choice) is Judgement.BETTER]
    if better:
        names = ", ".join(f"{choice.method} ({choice.treatment} {choice.removed})" for choice in better)
        return f"The test loss fell, with zero outside the 95 % interval, for: {names}."
    if any(choice.removed and choice.test_loss.seeds for choice in choices):
        return "On the test data no choice is clearly better than removing nothing."
    return f"Without {test_data} this says only what the selection data favours, which chose the numbers."


def best_removal(choices: Sequence[Choice], name: Callable[[Choice], str]) -> str:
    """Say what the best of several choices was worth.

    Args:
        choices: What was chosen.
        name: What a choice's method and retraining are called.
    """
    better = [choice for choice in choices if judged(choice) is Judgement.BETTER]
    if better:
        best = min(better, key=lambda choice: choice.test_loss.mean)
        accuracy = f", test accuracy {change_cell(best.test_accuracy)}" if best.test_accuracy.seeds else ""
        return (
            f"Test loss went down in {len(better)} of {len(choices)} cases, most by {name(best)}: "
            f"{best.removed:,} samples, test loss {change_cell(best.test_loss)}{accuracy}."
        )
    if all(choice.removed == 0 for choice in choices):
        return "Nothing is worth removing: for every method, the selection data chose to keep all samples."
    return "No removal changed the test loss for the better beyond doubt."


def change_cell(change: Interval) -> str:
    """Write a change as a cell of a table that somebody skims."""
    return change.text("+.3g", bare=True)


def compared_with_random(curve: RemovalCurve) -> List[str]:
    """Say for each method what its choice changes and whether chance does as well; the verdict comes last.

    The test data is asked if there is any; else the selection data, which chose the number and so flatters it.
    """
    measure = "test_loss" if curve.has("test_loss") else "selection_loss"
    choices = curve.choices()
    lines = [_comparison(curve, choice, measure) for choice in choices if choice.method != RANDOM]
    if curve.seeds < 2:
        lines.append("One trial cannot tell chance from effect; use 3 or more before you believe a difference.")
    return [*lines, verdict(choices, "test data")]


def _comparison(curve: RemovalCurve, choice: Choice, measure: str) -> str:
    if not choice.removed:
        return f"{choice.method}: removing nothing is best on the data that chooses."
    change = choice.test_loss if measure == "test_loss" else choice.selection
    text = f"{choice.method}: removing {choice.removed} samples changes the {_named(measure)} by {change.text()}"
    difference = _against_random(curve, choice, measure)
    if difference is None:
        return f"{text}."
    better = "clearly" if difference.decided and difference.mean < 0 else "not clearly"
    return f"{text}; that is {better} better than removing as many at random ({difference.text()})."


def _named(measure: str) -> str:
    return "test loss" if measure == "test_loss" else "loss on the half of the validation data that chooses"


def _against_random(curve: RemovalCurve, choice: Choice, measure: str) -> Optional[Interval]:
    """Return the loss after removing the chosen samples minus that after removing as many at random, paired by seed."""
    own, other = (
        curve.by_seed(method, choice.treatment, choice.removed, choice.start, measure)
        for method in (choice.method, RANDOM)
    )
    both = sorted(own.keys() & other.keys())
    return Interval.of([own[seed] - other[seed] for seed in both]) if both else None
