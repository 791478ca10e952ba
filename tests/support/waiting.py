"""Waiting for what other processes do."""

import time
from pathlib import Path


def wait_for(path):
    until = time.monotonic() + 20
    while not (path.exists() and path.read_text(encoding="utf-8")):
        assert time.monotonic() < until, f"{path} was not written"
        time.sleep(0.02)


def assert_gone(folder):
    """The processes that started jobs have ended."""
    for path in folder.glob("started*"):
        until = time.monotonic() + 10
        while running(int(path.read_text(encoding="utf-8"))):
            assert time.monotonic() < until, f"the worker of {path.name} still runs"
            time.sleep(0.05)


def running(process):
    stat = Path(f"/proc/{process}/stat")
    try:
        return stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
