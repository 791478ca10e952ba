"""A part of `make soak` that takes a minute, and what the soak has ever found."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the soak works with forks")
pytest.importorskip("hypothesis", reason="needs the extra [test]")

from soak.endurance import COUNTS, SETTLED, faults  # noqa: E402
from soak.fuzz import FAULTS, Reader  # noqa: E402
from soak.inputs import Input, corpus  # noqa: E402
from soak.targets import target_named  # noqa: E402

HERE = Path(__file__).parent


def soak(script, folder, *arguments):
    """Run a script of the soak to its end; it must find nothing."""
    line = [sys.executable, str(HERE / script), *map(str, arguments)]
    done = subprocess.run(line, capture_output=True, encoding="utf-8", env={**os.environ, "TMPDIR": str(folder)})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("target, place", corpus(), ids=[f"{target} {place.name}" for target, place in corpus()])
def test_what_was_found_once(target, place, tmp_path):
    reader = Reader(target_named(target), tmp_path / "base" / "in", keep=False)
    (tmp_path / "base").mkdir()
    try:
        reader.read(Input.kept(place))
    finally:
        reader.restore()
    assert not reader.found and reader.counts["inputs"] == 1
    assert not any(reader.counts[fault] for fault in FAULTS)


def test_damaged_inputs(tmp_path):
    out = soak("fuzz.py", tmp_path, "--inputs", 300, "--seed", 0)
    assert "300 inputs: " + ", ".join(f"0 {fault}" for fault in FAULTS) in out
    assert "fewer than half past the first check: none" in out


def test_killed_at_a_random_moment(tmp_path):
    chosen = ("train, every step", "noise", "plugin remove_harmful_samples")
    out = soak("kill.py", tmp_path, "--moments", 1, "--no-dask", "--found", tmp_path / "found", "--phase", *chosen)
    assert "3 of 3 identical, nothing left" in out


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="only root of Linux mounts a small disk")
def test_on_a_disk_that_is_full(tmp_path):
    chosen = ("train, every step", "noise")
    out = soak("fill_disk.py", tmp_path, "--sizes", 1, "--found", tmp_path / "found", "--phase", *chosen)
    assert "2 of 2 identical, 0 unclear" in out


def test_one_process_for_many_projects(tmp_path):
    assert "10 projects, " in soak("endurance.py", tmp_path, "--projects", 10)


@pytest.mark.parametrize("name, growth", [("live", 0.5), ("objects", 200), ("files", 1), ("temporary", 1)])
def test_what_grows_with_each_project_is_named(name, growth):
    rows = [{**dict.fromkeys(COUNTS, 10), name: 10 + growth * project} for project in range(SETTLED + 15)]
    assert [fault.split(":")[0] for fault in faults(rows)] == [name]
    assert faults([dict.fromkeys(COUNTS, 10)] * (SETTLED + 15)) == []


def test_the_soak_notices_what_it_looks_for(tmp_path):
    """A reader that leaves what it was asked to, so that no count is zero because nobody counts."""

    def read(folder, words):
        if words[0] == "traceback":
            raise ValueError("not one of ours")
        if words[0] == "outside":
            (folder.parent.parent / "outside.txt").write_text("x", encoding="utf-8")
        if words[0].startswith("--output="):
            (folder / words[0].split("=")[1]).parent.mkdir(exist_ok=True)
            (folder / words[0].split("=")[1]).write_text("x", encoding="utf-8")
        if words[0] == "silent":
            return "other numbers"
        return "numbers"

    target = target_named("header")
    target = type(target)("header", None, read, target.beyond, lambda words: "numbers")
    (tmp_path / "base").mkdir()
    reader = Reader(target, tmp_path / "base" / "in", keep=False)
    try:
        for word in ("traceback", "outside", "silent", "fine", "--output=../../asked.txt"):
            reader.read(Input((), (word,)))
    finally:
        reader.restore()
    expected = {"tracebacks": 1, "writes outside": 1, "silent differences": 1, "hangs": 0}
    assert {fault: reader.counts[fault] for fault in expected} == expected
    assert reader.counts["inputs"] == 5 and reader.counts["past the first check"] == 0
