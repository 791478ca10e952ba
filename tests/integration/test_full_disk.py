"""A full disk: one sentence with the file and the bytes, no half files, no empty folders, and what was there stays."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.full_disk import fill, small_disk

from nnabla_influence.dataset.digits import write_digits

ROOT = Path(__file__).resolve().parents[2]
SMALL = 600_000  # bytes


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Data, a cache and an influence CSV, on a disk with room."""
    folder = tmp_path_factory.mktemp("project")
    write_digits(folder, training=60, validation=30)
    run(
        folder,
        "run",
        "--network",
        "builtin:mlp",
        *data(folder),
        "--epochs",
        "1",
        "--output",
        folder / "i.csv",
        "--quiet",
    )
    return folder


@pytest.fixture
def disk(tmp_path):
    with small_disk(tmp_path / "disk", SMALL) as folder:
        yield folder


def data(folder):
    names = [f"--{name}={folder / name}.csv" for name in ("train", "validation")]
    return [name.replace("train.csv", "training.csv") for name in names] + [f"--data-cache={folder / 'decoded'}"]


def run(folder, *arguments, code=0):
    command = [sys.executable, "-m", "nnabla_influence", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)}
    done = subprocess.run(command, cwd=str(folder), env=environment, capture_output=True, text=True)
    noticed = 2 if "to fit the " in done.stderr else 1  # before it begins, or while it writes
    assert done.returncode == (noticed if code is None else code), done.stderr
    return done.stderr


def refused(project, disk, *arguments, code=1, keeps=()):
    before = sorted(path.name for path in disk.iterdir())
    errors = run(project, *arguments, code=code)
    (message,) = [line for line in errors.splitlines() if line.startswith("error: ")]
    assert "Traceback" not in errors and "Exception ignored" not in errors
    left = sorted(path.name for path in disk.iterdir() if path.name not in keeps)
    assert left == before, "a half file or an empty folder stays"
    return message


def test_a_policy_that_does_not_fit_is_refused_before_the_first_step(project, disk):
    arguments = ("train", "--network", "builtin:mlp", *data(project), "--epochs", "3", "--batch-size", "2")
    message = refused(project, disk, *arguments, "--policy", "every-step", "--cache", disk / "c.h5", code=2)
    assert "91 states that policy 'every-step' keeps" in message and "--policy last-epoch" in message


@pytest.mark.parametrize("leave", [0, 30_000])
def test_a_training_on_a_disk_that_is_full_names_file_and_bytes(project, disk, leave):
    fill(disk, leave)
    arguments = ("train", "--network", "builtin:mlp", *data(project), "--epochs", "1", "--cache", disk / "c.h5")
    message = refused(project, disk, *arguments, code=2, keeps=["c.h5.partial"])
    assert "free in" in message


def test_scores_on_a_full_disk(project, disk):
    fill(disk, 0)
    message = refused(
        project, disk, "score", "--cache", project / "i.seed0.h5", *data(project), "--output", disk / "i.csv"
    )
    assert str(disk) in message and "No space left on device" in message and "bytes needed" in message


@pytest.mark.parametrize("leave", [0, 60_000])
def test_a_report_on_a_full_disk(project, disk, leave):
    """The second time some of its figures fit."""
    fill(disk, leave)
    message = refused(project, disk, "report", "--influence", project / "i.csv", "--output", disk / "r.html")
    assert "No space left on device" in message and "bytes needed" in message and "bytes free" in message


@pytest.mark.parametrize("leave", [0, 16_384])
def test_decoding_on_a_full_disk(project, disk, leave):
    """The second time the hashes of the files fit."""
    fill(disk, leave)
    arguments = ("train", "--network", "builtin:mlp", *data(project)[:2], "--cache", project / "other.h5")
    before = [path.name for path in project.iterdir()]
    message = refused(project, disk, *arguments, "--data-cache", disk / "decoded", code=None, keeps=["decoded"])
    assert "No space left" in message or "fit the " in message, "noticed while it writes, or before"
    assert not list((disk / "decoded").glob("partial-*")) and [path.name for path in project.iterdir()] == before


def test_cleansing_on_a_full_disk(project, disk):
    fill(disk, 0)
    arguments = ("cleanse", "--influence", project / "i.csv", "--remove", "5", "--removed", project / "removed.csv")
    message = refused(project, disk, *arguments, "--output", disk / "sub" / "clean.csv")
    assert "clean.csv" in message and not (project / "removed.csv").exists()
