"""The folder of a result in NNC Desktop: what its editor shows, and what it must not see.

NNC Desktop keeps the result of a plugin as ``plugins/<plugin id>/<name>/<name>.<extension>`` below the result folder.
It lists every file in that folder by the name of the output, and each of them opens the output. So whatever else a
plugin writes lies one folder deeper, in `MORE`, which the editor does not list.

It also empties the output before the plugin starts: a start that fails at the first field has destroyed the result of
the one before. So a copy of the last good result is kept in `MORE`.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Sequence

from ...files import MORE_FILES, atomic_path
from .manifest import PLUGINS, SHOWN

__all__ = ["MORE", "DesktopResult", "beside"]

MORE = MORE_FILES
KEPT = "last_good_"


@dataclass(frozen=True)
class DesktopResult:
    """A result of NNC Desktop.

    Args:
        output: The file that the editor shows.

    >>> result = DesktopResult(Path("plugins/a5ff1829-1c22-5291-a961-4c65955d0dca/influence/influence.csv"))
    >>> result.kept.relative_to(result.output.parent).as_posix()
    'more_files/last_good_influence.csv'
    """

    output: Path

    @classmethod
    def of(cls, output: Path) -> Optional[DesktopResult]:
        """Return the result of an output; None where the place is not one of NNC Desktop's."""
        ours = {plugin.plugin_id for plugin in PLUGINS}
        folder = output.parent.parent
        return cls(output) if folder.name in ours and folder.parent.name == "plugins" else None

    @classmethod
    def of_arguments(cls, arguments: Sequence[str]) -> Optional[DesktopResult]:
        """Return the result that a click asks for, also where another argument is wrong."""
        option = f"--{SHOWN}"
        places = [k + 1 for k, argument in enumerate(arguments[:-1]) if argument == option]
        return cls.of(Path(arguments[places[-1]])) if places else None

    @property
    def more(self) -> Path:
        """The folder for whatever is not shown."""
        return self.output.parent / MORE

    @property
    def kept(self) -> Path:
        """The copy of the last good result."""
        return self.more / f"{KEPT}{self.output.name}"

    def keep(self) -> None:
        """Copy the result, so that the next start cannot destroy it.

        Raises:
            OSError: The copy cannot be written.
        """
        with atomic_path(self.kept) as temporary:
            shutil.copyfile(str(self.output), str(temporary))

    @property
    def others(self) -> List[str]:
        """Names of the files and folders that are not shown, without hidden ones and the copy of the result."""
        return sorted(path.name for path in self.more.glob("[!.]*") if path != self.kept)

    @property
    def way_back(self) -> str:
        """How to get the last good result back, as a sentence; empty where it is not lost, or there was none."""
        if not self.kept.is_file() or (self.output.is_file() and self.output.stat().st_size):
            return ""
        return (
            f"The last good result is kept in '{self.kept}'; to get it back, copy it over '{self.output}'. "
            "(NNC Desktop empties a result before it starts the plugin.)"
        )


def beside(output: Path, name: str) -> Path:
    """Name a file that belongs to an output: in its folder, or where NNC Desktop does not list it."""
    result = DesktopResult.of(output)
    return output.parent / name if result is None else result.more / name
