"""Installs the plugins into Neural Network Console, says whether they are complete there, and removes them.

NNC Windows wants files in its folder ``libs/plugins``; NNC Desktop wants files in a folder of its own and rows in its
database. Both are a `PluginHost`: the same four verbs, so that the command line need not know which one it talks to.
"""

from __future__ import annotations

import os
import shutil
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from ...errors import RequestError
from .bundle import FOLDER, MENUS, BundledFile, desktop_bundle, windows_bundle
from .desktop_database import DesktopDatabase
from .installation import Installation, Plan
from .plugin_table import SAMPLE_TENANT, PluginTable, desktop_rows

__all__ = ["DesktopHost", "InstallationResult", "PluginHost", "WindowsHost"]

PROJECTS = "nncd-projects-rdc"
"""Below the bucket: the folder that paths of scripts in the database are relative to."""


@dataclass(frozen=True)
class InstallationResult:
    """What an installation did or would do.

    Attributes:
        folder: Where the files are.
        plan: The files.
        rows: Whether rows of a database were written.
        backup: The copy of the database from before.
    """

    folder: Path
    plan: Plan
    rows: bool = False
    backup: Optional[Path] = None

    @property
    def changed(self) -> bool:
        """Whether anything was not there already."""
        return bool(self.plan.add or self.plan.replace or self.plan.obsolete or self.rows)


class PluginHost(ABC):
    """A program that plugins are installed into.

    Attributes:
        folder: Where the files go.
        installation: The files there.
        python_has: Libraries by which the program's own Python is known among several; empty: any Python is its own.
    """

    python_has: Tuple[str, ...] = ()

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.installation = Installation(folder)

    @property
    def backup(self) -> Optional[Path]:
        """A copy of what was changed beside the files; None if there is none."""
        return None

    @abstractmethod
    def bundle(self) -> List[BundledFile]:
        """List what is copied."""

    @abstractmethod
    def interpreters(self) -> List[Path]:
        """List where the program's own Python may be."""

    def preview(self) -> InstallationResult:
        """Say what `install` would do; nothing is changed."""
        return InstallationResult(self.folder, self.installation.plan(self.bundle()))

    def install(self) -> InstallationResult:
        """Copy what is missing or of another version.

        Raises:
            OutputExistsError: Somebody else's files are in the way; nothing was changed.
        """
        return InstallationResult(self.folder, self.installation.install(self.bundle()))

    def problems(self) -> List[str]:
        """Say what is not as `install` would leave it."""
        return self.installation.problems(self.bundle())

    def remove(self) -> List[str]:
        """Remove what `install` put there; return which of these files were kept because somebody changed them."""
        return self.installation.remove()


class WindowsHost(PluginHost):
    """NNC Windows.

    Args:
        directory: NNC's folder, or its folder ``plugins``.
        menu: Where the plugins stand in the menu, one of `bundle.MENUS`; None: where they stand already.

    Raises:
        RequestError: There is no folder for plugins in it.
    """

    def __init__(self, directory: Path, menu: Optional[str] = None) -> None:
        super().__init__(_plugins_folder(directory))
        self.menu = menu or self._installed_menu()

    def bundle(self) -> List[BundledFile]:
        """List the scripts in their menu folders, and the package."""
        return windows_bundle(self.menu)

    def _installed_menu(self) -> str:
        """Return the menu of the installation that is there; by default the first of them."""
        for menu in MENUS:
            scripts = {file.target for file in windows_bundle(menu)} - {file.target for file in windows_bundle()}
            if scripts & set(self.installation.files):
                return menu
        return MENUS[0]

    def interpreters(self) -> List[Path]:
        """List the places in NNC's folder beside its plugins."""
        libraries = self.folder.parent
        patterns = ("*/python.exe", "python.exe", "*/bin/python3", "*/bin/python")
        return [path for pattern in patterns for path in sorted(libraries.glob(pattern))]


