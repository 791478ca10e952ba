"""Of two processes that work on one file, the second is told who is at work; a lock dies with its process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.waiting import PATIENCE

from nnabla_influence import run_lock
from nnabla_influence.errors import InUseError
from nnabla_influence.run_lock import locked

ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import sys
from pathlib import Path
from nnabla_influence.run_lock import locked

with locked(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds a folder until its standard input is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "x.partial")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout.readline().strip() == b"locked"
    yield process
    process.kill()
    process.communicate(timeout=PATIENCE)


def test_the_second_is_told_who_holds_it_since_when(holder, tmp_path):
    with pytest.raises(
        InUseError, match=rf"x.partial' is in use: process {holder.pid} on .* since \d{{4}}-\d\d-\d\d \d\d:"
    ):
        with locked(tmp_path / "x.partial"):
            pass
    with locked(tmp_path / "y.partial"):
        pass


def test_a_killed_process_leaves_no_lock(holder, tmp_path):
    holder.kill()
    holder.wait(PATIENCE)
    assert (tmp_path / "x.partial").is_dir(), "the file stays, the lock does not"
    with locked(tmp_path / "x.partial"):
        pass
    assert not list(tmp_path.iterdir())


def test_when_the_first_has_ended_nothing_is_left(holder, tmp_path):
    holder.communicate(timeout=PATIENCE)
    assert holder.returncode == 0 and not list(tmp_path.iterdir())


def test_a_process_does_not_wait_for_itself(tmp_path):
    with locked(tmp_path / "x"), locked(tmp_path / "." / "x"):
        pass
    assert not list(tmp_path.iterdir())
    with locked(tmp_path / "x"):
        (tmp_path / "x" / "progress").touch()
    assert os.listdir(tmp_path / "x") == ["progress"]


def test_a_file_system_without_locks_is_no_hindrance(tmp_path, monkeypatch):
    def none(stream):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(run_lock, "_lock", none)
    with locked(tmp_path / "x"):
        assert (tmp_path / "x").is_dir()
    assert not list(tmp_path.iterdir())


def test_a_lock_file_that_was_removed_meanwhile_is_no_lock(tmp_path, monkeypatch):
    """Its holder ended between our opening and locking it: what is locked then is a file that nobody else sees."""
    lock = run_lock._lock
    opened = []

    def late(stream):
        if not opened:
            (tmp_path / "x" / run_lock.LOCK_FILE).unlink()
        opened.append(stream)
        lock(stream)

    monkeypatch.setattr(run_lock, "_lock", late)
    with locked(tmp_path / "x"):
        assert len(opened) == 2 and (tmp_path / "x" / run_lock.LOCK_FILE).is_file()


def test_an_unsigned_lock_is_one_too(tmp_path):
    assert run_lock._holder(tmp_path / "none") == "another process works on it"
