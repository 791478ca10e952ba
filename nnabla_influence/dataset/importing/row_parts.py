"""Deals rows out to training, validation and test data: seeded, every class evenly, equal rows always together.

Rows that are equal in all a network reads form a *group* (so do copies of one image under other names), and a group
goes to one part as a whole: a validation row that was trained on proves nothing. The groups of every class are shuffled
and dealt out until a part has its share of the class's rows, rounded, and one at least. A class with too few rows for
every part keeps at least one group in the training data.
"""

from __future__ import annotations

from typing import Dict, Hashable, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np
import pandas as pd

from ...array import Array, IntArray
from ..batches import FOLD_STREAM, random_stream
from .import_note import ImportNote

__all__ = ["PARTS", "AssignedRows", "assign_rows", "copies_note", "deal_out", "numbered_rows"]

PARTS = ("training", "validation", "test")
Keys = Union[Sequence[Hashable], IntArray]


def deal_out(
    keys: Keys,
    shares: Mapping[str, float],
    seed: int,
    classes: Optional[IntArray] = None,
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
    groups = numbered(keys)
    _, first, sizes = np.unique(groups, return_index=True, return_counts=True)
    class_of = np.zeros(len(first), np.int64) if classes is None else classes[first]
    order = random_stream(seed, FOLD_STREAM, len(first)).permutation(len(first))
    homes = np.zeros(len(first), np.int64)  # the part of each group
    for number in np.unique(class_of):
        waiting = order[class_of[order] == number]
        rows = int(sizes[waiting].sum())
        for home, share in enumerate(shares.values(), start=1):
            wanted = max(1, round(share * rows))  # of few rows one, so that every class is asked about
            enough = int(np.searchsorted(sizes[waiting[::-1]].cumsum(), wanted)) + 1
            # The last group stays: a class that is not trained cannot be validated either.
            kept = max(1, len(waiting) - enough)
            homes[waiting[kept:]] = home
            waiting = waiting[:kept]
    return {part: np.flatnonzero(homes[groups] == home) for home, part in enumerate(("training", *shares))}


def numbered(keys: Keys) -> IntArray:
    """Return a number for each key (N,): equal ones have the same, from 0 in the order in which they occur.

    Example:
        >>> numbered(["b", "a", "b"]).tolist()
        [0, 1, 0]
    """
    if isinstance(keys, np.ndarray):
        return numbered_rows([keys])
    numbers: Dict[Hashable, int] = {}
    return np.fromiter((numbers.setdefault(key, len(numbers)) for key in keys), np.int64)


def numbered_rows(columns: Iterable[Array]) -> IntArray:
    """Return a number for each row (N,), as `numbered` does: rows are equal if they are in every column.

    Missing numbers are equal to each other.

    Example:
        >>> numbered_rows([np.array([1.0, np.nan, 1.0]), np.array(["a", "b", "a"], object)]).tolist()
        [0, 1, 0]
    """
    numbers: IntArray = np.zeros(0, np.int64)
    for place, column in enumerate(columns):
        codes, count = _factorized(column)
        numbers, distinct = _factorized(numbers * (count + 1) + codes if place else codes)
        if distinct == len(numbers):
            break  # further columns tell nobody apart
    return numbers


def _factorized(values: Array) -> Tuple[IntArray, int]:
    """Return a number for each value, from 0 in the order in which they occur and -1 for missing ones; and how many."""
    codes, distinct = pd.Series(values).factorize()
    return np.asarray(codes, np.int64), len(distinct)


class AssignedRows(NamedTuple):
    """Which row goes where.

    Attributes:
        parts: The row numbers of every part that has any, ascending.
        notes: What is to be said.
    """

    parts: Dict[str, IntArray]
    notes: List[ImportNote]


def assign_rows(
    keys: Keys,
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
    groups = numbered(keys)
    home = np.fromiter(map(PARTS.index, given), np.int8, len(given))
    stated = {part: np.flatnonzero(home == number) for number, part in enumerate(PARTS)}
    training = stated["training"]
    wanted = {part: share for part, share in shares.items() if not len(stated[part])}
    dealt = deal_out(groups[training], wanted, seed, None if classes is None else classes[training])
    parts = {**stated, **{part: training[rows] for part, rows in dealt.items()}}
    notes = []
    seen = np.zeros(int(groups.max(initial=-1)) + 1, bool)
    seen[groups[parts["training"]]] = True
    for part in PARTS[1:]:
        fresh = parts[part][~seen[groups[parts[part]]]]
        copies = len(parts[part]) - len(fresh)
        if copies:
            notes.append(ImportNote(f"{part} rows left out, copies of rows in another part: {copies:,}"))
        seen[groups[fresh]] = True
        parts[part] = fresh
    return AssignedRows({part: rows for part, rows in parts.items() if len(rows)}, notes)


def copies_note(keys: Keys, labels: Keys, what: str = "rows") -> List[ImportNote]:
    """Say how many rows repeat another one, and how many groups of equal rows have different labels."""
    groups = numbered(keys)
    copies = len(groups) - len(np.unique(groups))
    if not copies:
        return []
    both = numbered_rows([groups, numbered(labels)])
    _, first = np.unique(both, return_index=True)  # one row of each group and label
    torn = int((np.bincount(groups[first]) > 1).sum())
    labelled = f"; groups of equal {what} with different labels: {torn:,}" if torn else ""
    return [ImportNote(f"equal {what} stay on one side of the split: {copies:,} repeat another{labelled}")]
