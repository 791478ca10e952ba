"""Says at the end of a job which of the files it read were changed or deleted meanwhile."""

from __future__ import annotations

import logging
import time
from itertools import islice
from typing import Iterable, List

from ..dataset.changed_files import changed_files
from ..dataset.dataset import Dataset

__all__ = ["warn_of_changes"]

LOGGER = logging.getLogger("nnabla_influence")
NAMED = 5


def warn_of_changes(*data: Dataset) -> None:
    """Warn of the files of data sets that were changed since they were read; each change is said once."""
    for each in data:
        if each.table is None or not each.read_at:  # arrays, or a frame
            continue
        now = time.time_ns()
        found = list(islice(changed_files(each.table, each.read_at), NAMED + 1))
        each.read_at = now
        if found:
            LOGGER.warning("%s", _sentence(f"{path} was {how}" for path, how in found))


def _sentence(changes: Iterable[str]) -> str:
    said: List[str] = list(changes)
    more = ", and others were too" if len(said) > NAMED else ""
    return (
        f"{'; '.join(said[:NAMED])}{more} after it was read. The result is about the data as it was before; run again "
        "for the data as it is now."
    )
