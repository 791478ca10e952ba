"""A disk that is full: a small file system of its own, or a pretended one."""

import errno
import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder, size):
    """A file system of `size` bytes in memory at a folder; the test is skipped where nobody may mount one."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("only root of Linux mounts a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(folder, leave):
    """Fill a small disk but for some bytes."""
    with open(str(folder / "ballast"), "wb") as stream:
        stream.write(bytes(max(0, os.statvfs(str(folder)).f_bavail * os.statvfs(str(folder)).f_frsize - leave)))


def refuse_writing(monkeypatch, suffix=""):
    """Let `Path.write_bytes` of temporary files with a suffix write half of the data, then find the disk full."""
    write = Path.write_bytes

    def half(path, data):
        if path.name.startswith(".partial-") and path.suffix.endswith(suffix):
            write(path, bytes(data)[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", half)
