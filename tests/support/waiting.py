"""Waiting for events. How long is no measurement: the limit is what no machine, however busy, ever reaches."""

import time
from functools import partial
from pathlib import Path

PATIENCE = 300.0  # seconds


def until(happened, missing="what was waited for", process=None):
    """Wait until ``happened()`` is true and return what it returned; `process` must not end before.

    Raises:
        AssertionError: `missing` did not happen.
    """
    end = time.monotonic() + PATIENCE
    while True:
        ended = process is not None and process.poll() is not None  # asked first: it may happen and then end
        result = happened()
        if result:
            return result
        assert not ended, f"{missing}: the process ended before, exit code {process.returncode}"
        assert time.monotonic() < end, f"{missing}: not within {PATIENCE:.0f} s"
        time.sleep(0.01)


def written(path, process=None):
    """The text of a file, once there is some."""
    return until(lambda: path.exists() and path.read_text(encoding="utf-8"), f"{path} was not written", process)


def exists(path, process=None):
    """Wait for a file or folder."""
    until(path.exists, f"{path} was not written", process)


def assert_gone(folder):
    """The processes that started jobs have ended."""
    for path in folder.glob("started*"):
        number = int(path.read_text(encoding="utf-8"))
        until(partial(lambda n: not running(n), number), f"the end of the worker of {path.name}")


def running(process):
    stat = Path(f"/proc/{process}/stat")
    try:
        return stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
