"""What was decided for the user while a source was read, in sentences; equal ones about several columns become one."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional, Sequence

__all__ = ["ImportNote", "listed", "sentences"]

MOST_SHOWN = 5


class ImportNote(NamedTuple):
    """One decision.

    Attributes:
        text: What it is.
        column: The column it is about; None: the whole source.
    """

    text: str
    column: Optional[str] = None


def sentences(decisions: Sequence[ImportNote]) -> List[str]:
    """Write decisions down, those of several columns in one sentence, where the first of them stands.

    Example:
        >>> sentences([ImportNote("is empty", "a"), ImportNote("is big", "b"), ImportNote("is empty", "c")])
        ["2 columns ('a', 'c'): is empty", "column 'b': is big"]
    """
    columns: Dict[ImportNote, List[str]] = {}
    for decision in decisions:
        columns.setdefault(decision._replace(column=None), []).extend([decision.column] if decision.column else [])
    return [f"{_columns(names)}{decision.text}" for decision, names in columns.items()]


def listed(names: Sequence[str]) -> str:
    """List names, the first `MOST_SHOWN` of many."""
    return ", ".join(names[:MOST_SHOWN]) + (", ..." if len(names) > MOST_SHOWN else "")


def _columns(names: List[str]) -> str:
    if not names:
        return ""
    shown = listed([repr(name) for name in names])
    return f"column {shown}: " if len(names) == 1 else f"{len(names)} columns ({shown}): "
