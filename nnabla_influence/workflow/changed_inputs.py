"""Says at the end of a job which of the files it read were changed or deleted meanwhile."""

from __future__ import annotations

import logging
import time
from itertools import islice
from pathlib import Path
from typing import Iterable, List, Set

from ..dataset.changed_files import changed_files
from ..dataset.dataset import Dataset

__all__ = ["warn_of_changes"]

LOGGER = logging.getLogger("nnabla_influence")
NAMED = 5


def warn_of_changes(*data: Dataset) -> None:
    """Warn of the files of data sets that were changed since they were read; each change is said once.

    Args:
        data: Data sets, whole or in part: two halves of one CSV are one file.
    """
    named: Set[Path] = set()
    for each in data:
        if each.table is None or not each.read_at:  # arrays, or a frame
            continue
        now = time.time_ns()
        changes = (change for change in changed_files(each.table, each.read_at) if change[0] not in named)
        first = list(islice(changes, NAMED + 1))
        each.read_at = now
        named.update(path for path, _ in first)
        if first:
            LOGGER.warning("%s", _sentence(f"{path} was {how}" for path, how in first))


def _sentence(changes: Iterable[str]) -> str:
    said: List[str] = list(changes)
    more = ", and others were too" if len(said) > NAMED else ""
    return (
        f"{'; '.join(said[:NAMED])}{more} after it was read. The result is about the data as it was before; run again "
        "for the data as it is now."
    )
