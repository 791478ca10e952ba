"""Files appear whole or not at all.

A result is first written under a temporary name beside its target, flushed to the disk, and then renamed over the
target. A rename inside one folder is atomic on every supported system, so whoever looks sees the old file or the new
one, never half of one, even if the process is killed in between.

A rename would put a file in the place of whatever has the target's name: a device, a named pipe, a socket. So only a
regular file is ever replaced, and a link is followed only inside its own folder (`replaceable`).
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Iterable, Iterator, List, Mapping, Optional, Sequence, Union

from .disk_space import free_bytes
from .errors import OutputExistsError
from .remedies import remedy
from .temporary_names import sweep, temporary_name

__all__ = [
    "MORE_FILES",
    "FilePath",
    "atomic_path",
    "flush_to_disk",
    "naming_file",
    "refuse_existing",
    "refuse_overwriting",
    "replaceable",
    "write_bytes_atomic",
    "write_files_atomic",
    "write_text_atomic",
]

FilePath = Union[str, Path]
"""A file as a Python user names it."""

MORE_FILES = "more_files"  # a folder beside a result, for what Neural Network Console shall not show
FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))  # the second: a quota
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
)


@contextmanager
def atomic_path(target: Union[str, Path], sweeps: bool = True, needed: Optional[int] = None) -> Iterator[Path]:
    """Yield a temporary path that becomes `target` when the block succeeds.

    The temporary file has the suffix of the target (some writers choose a format by it) and lies in the same folder,
    which is made if it is missing. A symbolic link keeps pointing where it points, if that is in the same folder: its
    destination is replaced.

    Args:
        target: The file to write; an existing one is replaced at the end.
        sweeps: Remove what killed processes left in the folder; whoever writes thousands of files does so once.
        needed: The bytes that will be written, if they are known, for the message of a full disk.

    Yields:
        The path to write to. The block must create a file there and close it.

    Raises:
        OutputExistsError: The target is no regular file, or a link out of its folder.
        OSError: The folder cannot be written, the disk is full, or the block created nothing. Whatever goes wrong
            (also Ctrl-C), the temporary file and folders made for it are removed and the old target stays.
    """
    final = replaceable(target)
    # A short name of its own, because a long target with something added might be longer than the system allows.
    temporary = final.with_name(temporary_name(final.suffix))
    with _folder_for(final), naming_file(final, needed):
        if sweeps:
            sweep(final.parent)
        try:
            yield temporary
            # Before the rename: after a power cut the new name must not stand for blocks that were never written.
            flush_to_disk(temporary)
            os.replace(str(temporary), str(final))
        finally:
            if temporary.exists():
                temporary.unlink()
        _flush_folder(final.parent)


@contextmanager
def naming_file(path: Path, needed: Optional[int] = None) -> Iterator[None]:
    """Name the file in the system's errors, which name none, or a temporary one; and the bytes if the disk is full.

    Raises:
        OSError: Whatever the system says, of `path`.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None or isinstance(error, BlockingIOError):
            raise
        text = str(error.strerror)
        if error.errno in FULL:
            room = free_bytes(path.parent)
            text += f" ({'more' if needed is None else f'{needed:,} bytes'} needed, {room or 0:,} bytes free)"
        raise OSError(error.errno, text, str(path)) from error


@contextmanager
def _folder_for(file: Path) -> Iterator[None]:
    """Make the folders of a file; if the block fails, those that were made and are empty are removed."""
    missing = [folder for folder in file.parents if not folder.exists()]  # the deepest first
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for folder in missing:
            with suppress(OSError):  # somebody has put something into it
                folder.rmdir()
        raise


def write_text_atomic(path: Union[str, Path], text: str) -> None:
    """Write `text` as UTF-8 without BOM, with its line ends as they are; see `atomic_path`."""
    write_bytes_atomic(path, text.encode("utf-8"))


def write_files_atomic(files: Mapping[Path, bytes]) -> None:
    """Write several files; none is replaced before all are written, see `atomic_path`."""
    with ExitStack() as stack:
        for path, data in files.items():
            stack.enter_context(atomic_path(path, needed=len(data))).write_bytes(data)


