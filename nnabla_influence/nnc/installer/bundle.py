"""What an installation copies: the scripts of the plugins, and this package once, as one archive that all of them find.

NNC Windows starts every Python file below its folder of plugins with ``-h`` to learn its fields, some hundred if the
package lay there as files, and they would load NNabla before they failed. Python imports a package from a zip archive
as well as from a folder; in an archive there is nothing to start. It lies in a folder without a leading underscore,
which is no menu, and each script looks for it there. Nothing is fetched, so it works offline.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, List, Tuple

from ...errors import RequestError
from ..host.manifest import PLUGINS, Plugin

__all__ = [
    "FOLDER",
    "MENUS",
    "BundledFile",
    "PackageArchive",
    "desktop_bundle",
    "package_files",
    "scripts_folder",
    "windows_bundle",
    "windows_script",
]

PACKAGE = Path(__file__).resolve().parents[2]

FOLDER = "nnabla_influence_plugins"
"""Where the archive lies: a folder that is no menu of NNC Windows, and that of all our files in NNC Desktop."""

ARCHIVE = "nnabla_influence.zip"
"""Its name; the scripts know both."""


MENUS = ("own", "xai")
"""Where NNC Windows has the scripts of *Post Process*: in a menu of their own, or beside the official XAI plugins."""

POST_PROCESS = "_Post_Process/"
XAI = "_XAI/"


@dataclass(frozen=True)
class BundledFile:
    """A file to copy.

    Args:
        target: Where to, relative to the folder of the installation, with forward slashes.
        source: Where from.
    """

    target: str
    source: Path

    def contents(self) -> bytes:
        """Return what is written."""
        return self.source.read_bytes()

    @property
    def digest(self) -> str:
        """SHA-256 of the contents."""
        return hashlib.sha256(self.contents()).hexdigest()


class PackageArchive(BundledFile):
    """A package in one archive; its source is the package's folder."""

    def contents(self) -> bytes:
        """Return the archive; the same bytes for the same files, whatever Python makes it."""
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
            for name, source in package_files(self.source):
                entry = zipfile.ZipInfo(name)  # has a fixed time
                entry.create_system = 3  # else it tells on which system it was written
                archive.writestr(entry, source.read_bytes())
        return stream.getvalue()


def scripts_folder() -> Path:
    """Find the folder ``plugins`` with the scripts: inside the package in a wheel, beside it in a checkout.

    Raises:
        RequestError: There is neither.
    """
    for folder in (PACKAGE / "nnc" / "plugins", PACKAGE.parent / "plugins"):
        if (folder / PLUGINS[0].script).is_file():
            return folder
    raise RequestError(
        f"The plugins' scripts are neither in '{PACKAGE / 'nnc' / 'plugins'}' nor in '{PACKAGE.parent / 'plugins'}'. "
        "A copy that NNC uses cannot install itself elsewhere; run the command where nnabla_influence was installed."
    )


def windows_bundle(menu: str = MENUS[0]) -> List[BundledFile]:
    """List everything for NNC Windows: scripts in their menu folders, the package once beside these folders.

    Args:
        menu: One of `MENUS`.
    """
    scripts = scripts_folder()
    files = [BundledFile(windows_script(plugin, menu), scripts / plugin.script) for plugin in PLUGINS]
    return [*files, PackageArchive(f"{FOLDER}/{ARCHIVE}", PACKAGE)]


def windows_script(plugin: Plugin, menu: str) -> str:
    """Name the script below NNC Windows' folder of plugins.

    >>> from nnabla_influence.nnc.host.manifest import REPORT
    >>> windows_script(REPORT, "xai")
    '_Post_Process/_XAI/_Data_Cleansing/influence_report.py'
    """
    return plugin.script.replace(POST_PROCESS, POST_PROCESS + XAI, 1) if menu == MENUS[1] else plugin.script


def desktop_bundle() -> List[BundledFile]:
    """List everything for the folder `FOLDER` of NNC Desktop: the scripts it offers, and the package."""
    scripts = scripts_folder()
    offered = [plugin for plugin in PLUGINS if plugin.on_desktop]
    files = [BundledFile(desktop_script(plugin), scripts / plugin.script) for plugin in offered]
    return [*files, PackageArchive(ARCHIVE, PACKAGE)]


def desktop_script(plugin: Plugin) -> str:
    """Name the script in the folder of NNC Desktop's plugins."""
    return f"{plugin.name}.py"


def package_files(package: Path) -> Iterator[Tuple[str, Path]]:
    """List the files of a package with their names in an archive, without the scripts that a wheel carries."""
    for source in sorted(package.rglob("*")):
        relative = source.relative_to(package)
        inside_wheel = relative.parts[:2] == ("nnc", "plugins")
        if source.is_file() and not inside_wheel and "__pycache__" not in relative.parts:
            yield f"{package.name}/{relative.as_posix()}", source