class DesktopHost(PluginHost):
    """NNC Desktop.

    Args:
        database: Its ``nncd.db``; None: in the user's home.
        plugin_folder: The folder of its plugins; None: beside the database, where Grad-CAM lies.

    Raises:
        RequestError: There is no such database, or a link where our files belong.
        UnsupportedError: The database is of an unknown version.
    """

    python_has = ("nnabla_converter",)

    def __init__(self, database: Optional[Path] = None, plugin_folder: Optional[Path] = None) -> None:
        self._table = PluginTable((database or DesktopDatabase.default_path()).absolute())
        self._projects = self._table.database.parents[1] / PROJECTS
        plugins = plugin_folder.absolute() if plugin_folder else self._projects / "plugins" / SAMPLE_TENANT
        folder = plugins / FOLDER
        if folder.is_symlink():
            raise RequestError(f"Expected a folder of its own at '{folder}', got a link. Remove the link.")
        super().__init__(folder)

    def bundle(self) -> List[BundledFile]:
        """List the scripts offered, side by side, and the package."""
        return desktop_bundle()

    def interpreters(self) -> List[Path]:
        """List the Pythons at hand: NNC Desktop runs plugins with the one that its user started it with."""
        homes = [Path(os.environ[name]) for name in ("VIRTUAL_ENV", "CONDA_PREFIX") if os.environ.get(name)]
        at_home = [Path.home() / place for place in ("miniconda3", "anaconda3", "miniforge3", ".conda")]
        homes += [home for place in at_home for home in (place, *sorted(place.glob("envs/*")))]
        named = [path for name in ("python3", "python") for path in [shutil.which(name)] if path]
        inside = [home / part for home in homes for part in ("bin/python3", "python.exe", "Scripts/python.exe")]
        candidates = [Path(sys.executable), *map(Path, named), *(path for path in inside if path.is_file())]
        return list(dict.fromkeys(candidates))

    @property
    def backup(self) -> Optional[Path]:
        """The database as it was before it was last changed."""
        return self._table.backup if self._table.backup.is_file() else None

    def preview(self) -> InstallationResult:
        """Say which files and rows are missing or differ."""
        return InstallationResult(self.folder, super().preview().plan, self._table.ours() != self.rows())

    def install(self) -> InstallationResult:
        """Copy the files, then write the rows; if the database refuses, new files are taken back.

        Raises:
            OutputExistsError: Somebody else's files are in the way; nothing was changed.
            RunError: The database refused.
        """
        first = not self.installation.exists
        outcome = super().install()
        try:
            backup = self._table.write(self.rows())
        except BaseException:
            if first:
                self._remove_files()
            raise
        return InstallationResult(self.folder, outcome.plan, backup is not None, backup)

    def problems(self) -> List[str]:
        """Say which files and rows are not as they should be."""
        wrong = [] if self._table.ours() == self.rows() else [f"rows are missing or differ in '{self._table.database}'"]
        return super().problems() + wrong

    def remove(self) -> List[str]:
        """Remove the rows, then the files."""
        self._table.remove()
        return self._remove_files()

    def rows(self) -> List[Dict[str, Any]]:
        """Return the rows that this host's database should have."""
        return desktop_rows(self._script_folder())

    def _remove_files(self) -> List[str]:
        kept = self.installation.remove()
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()
        return kept

    def _script_folder(self) -> str:
        """NNC Desktop joins what the database says to its folder of projects, so an absolute path works as well."""
        try:
            return self.folder.relative_to(self._projects).as_posix()
        except ValueError:
            return self.folder.as_posix()


def _plugins_folder(directory: Path) -> Path:
    candidates = [
        directory / "libs" / "plugins",
        directory / "neural_network_console" / "libs" / "plugins",
        *([directory] if directory.name == "plugins" or (directory / "_Post_Process").is_dir() else []),
    ]
    for folder in candidates:
        if folder.is_dir():
            return folder
    looked = ", ".join(f"'{folder}'" for folder in candidates)
    raise RequestError(
        f"Expected the folder of NNC Windows (with neural_network_console.exe) or its folder libs/plugins, got "
        f"'{directory}'; there is no folder {looked}."
    )
