"""What an installation copies: the scripts of the plugins, and this package beside every one of them.

NNC finds a package that lies beside a script without any path code, because the script's own folder is the first entry
of ``sys.path``. So every folder with scripts gets a copy of the package; nothing is fetched, so it works offline.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, List

from ...errors import RequestError
from ..host.manifest import PLUGINS, Plugin

__all__ = ["BundledFile", "desktop_bundle", "package_files", "scripts_folder", "windows_bundle"]

PACKAGE = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class BundledFile:
    """A file to copy.

    Args:
        target: Where to, relative to the folder of the installation, with forward slashes.
        source: Where from.
    """

    target: str
    source: Path

    @property
    def digest(self) -> str:
        """SHA-256 of the contents."""
        return digest(self.source)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


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


def windows_bundle() -> List[BundledFile]:
    """List everything for NNC Windows: scripts in their menu folders, the package in each of these folders."""
    scripts = scripts_folder()
    files = [BundledFile(plugin.script, scripts / plugin.script) for plugin in PLUGINS]
    for folder in sorted({plugin.folder for plugin in PLUGINS}):
        files += package_files(f"{folder}/")
    return files


def desktop_bundle() -> List[BundledFile]:
    """List everything for NNC Desktop: the scripts it offers, side by side, and the package once."""
    scripts = scripts_folder()
    return [
        *(BundledFile(desktop_script(plugin), scripts / plugin.script) for plugin in PLUGINS if plugin.on_desktop),
        *package_files(""),
    ]


def desktop_script(plugin: Plugin) -> str:
    """Name the script in the folder of NNC Desktop's plugins."""
    return f"{plugin.name}.py"


def package_files(prefix: str) -> Iterator[BundledFile]:
    """List the files of this package, without the scripts that a wheel carries inside it."""
    for source in sorted(PACKAGE.rglob("*")):
        relative = source.relative_to(PACKAGE)
        inside_wheel = relative.parts[:2] == ("nnc", "plugins")
        if source.is_file() and not inside_wheel and "__pycache__" not in relative.parts:
            yield BundledFile(f"{prefix}{PACKAGE.name}/{relative.as_posix()}", source)
