"""What a killed process was writing is removed by the next one that writes there, and nothing else is."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nnabla_influence.files import atomic_path, write_text_atomic
from nnabla_influence.resume import PartialFolder, partial_folder
from nnabla_influence.temporary_names import folder_prefix, is_abandoned, sweep, temporary_name

ROOT = Path(__file__).resolve().parents[2]
KILLED = """
import os, sys
from nnabla_influence.files import atomic_path
with atomic_path(sys.argv[1]) as temporary:
    temporary.write_bytes(b"half")
    os._exit(9)
"""


def killed_while_writing(path):
    process = subprocess.run([sys.executable, "-c", KILLED, str(path)], env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert process.returncode == 9


@pytest.mark.skipif(sys.platform == "win32", reason="there it takes a day")
def test_the_next_who_writes_there_removes_it(tmp_path):
    killed_while_writing(tmp_path / "cache.h5")
    (stray,) = tmp_path.iterdir()
    assert stray.name.startswith(".partial-") and stray.suffix == ".h5" and is_abandoned(stray)
    write_text_atomic(tmp_path / "other.csv", "text")
    assert os.listdir(tmp_path) == ["other.csv"]


@pytest.mark.skipif(sys.platform == "win32", reason="there it takes a day")
def test_the_next_run_removes_it_from_the_folder_of_the_progress(tmp_path):
    target = tmp_path / "c.h5"
    PartialFolder(target, {})
    killed_while_writing(partial_folder(target) / "progress.npz")
    assert len(os.listdir(partial_folder(target))) == 2
    PartialFolder(target, {})
    assert os.listdir(partial_folder(target)) == ["passport.json"]


def test_what_a_living_process_writes_stays(tmp_path):
    with atomic_path(tmp_path / "a.csv") as ours:
        ours.write_text("half")
        write_text_atomic(tmp_path / "b.csv", "text")
        assert ours.exists()
    assert sorted(os.listdir(tmp_path)) == ["a.csv", "b.csv"]


def aged(path, days):
    then = time.time() - days * 24 * 3600
    os.utime(str(path), (then, then))


def test_what_another_machine_or_an_earlier_version_wrote_stays_for_a_day(tmp_path):
    names = [f".partial-00000000-{2**22 + 1}-00000000.h5", ".partial-0123456789abcdef.npz"]
    for name in names:
        (tmp_path / name).touch()
    sweep(tmp_path)
    assert sorted(os.listdir(tmp_path)) == sorted(names)
    for name in names:
        aged(tmp_path / name, 2)
    sweep(tmp_path)
    assert not os.listdir(tmp_path)


def test_files_of_somebody_else_stay(tmp_path):
    names = [".partial-notes.txt", ".partial-", "partial-x", "a.csv", ".partial-0123456789ABCDEF"]
    for name in names:
        (tmp_path / name).touch()
        aged(tmp_path / name, 30)
    sweep(tmp_path)
    sweep(tmp_path / "none")
    assert sorted(os.listdir(tmp_path)) == sorted(names)


def test_names_are_new_and_short():
    assert len({temporary_name(".h5") for _ in range(100)}) == 100
    assert len(temporary_name(".h5")) < 60 and folder_prefix().startswith("partial-")
