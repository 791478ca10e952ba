"""A folder for what a plugin needs on the way to a file; it stays only after an interruption.

What another work left there is removed without a question: who clicked has no option to discard it.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, Mapping, Optional

from ...errors import CacheMismatchError
from ...interrupts import resumable
from ...remedies import Remedy
from ...resume import PartialFolder, clear, discard, partial_folder, working_on

__all__ = ["own_progress", "workspace"]

LOGGER = logging.getLogger("nnabla_influence")


@contextmanager
def workspace(target: Path, passport: Optional[Mapping[str, Any]], go_on: Remedy) -> Iterator[Path]:
    """Give a folder beside a file.

    Args:
        target: The file.
        passport: What identifies the work; None where that is known later (`own_progress`).
        go_on: How to go on after an interruption.

    Yields:
        The folder.

    Raises:
        Interrupted: Ctrl-C came; the message says how to go on.
        InUseError: Another process works on the same file.
    """
    folder = partial_folder(target)
    with resumable(f"its progress is in '{folder}'.", go_on, folder), working_on(target):
        if passport is not None:
            own_progress(target, passport, "run of the plugin")
        try:
            yield folder
        except KeyboardInterrupt:
            raise
        except BaseException:
            clear(folder)
            raise
        clear(folder)


def own_progress(target: Path, passport: Mapping[str, Any], work: str) -> None:
    """Remove the progress towards a file that another work has left.

    Args:
        target: The file.
        passport: What identifies this work.
        work: What such a work is called.
    """
    try:
        PartialFolder(target, passport)
    except CacheMismatchError:
        LOGGER.info("'%s' belongs to another %s and is removed", partial_folder(target), work)
        discard(target)
        PartialFolder(target, passport)
