"""The scores in a sentence, in a few large numbers, and per class.

The sentence says what the sign means; where no score is positive (the methods loss and self-influence), only the order
counts and the words change.
"""

from __future__ import annotations

from typing import List, NamedTuple, Sequence

import numpy as np

from ..array import IntArray
from .near_duplicates import NEAR_NUMBERS, NEAR_PICTURES
from .scored_samples import ScoredSamples
from .shown_samples import ShownSamples

__all__ = ["Tile", "class_table", "headline", "near_text", "number", "shown_text", "tiles"]


class Tile(NamedTuple):
    """A large number and what it counts.

    Attributes:
        value: The number as it is shown.
        text: What it counts.
        kind: ``harmful``, ``helpful`` or empty; gives it a colour.
    """

    value: str
    text: str
    kind: str = ""


def number(value: float) -> str:
    """Write a number with three digits, as short as possible."""
    return f"{value:.3g}"


def share(part: int, whole: int) -> str:
    """Write a percentage, with a digit behind the point where it is small."""
    percent = 100 * part / whole
    return f"{percent:.0f}%" if percent >= 10 or part == 0 else f"{percent:.1f}%"


def headline(samples: ScoredSamples) -> str:
    """Say the report in one sentence, with what the sign means."""
    total = len(samples)
    harmful = samples.harmful
    if not samples.signed:
        return (
            f"None of the {total:,} training samples has a score above 0, as is usual for the methods loss and "
            "self-influence: here only the order counts, and the lowest scores are the most suspicious."
        )
    verb = "is" if harmful == 1 else "are"
    return (
        f"{harmful:,} of {total:,} training samples {verb} estimated to be harmful: a score below 0 means that leaving "
        f"the sample out of training would lower the {samples.objective.words}, a score above 0 that it would raise it."
    )


def tiles(samples: ScoredSamples) -> List[Tile]:
    """Make the large numbers at the top."""
    total = len(samples)
    harmful = samples.harmful
    helpful = int((samples.scores > 0).sum())
    numbers = [Tile(f"{total:,}", "training samples scored")]
    # Without positive scores the sign means nothing, and so does the count of negative ones.
    if samples.signed:
        numbers.append(Tile(f"{harmful:,}", f"harmful, score below 0 ({share(harmful, total)})", "harmful"))
        numbers.append(Tile(f"{helpful:,}", f"helpful, score above 0 ({share(helpful, total)})", "helpful"))
    else:
        numbers.append(Tile(number(float(samples.scores.min())), "lowest score", "harmful"))
    if samples.predicted is not None and samples.classes is not None:
        differ = sum(samples.differs(line) for line in range(total))
        numbers.append(Tile(f"{differ:,}", f"predicted as another class than labelled ({share(differ, total)})"))
    elif samples.classes is not None:
        numbers.append(Tile(f"{len(samples.classes.names):,}", "classes"))
    return numbers


def shown_text(shown: ShownSamples) -> str:
    """Say how many of how many samples the page has."""
    if len(shown.cards) == shown.total:
        return f"All {shown.total:,} samples, rank 1 being the most harmful. Tick those to remove or to look at again."
    helpful = sum(card.rank > len(shown.cards) for card in shown.cards)
    return (
        f"{len(shown.cards):,} of {shown.total:,} samples: the {len(shown.cards) - helpful:,} with the lowest scores "
        f"and the {helpful:,} with the highest; rank 1 is the most harmful. Tick those to remove or to look at again."
    )


def near_text(shown: ShownSamples) -> str:
    """Say how many harmful samples have near-duplicates, and what these are; empty without any."""
    count = sum(bool(card.near) for card in shown.cards)
    if not count:
        return ""
    alike = (
        f"thumbnails that differ by less than {NEAR_PICTURES:.0%} of a pixel's range"
        if any(card.picture for card in shown.cards)
        else f"inputs that differ by less than {NEAR_NUMBERS:g} of their standard deviation"
    )
    return (
        f"{count:,} harmful sample{' has' if count == 1 else 's have'} near-duplicates on this page (\u2248): {alike}, "
        "as root mean square."
    )


def class_table(samples: ScoredSamples) -> List[Sequence[str]]:
    """Make header and one row per class; only the header without classes."""
    header = ("class", "samples", "harmful", "share", "mean score", "lowest score", "its row")
    if samples.classes is None:
        return [header]
    rows: List[Sequence[str]] = [header]
    for position, name in enumerate(samples.classes.names):
        lines = np.flatnonzero(samples.classes.members == position)
        if len(lines):
            rows.append((name, *_class_cells(samples, lines)))
    return rows


def _class_cells(samples: ScoredSamples, lines: IntArray) -> Sequence[str]:
    scores = samples.scores[lines]
    harmful = int((scores < 0).sum())
    lowest = int(lines[scores.argmin()])
    return (
        f"{len(lines):,}",
        f"{harmful:,}",
        share(harmful, len(lines)),
        number(float(scores.mean())),
        number(float(scores.min())),
        str(samples.indexes[lowest]),
    )
