"""Jobs give the same results wherever they run; what goes wrong in a worker is said here, in words."""

import argparse
import contextlib
import importlib
import inspect
import logging
import os
import pickle
import pkgutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from support import jobs
from support.interruptible import default_interrupt
from support.waiting import PATIENCE, until, written

import nnabla_influence
from nnabla_influence.cli import options
from nnabla_influence.errors import ConfigError, DataError, InfluenceError, MissingExtraError, RunError
from nnabla_influence.execution import Execution, completed, cpu_model, machine

ROOT = Path(__file__).resolve().parents[2]
TWO = Execution(workers=2)


def products(execution, count=8):
    found = dict(completed(jobs.product, range(count), execution))
    return {number: found[number][0] for number in range(count)}, {process for _, process in found.values()}


def test_one_worker_is_this_process_and_starts_a_job_when_it_is_asked_for():
    started = []
    results = completed(lambda number: started.append(number) or number**2, [3, 4, 5])
    assert next(results) == (0, 9) and started == [3]
    assert list(results) == [(1, 16), (2, 25)]


def test_processes_give_the_bits_of_this_process():
    serial, here = products(Execution())
    parallel, there = products(TWO)
    assert here == {os.getpid()} and len(there) == 2 and os.getpid() not in there
    assert parallel == serial


def test_no_jobs_are_no_work():
    assert list(completed(jobs.product, [], TWO)) == []


@pytest.mark.skipif(os.cpu_count() == 1, reason="needs several cores")
@pytest.mark.parametrize("execution", [Execution(), TWO], ids=["serial", "processes"])
def test_every_job_has_one_thread_and_afterwards_all_are_back(execution):
    before = jobs.threads(0)
    assert max(before) > 1, "this process is limited already; the test would prove nothing"
    assert [threads for _, threads in completed(jobs.threads, range(2), execution)] == [[1], [1]]
    assert jobs.threads(0) == before


def test_a_missing_thread_limit_is_said(monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    assert list(completed(abs, [-1])) == [(0, 1)]
    assert "threadpoolctl is not installed" in caplog.text


def test_a_killed_worker_changes_nothing_but_the_log(tmp_path, caplog):
    serial, _ = products(Execution())
    found = dict(completed(jobs.killed_once, [(number, str(tmp_path)) for number in range(8)], TWO))
    assert found == serial
    assert "a worker process died; running again what it did" in caplog.text


def test_a_job_that_always_kills_its_worker_is_named_and_given_up(caplog):
    finished = []
    with pytest.raises(RunError, match="job 3 of 5 died 4 times.*more memory or fewer workers"):
        finished.extend(completed(jobs.killed_always, range(5), TWO))
    assert [record.getMessage().count("died") for record in caplog.records] == [1, 1, 1]
    assert 2 not in dict(finished)


@pytest.mark.parametrize("execution", [Execution(), TWO], ids=["serial", "processes"])
def test_an_error_of_a_job_is_the_callers(execution):
    with pytest.raises(DataError, match=r"^expected a picture, got 'x\.csv'; give a picture\.$"):
        list(completed(jobs.refuses, range(20), execution))


def test_a_job_that_cannot_be_unpacked_is_an_error_not_a_dead_worker():
    with pytest.raises(DataError, match="no data on this machine"):
        list(completed(abs, [jobs.MissingThere()], TWO))


@pytest.mark.parametrize("execution", [Execution(), TWO], ids=["serial", "processes"])
def test_the_log_of_a_job_arrives_once_and_at_the_level_asked_for(execution, caplog):
    caplog.set_level(logging.INFO, logger="nnabla_influence")
    assert dict(completed(jobs.logs, range(3), execution)) == {0: 0, 1: 1, 2: 2}
    said = sorted(record.getMessage() for record in caplog.records)
    assert said == [f"job {number} has something to say" for number in range(3)]


def test_leaving_the_loop_stops_the_jobs_that_run(tmp_path):
    work = [("quick", str(tmp_path)), *((number, str(tmp_path)) for number in range(3))]
    with contextlib.closing(completed(jobs.waits, work, TWO)) as results:
        assert next(results) == (0, "quick")
        written(tmp_path / "started0")
    assert not (tmp_path / "finished0").exists()
    assert (tmp_path / "stopped0").exists(), "the job could not clean up"
    assert_gone(tmp_path)


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


def test_every_error_of_the_package_survives_the_way_from_a_worker():
    modules = pkgutil.walk_packages(nnabla_influence.__path__, "nnabla_influence.")
    names = [module.name for module in modules if "__main__" not in module.name]
    kinds = {
        kind
        for name in names
        for _, kind in inspect.getmembers(importlib.import_module(name), inspect.isclass)
        if issubclass(kind, InfluenceError)
    }
    assert len(kinds) > 12
    for kind in kinds:
        again = pickle.loads(pickle.dumps(kind("expected a, got b")))
        assert type(again) is kind and str(again) == "expected a, got b"


@pytest.mark.parametrize("workers", [0, -1, 1.5])
def test_impossible_numbers_of_workers_are_refused(workers):
    with pytest.raises(ConfigError, match="at least 1"):
        Execution(workers=workers)


@pytest.mark.parametrize(
    "address",
    ["", "host", "host:8786", "tcp://host", "tcp://:8786", "tcp://host:x", "http://host:1", "tcp://host:99999"],
)
def test_a_malformed_address_is_refused_and_shown(address):
    with pytest.raises(ConfigError) as caught:
        Execution(scheduler=address)
    assert f"'{address}'" in str(caught.value) and "tcp://host:8786" in str(caught.value)


def test_a_cluster_and_local_processes_are_two_answers():
    with pytest.raises(ConfigError, match="Give one of the two"):
        Execution(workers=2, scheduler="tcp://host:8786")


def test_without_dask_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r'pip install "nnabla-influence\[dask\]"'):
        list(completed(abs, [1], Execution(scheduler="tcp://127.0.0.1:1")))


def test_options():
    parser = argparse.ArgumentParser()
    options.add_execution(parser)
    assert options.execution(parser.parse_args([])) == Execution()
    assert options.execution(parser.parse_args(["--workers", "3"])) == Execution(workers=3)
    with pytest.raises(ConfigError, match="'nowhere'"):
        options.execution(parser.parse_args(["--scheduler", "nowhere"]))


def test_the_cpu_has_a_name():
    assert cpu_model() and cpu_model() == cpu_model().strip()


@pytest.mark.parametrize(
    "text, name",
    [
        ("processor\t: 0\ncpu family\t: 6\nmodel\t\t: 106\nmodel name\t: Xeon X\n\nprocessor\t: 1\nmodel name: other\n",
         "Xeon X (family 6, model 106)"),
        ("processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd40\n", "aarch64 (implementer 0x41, part 0xd40)"),
        ("processor\t: 0\n", ""),
    ],
    ids=["x86", "arm", "unknown"],
)  # fmt: skip
def test_the_name_is_read_from_linux(tmp_path, monkeypatch, text, name):
    monkeypatch.setattr(machine.platform, "machine", lambda: "aarch64")
    (tmp_path / "cpuinfo").write_text(text, encoding="utf-8")
    assert machine._linux_model(tmp_path / "cpuinfo") == name
    assert machine._linux_model(tmp_path / "missing") == ""
