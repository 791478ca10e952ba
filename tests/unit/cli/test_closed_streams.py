"""A program whose standard streams are closed works all the same, and prints into no file."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.skipif(os.name == "nt", reason="a shell of Unix closes them")
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_a_command_ends_as_it_should(tmp_path, closed):
    (tmp_path / "t.csv").write_text("x,y\n" + "1,0\n2,1\n" * 20)
    command = f"exec '{sys.executable}' -m nnabla_influence noise --train t.csv --rate 0.1 --output o.csv --truth u.csv"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["/bin/sh", "-c", f"{command} {closed}"], cwd=tmp_path, env=environment, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    lines = (tmp_path / "o.csv").read_text().splitlines()
    assert lines[0] == "x,y" and len(lines) == 41


@pytest.mark.skipif(os.name == "nt", reason="a shell of Unix closes them")
def test_an_error_keeps_its_exit_code(tmp_path):
    command = f"exec '{sys.executable}' -m nnabla_influence info none.csv >&-"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, env=environment, capture_output=True)
    assert done.returncode == 2 and b"expected an existing file" in done.stderr and b"Traceback" not in done.stderr
