"""``--cache``: what was trained, opened together with the data that it was trained with."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Tuple

from .console import Console
from .options import decoding_execution

if TYPE_CHECKING:
    from ..training import TrainingCache
    from ..workflow.opened_project import OpenedProject

__all__ = ["cached_project"]


def cached_project(args: argparse.Namespace, console: Console) -> Tuple[TrainingCache, OpenedProject]:
    """Open the cache of ``--cache`` with the data of ``--train`` and ``--validation``.

    Raises:
        DataError: The file is no cache, or a data set is broken.
        CacheMismatchError: The training data is not that of the cache.
    """
    from ..workflow.opened_project import open_cached_project

    return open_cached_project(
        args.cache,
        args.train,
        args.validation,
        data_cache=args.data_cache,
        classes=args.classes,
        execution=decoding_execution(args),
        reporter=console,
    )
