"""Copies files into a folder of somebody else's program, and knows afterwards which of them are its own.

A stamp in the folder lists every file that was copied, with its SHA-256, and the version. A file is *ours* if the stamp
lists it with the hash it has now, or if it already equals what would be copied (an interrupted installation). Anything
else in the way is *foreign*, a file of ours that somebody has edited included: it is never overwritten and never
removed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Dict, List, Sequence

from ... import __version__
from ...errors import CorruptFileError, OutputExistsError
from ...files import write_bytes_atomic, write_text_atomic
from .bundle import BundledFile, digest

__all__ = ["STAMP", "Installation", "Plan"]

STAMP = "nnabla_influence_plugins.json"


@dataclass(frozen=True)
class Plan:
    """What an installation would do; targets relative to its folder.

    Attributes:
        add: New files.
        replace: Our files of another version.
        obsolete: Our files that the new version does not have.
        unchanged: Our files that stay as they are.
        foreign: Files in the way that are not ours.
    """

    add: List[str] = field(default_factory=list)
    replace: List[str] = field(default_factory=list)
    obsolete: List[str] = field(default_factory=list)
    unchanged: List[str] = field(default_factory=list)
    foreign: List[str] = field(default_factory=list)


class Installation:
    """The files of one installation.

    Args:
        folder: Where they lie.

    Raises:
        CorruptFileError: The stamp is not one of ours.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        stamp = _read_stamp(folder / STAMP)
        self.version: str = stamp["version"]
        self.files: Dict[str, str] = stamp["files"]
        self._folders: List[str] = stamp["folders"]

    @property
    def exists(self) -> bool:
        """Whether anything was installed here."""
        return bool(self.files)

    def plan(self, bundle: Sequence[BundledFile]) -> Plan:
        """Say what installing these files would do; nothing is changed."""
        plan = Plan()
        for file in bundle:
            self._sort_in(plan, file)
        targets = {file.target for file in bundle}
        plan.obsolete.extend(target for target in self.files if target not in targets and self._is_ours(target))
        return plan

    def install(self, bundle: Sequence[BundledFile]) -> Plan:
        """Copy the files.

        Returns:
            What was done.

        Raises:
            OutputExistsError: A foreign file is in the way; nothing was changed.
            OSError: The folder cannot be written.
        """
        plan = self.plan(bundle)
        if plan.foreign:
            raise OutputExistsError(_foreign_message(self.folder, plan.foreign))
        if not (plan.add or plan.replace or plan.obsolete) and self.version == __version__:
            return plan
        self._folders = sorted({*self._folders, *self._missing_folders(bundle)})
        changed = {*plan.add, *plan.replace}
        for file in bundle:
            if file.target in changed:
                write_bytes_atomic(self.folder / file.target, file.source.read_bytes())
        self._delete(plan.obsolete)
        self.version = __version__
        self.files = {file.target: file.digest for file in bundle}
        self._write_stamp()
        return plan

    def problems(self, bundle: Sequence[BundledFile]) -> List[str]:
        """Say what differs from a fresh installation of this version."""
        if not self.exists:
            return [f"nothing is installed in '{self.folder}'"]
        found = [f"version {self.version} is installed, this is {__version__}"] if self.version != __version__ else []
        for target in self.files:
            path = self.folder / target
            if not path.is_file():
                found.append(f"missing: {path}")
            elif not self._is_ours(target):
                found.append(f"changed since it was installed: {path}")
        outdated = [file.target for file in bundle if self.files.get(file.target) != file.digest]
        return found + ([f"{len(outdated)} files differ from this version"] if outdated and not found else [])

    def remove(self) -> List[str]:
        """Remove our files, their byte code, and the folders made for them that are empty now.

        Returns:
            Our files that were kept because somebody has changed them.
        """
        kept = [target for target in self.files if (self.folder / target).is_file() and not self._is_ours(target)]
        self._delete([target for target in self.files if target not in kept])
        stamp = self.folder / STAMP
        if stamp.is_file():
            stamp.unlink()
        self.files = {}
        return kept

    def _sort_in(self, plan: Plan, file: BundledFile) -> None:
        path = self.folder / file.target
        if not path.exists():
            plan.add.append(file.target)
        elif path.is_file() and digest(path) == file.digest:
            plan.unchanged.append(file.target)
        else:
            (plan.replace if self._is_ours(file.target) else plan.foreign).append(file.target)

    def _is_ours(self, target: str) -> bool:
        path = self.folder / target
        return path.is_file() and self.files.get(target) == digest(path)

    def _missing_folders(self, bundle: Sequence[BundledFile]) -> List[str]:
        folders = {parent.as_posix() for file in bundle for parent in PurePosixPath(file.target).parents}
        return [folder for folder in folders if folder != "." and not (self.folder / folder).exists()]

    def _delete(self, targets: Sequence[str]) -> None:
        for target in targets:
            path = self.folder / target
            if path.is_file():
                path.unlink()
            for compiled in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
                compiled.unlink()
        caches = {(self.folder / target).parent / "__pycache__" for target in targets}
        ours = (self.folder / folder for folder in self._folders)
        for folder in sorted((*caches, *ours), key=lambda path: len(path.parts), reverse=True):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def _write_stamp(self) -> None:
        stamp = {"version": self.version, "folders": self._folders, "files": self.files}
        write_text_atomic(self.folder / STAMP, json.dumps(stamp, indent=1, sort_keys=True) + "\n")


def _read_stamp(path: Path) -> Dict[str, Any]:
    if not path.is_file():
        return {"version": "", "folders": [], "files": {}}
    try:
        stamp = json.loads(path.read_text(encoding="utf-8"))
        names = [*stamp["files"], *stamp["folders"]]
        inside = all(not PurePosixPath(name).is_absolute() and ".." not in name.split("/") for name in names)
    except (ValueError, KeyError, TypeError):
        inside = False
    if not inside:
        raise CorruptFileError(
            f"'{path}' should list the files of an installation, but cannot be read as such. Remove it and the folders "
            "nnabla_influence beside the scripts, and install again."
        )
    return {"version": str(stamp.get("version", "")), "folders": stamp["folders"], "files": stamp["files"]}


def _foreign_message(folder: Path, foreign: Sequence[str]) -> str:
    shown = ", ".join(f"'{target}'" for target in foreign[:5])
    more = f" and {len(foreign) - 5} more" if len(foreign) > 5 else ""
    return (
        f"{len(foreign)} files in '{folder}' would be overwritten but were not put there by this program, or were "
        f"changed since: {shown}{more}. Move them away and install again; nothing was changed."
    )
