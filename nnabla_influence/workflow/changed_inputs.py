"""Says at the end of a job which of the files it read were changed or deleted meanwhile."""

from __future__ import annotations

import logging
import time
from itertools import islice
from pathlib import Path
from typing import Set

from ..dataset.changed_files import DELETED, MOST_NAMED, change_warning, changed_files
from ..dataset.dataset import Dataset

__all__ = ["warn_of_changes"]

LOGGER = logging.getLogger("nnabla_influence")


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
        said = named | each.known_deleted
        changes = (change for change in changed_files(each.table, each.read_at) if change[0] not in said)
        first = list(islice(changes, MOST_NAMED + 1))
        each.read_at = now
        named.update(path for path, _ in first)
        each.known_deleted.update(path for path, how in first if how == DELETED)
        if first:
            LOGGER.warning("%s", change_warning(first))
