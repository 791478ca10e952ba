"""The noun *finding*: one sentence about data or training that should be known before the scores, and what to do.

A finding is no error: scores are made all the same. Each door says the remedy in its own words (see `remedies`).
"""

from __future__ import annotations

from typing import NamedTuple, Optional, Sequence

from ..remedies import Remedy

__all__ = ["Finding", "listed"]

MOST_LISTED = 10


class Finding(NamedTuple):
    """Something to know before the scores.

    Args:
        text: One sentence.
        remedy: What to do, if anything.

    >>> Finding("the training data has one class only (3)").remedy is None
    True
    """

    text: str
    remedy: Optional[Remedy] = None


def listed(numbers: Sequence[object], most: int = MOST_LISTED) -> str:
    """List the first few numbers or names.

    >>> listed([4, 7]), listed(range(12), 3)
    ('4, 7', '0, 1, 2, ...')
    """
    shown = ", ".join(str(number) for number in numbers[:most])
    return f"{shown}, ..." if len(numbers) > most else shown
