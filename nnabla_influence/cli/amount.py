"""A number of samples as it is typed: ``100`` or ``2%``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Optional


@dataclass(frozen=True)
class Amount:
    """A number, or a share of whatever there is.

    Attributes:
        count: The number, None for a share.
        share: From 0 to 1.
    """

    count: Optional[int]
    share: float = 0.0

    def of(self, samples: int) -> int:
        """The number among so many samples, shares rounded to the nearest."""
        return round(self.share * samples) if self.count is None else self.count


def amount(text: str) -> Amount:
    """An argparse type."""
    number, percent = (text[:-1], True) if text.endswith("%") else (text, False)
    try:
        found = Amount(None, float(number) / 100) if percent else Amount(int(number))
    except ValueError:
        found = Amount(-1)
    if (found.count is None and not 0 <= found.share <= 1) or (found.count is not None and found.count < 0):
        raise argparse.ArgumentTypeError(f"expected a number of samples or a share, e.g. 100 or 2%, got '{text}'")
    return found
