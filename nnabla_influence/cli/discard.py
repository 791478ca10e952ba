"""``--discard``: removes what interrupted runs left beside files."""

from __future__ import annotations

from pathlib import Path

from ..resume import discard, partial_folder
from .console import Console

__all__ = ["discard_progress"]


def discard_progress(console: Console, *targets: Path) -> int:
    """Remove the progress towards some files; return the exit code 0."""
    for target in targets:
        folder = partial_folder(target)
        console.info(f"removed {folder}" if discard(target) else f"there is no {folder}")
    return 0
