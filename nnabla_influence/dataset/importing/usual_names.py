"""What people call the column that holds the labels."""

from __future__ import annotations

import re
from typing import List, Optional, Sequence

__all__ = ["USUAL_NAMES", "guessed_label", "label_group"]

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
    matching = [name for name in names if name.strip().lower().split(":")[0] in USUAL_NAMES]
    by_rank = sorted(matching, key=lambda name: USUAL_NAMES.index(name.strip().lower().split(":")[0]))
    return by_rank[0] if by_rank else None


def label_group(names: Sequence[str]) -> List[str]:
    """Return the columns whose names begin with a usual one and go on, as one-hot labels do.

    Example:
        >>> label_group(["label_cat", "size", "label_dog"])
        ['label_cat', 'label_dog']
    """
    first = {name: re.split(r"[_.=\- :]", name.strip().lower())[0] for name in names}
    matching = [name for name in names if first[name] in USUAL_NAMES]
    alike = [name for name in matching if first[name] == first[matching[0]]]
    return alike if len(alike) > 1 else []