def write_bytes_atomic(path: Union[str, Path], data: Union[bytes, memoryview], sweeps: bool = True) -> None:
    """Write bytes; see `atomic_path`."""
    with atomic_path(path, sweeps, len(data)) as temporary:
        temporary.write_bytes(data)


def replaceable(target: Union[str, Path]) -> Path:
    """Return the file that writing to a target creates or replaces: itself, or what a link in its folder points to.

    The folder may be reached through links; only the file itself may not lead elsewhere.

    Raises:
        OutputExistsError: It is a folder, a device, a pipe or a socket, or a link out of its folder.
        OSError: The system cannot say what it is.
    """
    final = Path(os.path.abspath(str(target)))
    try:
        mode = os.lstat(str(final)).st_mode
        if stat.S_ISLNK(mode):
            final = _linked(final, target)
            mode = os.stat(str(final)).st_mode
    except FileNotFoundError:
        return final
    if not stat.S_ISREG(mode):
        kind = next((kind for is_kind, kind in _KINDS if is_kind(mode)), "something that is no file")
        raise OutputExistsError(f"{target}: expected a regular file to replace, or none, got {kind}. Choose another.")
    return final


def _linked(link: Path, target: Union[str, Path]) -> Path:
    """Return the file that a link points to, which a rename would otherwise not replace; `target` names the link."""
    final = Path(os.path.realpath(str(link)))
    if _identity(final.parent) != _identity(link.parent):
        raise OutputExistsError(
            f"{target}: expected a file to write to, got a link to {final}, in another folder. Name that file itself, "
            "or choose another."
        )
    return final


def refuse_overwriting(outputs: Sequence[Path], inputs: Sequence[Union[str, Path, None]]) -> None:
    """Refuse to write over what is read, twice to one file, or over what is no file; paths may be spelt anyhow.

    Args:
        outputs: The files to write.
        inputs: What is read; None and names of no file (``builtin:cnn``) are passed over.

    Raises:
        OutputExistsError: An output is one of the inputs, or two outputs are the same file, or one is no regular file.
    """
    read = [Path(path) for path in inputs if path is not None and os.path.exists(str(path))]
    written: List[Path] = []
    for output in outputs:
        if any(_same_file(output, path) for path in read):
            raise OutputExistsError(
                f"{output}: expected another file to write to, got one that is read. Choose another output."
            )
        if any(_same_file(output, path) for path in written):
            raise OutputExistsError(
                f"{output}: expected a file of its own for every output, got one twice. Choose another name for one of "
                "them."
            )
        replaceable(output)  # now, not after hours of work
        written.append(output)


def refuse_existing(outputs: Iterable[Union[str, Path, None]], overwrite: bool) -> None:
    """Refuse to replace a file that is there, unless that was asked for.

    A file that belongs to another one, such as its passport or the figures of its rows, goes with it and is not named.

    Args:
        outputs: The files to write; None is passed over.
        overwrite: Whether they may be replaced.

    Raises:
        OutputExistsError: One is there, and may not.
    """
    for output in outputs:
        if output is not None and not overwrite and os.path.lexists(str(output)):
            raise OutputExistsError(
                f"{output}: expected the name of a new file, got one that exists.", remedy("replace-output")
            )


def _same_file(first: Path, second: Path) -> bool:
    """Whether two paths mean one file: by name where it does not exist yet, else also by hard links."""
    # By name first: of two outputs that do not exist yet nothing else can be compared.
    if _identity(first) == _identity(second):
        return True
    return first.exists() and second.exists() and first.samefile(second)


def _identity(path: Path) -> str:
    return os.path.normcase(os.path.realpath(str(path)))


def flush_to_disk(path: Path) -> None:
    """Wait until the operating system has put a closed file's bytes on the disk."""
    with open(str(path), "rb+") as stream:
        os.fsync(stream.fileno())


def _flush_folder(folder: Path) -> None:
    """Make a rename durable; Windows cannot open folders and does not need it."""
    if os.name == "nt":
        return
    descriptor = os.open(str(folder), os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
