"""What people call the column that holds the labels."""

from __future__ import annotations

from typing import Optional, Sequence

__all__ = ["USUAL_NAMES", "guessed_label"]

USUAL_NAMES = (
    "label", "labels", "class", "classes", "target", "targets", "y", "category", "species", "diagnosis", "outcome",
)  # fmt: skip


def guessed_label(names: Sequence[str]) -> Optional[str]:
    """Return the column that is called as labels usually are, None if none or several are.

    Example:
        >>> guessed_label(["length", "Species"])
        'Species'
    """
    # An NNC data set calls it y:label.
    found = [name for name in names if name.strip().lower().split(":")[0] in USUAL_NAMES]
    by_rank = sorted(found, key=lambda name: USUAL_NAMES.index(name.strip().lower().split(":")[0]))
    return by_rank[0] if by_rank else None
