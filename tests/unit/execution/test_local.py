"""Executors of this machine: in this process, and processes that end when they are told to."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.interruptible import default_interrupt
from support.waiting import PATIENCE, assert_gone, written

from nnabla_influence.execution import completed

ROOT = Path(__file__).resolve().parents[3]


def test_one_worker_is_this_process_and_starts_a_job_when_it_is_asked_for():
    started = []
    results = completed(lambda number: started.append(number) or number**2, [3, 4, 5])
    assert next(results) == (0, 9) and started == [3]
    assert list(results) == [(1, 16), (2, 25)]


SCRIPT = """
import sys
from support import jobs
from nnabla_influence.execution import Execution, completed
if __name__ == "__main__":
    try:
        list(completed(jobs.waits, [(number, sys.argv[1]) for number in range(2)], Execution(workers=2)))
    except KeyboardInterrupt:
        print("interrupted")
"""


@pytest.fixture()
def waiting(tmp_path):
    """A process whose two workers are in the middle of a job."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    process = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)], env=environment, preexec_fn=default_interrupt,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", start_new_session=True,
    )  # fmt: skip
    with process:
        for number in range(2):
            written(tmp_path / f"started{number}", process)
        yield process
        process.kill()


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to another process on Windows")
@pytest.mark.parametrize("everybody", [True, False], ids=["terminal", "process"])
def test_ctrl_c_ends_the_workers_without_a_word(waiting, tmp_path, everybody):
    # A terminal sends SIGINT to the whole group, `kill -INT` to one process.
    (os.killpg if everybody else os.kill)(waiting.pid, signal.SIGINT)
    out, errors = waiting.communicate(timeout=PATIENCE)
    assert (waiting.returncode, out, errors) == (0, "interrupted\n", "")
    assert (tmp_path / "stopped0").exists() and (tmp_path / "stopped1").exists()
    assert_gone(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on Windows")
def test_workers_do_not_outlive_a_killed_parent(waiting, tmp_path):
    waiting.kill()
    waiting.wait()
    assert_gone(tmp_path)
