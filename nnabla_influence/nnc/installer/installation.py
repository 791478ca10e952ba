"""Copies files into a folder of somebody else's program, and knows afterwards which of them are its own.

A stamp in the folder lists every file that was copied, with its SHA-256, and the version. A file is *ours* if the stamp
lists it with the hash it has now, or if it already equals what would be copied. Anything else in the way is *foreign*,
a file of ours that somebody has edited included: it is never overwritten and never removed. So is whatever is reached
through a link inside the folder: what lies behind it is not ours to write.

The stamp is written before the files, with the hashes of the files they replace, and once more at the end. Files are
written in a folder of their own and moved to their places. So after a kill at any moment, every file is an old or a new
one, all of them are known as ours, and the next installation or removal finishes the work.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Dict, Iterator, List, Optional, Sequence

from ... import __version__
from ...errors import CorruptFileError, OutputExistsError
from ...file_digest import file_digest
from ...files import flush_to_disk
from .bundle import BundledFile

__all__ = ["STAMP", "Installation", "Plan"]

STAMP = "nnabla_influence_plugins.json"
STAGING = ".nnabla_influence_plugins.partial"


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
        self._replaced: Optional[Dict[str, str]] = stamp["replaced"]  # None unless an installation did not end

    @property
    def exists(self) -> bool:
        """Whether anything was installed here."""
        return bool(self.files)

    def plan(self, bundle: Sequence[BundledFile]) -> Plan:
        """Say what installing these files would do; nothing is changed."""
        plan = Plan()
        for file in bundle:
            self._sort_in(plan, file)
        if self._is_linked(STAMP):
            plan.foreign.append(STAMP)
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
        whole = self._replaced is None and self.version == __version__
        if whole and not (plan.add or plan.replace or plan.obsolete):
            return plan
        self._folders = sorted({*self._folders, *self._missing_folders(bundle)})
        wanted = {file.target: file.digest for file in bundle}
        old = {target: self._digest(target) for target in (*plan.replace, *plan.obsolete)}
        changed = {*plan.add, *plan.replace}
        with self._staging() as staging:
            self._stamp(staging, {**{target: old[target] for target in plan.obsolete}, **wanted}, old)
            for file in bundle:
                if file.target in changed:
                    self._put(staging, file.target, file.contents())
            self._delete(plan.obsolete)
            self._stamp(staging, wanted, None)
        return plan

    def problems(self, bundle: Sequence[BundledFile]) -> List[str]:
        """Say what differs from a fresh installation of this version."""
        if not self.exists:
            return [f"nothing is installed in '{self.folder}'"]
        faults = [f"version {self.version} is installed, this is {__version__}"] if self.version != __version__ else []
        if self._replaced is not None:
            faults.append("an installation did not end")
        for target in self.files:
            path = self.folder / target
            if not path.is_file():
                faults.append(f"missing: {path}")
            elif not self._is_ours(target):
                faults.append(f"changed since it was installed: {path}")
        outdated = [file.target for file in bundle if self.files.get(file.target) != file.digest]
        return faults + ([f"{len(outdated)} files differ from this version"] if outdated and not faults else [])

    def remove(self) -> List[str]:
        """Remove our files, their byte code, and the folders made for them that are empty now.

        Returns:
            Our files that were kept because somebody has changed them, or put a link in their way.
        """
        kept = [target for target in self.files if (self.folder / target).is_file() and not self._is_ours(target)]
        self._clear_staging()
        self._delete([target for target in self.files if target not in kept])
        stamp = self.folder / STAMP
        if stamp.is_file():
            stamp.unlink()
        self.files = {}
        return kept

    def _sort_in(self, plan: Plan, file: BundledFile) -> None:
        path = self.folder / file.target
        if self._is_linked(file.target):
            plan.foreign.append(file.target)
        elif not path.exists():
            plan.add.append(file.target)
        elif path.is_file() and self._digest(file.target) == file.digest:
            plan.unchanged.append(file.target)
        else:
            (plan.replace if self._is_ours(file.target) else plan.foreign).append(file.target)

    def _is_ours(self, target: str) -> bool:
        if self._is_linked(target) or not (self.folder / target).is_file():
            return False
        return self._digest(target) in (self.files.get(target), (self._replaced or {}).get(target))

    def _digest(self, target: str) -> str:
        return file_digest(self.folder / target)

    def _is_linked(self, target: str) -> bool:
        """Tell whether a link stands on the way from the folder to a file, or is that file."""
        base = os.path.realpath(str(self.folder))
        plain = os.path.join(base, *PurePosixPath(target).parts)
        return os.path.normcase(os.path.realpath(plain)) != os.path.normcase(plain)

    def _missing_folders(self, bundle: Sequence[BundledFile]) -> List[str]:
        folders = {parent.as_posix() for file in bundle for parent in PurePosixPath(file.target).parents}
        return [folder for folder in folders if folder != "." and not (self.folder / folder).exists()]

    @contextmanager
    def _staging(self) -> Iterator[Path]:
        """Give a folder to write files in before they are moved to their places."""
        self._clear_staging()
        staging = self.folder / STAGING
        staging.mkdir(parents=True)
        try:
            yield staging
        finally:
            self._clear_staging()

    def _clear_staging(self) -> None:
        staging = self.folder / STAGING
        if staging.is_symlink():
            staging.unlink()  # the link alone
        elif staging.exists():
            shutil.rmtree(str(staging))

    def _put(self, staging: Path, target: str, contents: bytes) -> None:
        """Write a file and move it to its place, in one step that replaces a file but follows no link."""
        temporary = staging / "file"
        temporary.write_bytes(contents)
        flush_to_disk(temporary)
        final = self.folder / target
        final.parent.mkdir(parents=True, exist_ok=True)
        os.replace(str(temporary), str(final))

    def _stamp(self, staging: Path, files: Dict[str, str], replaced: Optional[Dict[str, str]]) -> None:
        """Note which files are ours, and on the way what some of them may still be."""
        self.version = __version__
        self.files = files
        self._replaced = replaced
        stamp = {"version": self.version, "folders": self._folders, "files": files, "replaced": replaced}
        self._put(staging, STAMP, (json.dumps(stamp, indent=1, sort_keys=True) + "\n").encode("utf-8"))

    def _delete(self, targets: Sequence[str]) -> None:
        caches = sorted({str(PurePosixPath(target).parent / "__pycache__") for target in targets})
        caches = [cache for cache in caches if not self._is_linked(cache)]
        for target in targets:
            path = self.folder / target
            if path.is_file() and not self._is_linked(target):
                path.unlink()
            if str(PurePosixPath(target).parent / "__pycache__") in caches:
                for compiled in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
                    compiled.unlink()
        for folder in sorted({*caches, *self._folders}, key=lambda name: name.count("/"), reverse=True):
            path = self.folder / folder
            if not self._is_linked(folder) and path.is_dir() and not any(path.iterdir()):
                path.rmdir()


def _read_stamp(path: Path) -> Dict[str, Any]:
    if not path.is_file():
        return {"version": "", "folders": [], "files": {}, "replaced": None}
    try:
        stamp = json.loads(path.read_text(encoding="utf-8"))
        replaced = stamp.get("replaced")
        names = [*stamp["files"], *stamp["folders"], *(replaced or {})]
        inside = all(not PurePosixPath(name).is_absolute() and ".." not in name.split("/") for name in names)
    except (ValueError, KeyError, TypeError, AttributeError):
        inside = False
    if not inside:
        raise CorruptFileError(
            f"'{path}' should list the files of an installation, but cannot be read as such. Remove it and the "
            "plugins' files beside it, and install again."
        )
    version = str(stamp.get("version", ""))
    return {"version": version, "folders": stamp["folders"], "files": stamp["files"], "replaced": replaced}


def _foreign_message(folder: Path, foreign: Sequence[str]) -> str:
    shown = ", ".join(f"'{target}'" for target in foreign[:5])
    more = f" and {len(foreign) - 5} more" if len(foreign) > 5 else ""
    return (
        f"{len(foreign)} files in '{folder}' would be overwritten but were not put there by this program, were changed "
        f"since, or are links: {shown}{more}. Move them away and install again; nothing was changed."
    )
