"""The influence CSV that a plugin reads: there, and not the empty file that a failed or unfinished scoring leaves."""

from __future__ import annotations

from pathlib import Path

from ...errors import DataError
from ..host.desktop_result import DesktopResult
from ..host.manifest import INFLUENCE_SCORES

__all__ = ["influence_file"]

MAKER = INFLUENCE_SCORES.label


def influence_file(path: Path) -> Path:
    """Return the path of an influence CSV that holds something.

    Raises:
        DataError: There is no such file, or it is empty: NNC Desktop makes it so before it starts the scoring.
    """
    if not path.is_file():
        raise DataError(
            f"Expected an influence CSV at '{path}', found no file. Start the plugin {MAKER} first, or name its output."
        )
    if not path.stat().st_size:
        result = DesktopResult.of(path)
        way_back = f" {result.way_back}" if result is not None and result.way_back else ""
        raise DataError(
            f"Expected an influence CSV at '{path}', found an empty file: the plugin {MAKER} failed, or is still at "
            f"work. Read its log; start it again, or wait for its last line, '{MAKER} completed "
            f"successfully.'{way_back}"
        )
    return path
