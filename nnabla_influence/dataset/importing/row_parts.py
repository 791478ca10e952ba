"""Deals rows out to training, validation and test data: seeded, every class evenly, equal rows always together.

Rows that are equal in all a network reads form a *group* (so do copies of one image under other names), and a group
goes to one part as a whole: a validation row that was trained on proves nothing. The groups of every class are shuffled
and dealt out until a part has its share of the class's rows, rounded, and one at least. A class with too few rows for
every part keeps at least one group in the training data.
"""

from __future__ import annotations

from typing import Dict, Hashable, List, Mapping, NamedTuple, Optional, Sequence, Set

import numpy as np

from ...array import IntArray
from ..batches import FOLD_STREAM, random_stream
from .import_note import ImportNote

__all__ = ["PARTS", "AssignedRows", "assign_rows", "copies_note", "deal_out"]

PARTS = ("training", "validation", "test")


def deal_out(
    keys: Sequence[Hashable], shares: Mapping[str, float], seed: int, classes: Optional[IntArray] = None
) -> Dict[str, IntArray]:
    """Deal rows out.

    Args:
        keys: What makes rows equal, one key for each of the N rows.
        shares: The share of each part but the training data, which gets the rest.
        seed: The same seed deals out the same rows.
        classes: (N,) the class of each row; None where there are none.

    Returns:
        The row numbers of every part, ascending.

    Example:
        >>> {part: len(rows) for part, rows in deal_out(range(10), {"validation": 0.2}, seed=0).items()}
        {'training': 8, 'validation': 2}
    """
    members: Dict[Hashable, List[int]] = {}
    for row, key in enumerate(keys):
        members.setdefault(key, []).append(row)
    groups = list(members.values())
    order = random_stream(seed, FOLD_STREAM, len(groups)).permutation(len(groups))
    by_class: Dict[int, List[List[int]]] = {}
    for number in order:
        group = groups[number]
        by_class.setdefault(int(classes[group[0]]) if classes is not None else 0, []).append(group)
    parts: Dict[str, List[int]] = {"training": [], **{part: [] for part in shares}}
    for number in sorted(by_class):
        _deal_class(by_class[number], shares, parts)
    return {part: np.array(sorted(rows), np.int64) for part, rows in parts.items()}


def _deal_class(groups: List[List[int]], shares: Mapping[str, float], parts: Dict[str, List[int]]) -> None:
    rows = sum(map(len, groups))
    waiting = list(groups)
    for part, share in shares.items():
        wanted = max(1, round(share * rows))  # of few rows one, so that every class is asked about
        dealt = 0
        # The last group stays: a class that is not trained cannot be validated either.
        while len(waiting) > 1 and dealt < wanted:
            group = waiting.pop()
            parts[part] += group
            dealt += len(group)
    for group in waiting:
        parts["training"] += group


class AssignedRows(NamedTuple):
    """Which row goes where.

    Attributes:
        parts: The row numbers of every part that has any, ascending.
        notes: What is to be said.
    """

    parts: Dict[str, IntArray]
    notes: List[ImportNote]


def assign_rows(
    keys: Sequence[Hashable],
    given: Sequence[str],
    shares: Mapping[str, float],
    seed: int,
    classes: Optional[IntArray] = None,
) -> AssignedRows:
    """Keep the parts that the source has, deal out what it lacks, and leave copies out of all parts but the first.

    Args:
        keys: See `deal_out`.
        given: The part that the source states for each row, one of `PARTS`.
        shares: The share of each part to be made; of one that the source has, it is passed over.
        seed: See `deal_out`.
        classes: See `deal_out`.
    """
    stated = {part: np.array([row for row, name in enumerate(given) if name == part], np.int64) for part in PARTS}
    training = stated["training"]
    wanted = {part: share for part, share in shares.items() if not len(stated[part])}
    dealt = deal_out([keys[row] for row in training], wanted, seed, None if classes is None else classes[training])
    parts = {**stated, **{part: training[rows] for part, rows in dealt.items()}}
    notes = []
    seen = {keys[row] for row in parts["training"]}
    for part in PARTS[1:]:
        fresh = np.array([row for row in parts[part] if keys[row] not in seen], np.int64)
        copies = len(parts[part]) - len(fresh)
        if copies:
            notes.append(ImportNote(f"{part} rows left out, copies of rows in another part: {copies:,}"))
        seen.update(keys[row] for row in fresh)
        parts[part] = fresh
    return AssignedRows({part: rows for part, rows in parts.items() if len(rows)}, notes)


def copies_note(keys: Sequence[Hashable], labels: Sequence[Hashable], what: str = "rows") -> List[ImportNote]:
    """Say how many rows repeat another one, and how many groups of equal rows have different labels."""
    of_key: Dict[Hashable, Set[Hashable]] = {}
    for key, label in zip(keys, labels):
        of_key.setdefault(key, set()).add(label)
    copies = len(keys) - len(of_key)
    torn = sum(len(parts) > 1 for parts in of_key.values())
    if not copies:
        return []
    labelled = f"; groups of equal {what} with different labels: {torn:,}" if torn else ""
    return [ImportNote(f"equal {what} stay on one side of the split: {copies:,} repeat another{labelled}")]
