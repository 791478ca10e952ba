"""A real Dask cluster: a scheduler and worker processes, started, killed and made to lie as machines do."""

import contextlib
import itertools
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from integration.conftest import contents, data_of, network_and_data
from support import jobs, questions
from support.waiting import PATIENCE, until, written

from nnabla_influence.autodiff import sweeping
from nnabla_influence.errors import DataError, RunError
from nnabla_influence.evaluation.removal_curve import RemovalCurve
from nnabla_influence.execution import Execution, check_cluster, completed
from nnabla_influence.execution.cluster import SECONDS

distributed = pytest.importorskip("distributed", reason="needs the extra [dask]")

ROOT = Path(__file__).resolve().parents[2]


class Cluster:
    """A scheduler and its workers, each a process.

    Attributes:
        address: The scheduler's.
        workers: The workers' processes.
    """

    def __init__(self, folder):
        self.folder = folder
        self.scheduler = self._start(
            "dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(folder / "scheduler.json")
        )
        self.address = json.loads(written(folder / "scheduler.json"))["address"]
        self.workers = []
        self.started = 0

    def add_worker(self, first_on_path=ROOT, **options):
        """Starts a worker that finds the package in `first_on_path`; options are those of ``dask worker``."""
        extra = [f"--{name.replace('_', '-')}={value}" for name, value in {"nthreads": 1, **options}.items()]
        extra += ["--no-nanny", "--local-directory", str(self.folder / f"worker{self.started}")]
        self.started += 1
        self.workers.append(self._start("dask_worker", self.address, *extra, first_on_path=first_on_path))

    def keep_two_workers(self):
        """Replaces those that a test has killed."""
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        while len(self.workers) < 2:
            self.add_worker()

    def stop_workers(self):
        stop(self.workers)
        self.workers = []

    def stop(self):
        stop([*self.workers, self.scheduler])

    def _start(self, program, *arguments, first_on_path=ROOT):
        path = os.pathsep.join(map(str, (first_on_path, ROOT, ROOT / "tests")))
        with open(self.folder / f"{program}.log", "ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{program}", "--no-dashboard", *arguments],
                env={**os.environ, "PYTHONPATH": path}, cwd=str(self.folder), stdout=log, stderr=log,
            )  # fmt: skip


def stop(processes):
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def shared_cluster(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("scheduler"))
    yield cluster
    cluster.stop()


@pytest.fixture
def scheduler(shared_cluster):
    """A scheduler without workers."""
    shared_cluster.stop_workers()
    yield shared_cluster
    shared_cluster.stop_workers()


@pytest.fixture
def patient(monkeypatch):
    """Beside other work a scheduler may take longer to answer than users would be asked to wait."""
    monkeypatch.setattr("nnabla_influence.execution.cluster.SECONDS", PATIENCE)


@pytest.fixture
def cluster(shared_cluster, patient):
    """A scheduler with two workers."""
    shared_cluster.keep_two_workers()
    eventually(lambda: processes_of(shared_cluster), 2)
    return shared_cluster


def processes_of(cluster):
    """The processes that run jobs."""
    try:
        work = range(6)
        return {process for _, (_, process) in completed(jobs.product, work, Execution(scheduler=cluster.address))}
    except RunError:
        return set()


def eventually(ask, size):
    """What `ask` returns, once there is as much as that."""

    def enough():
        answer = ask()
        return answer if len(answer) >= size else None

    return until(enough, f"{size} of what was asked for")


def test_two_workers_give_the_bits_of_this_process_and_what_they_log(cluster, caplog):
    caplog.set_level(logging.INFO, logger="nnabla_influence")
    where = Execution(scheduler=cluster.address)
    serial = {number: value for number, (value, _) in completed(jobs.product, range(10))}
    found = dict(completed(jobs.product, range(10), where))
    assert {number: value for number, (value, _) in found.items()} == serial
    assert {process for _, process in found.values()} == {worker.pid for worker in cluster.workers}
    assert f"2 workers at {cluster.address}" in caplog.text

    caplog.clear()
    assert dict(completed(jobs.logs, range(3), where)) == {0: 0, 1: 1, 2: 2}
    said = sorted(record.getMessage() for record in caplog.records if "say" in record.getMessage())
    assert said == [f"job {number} has something to say" for number in range(3)]

    with pytest.raises(DataError, match="expected a picture"):
        list(completed(jobs.refuses, range(5), where))


def test_a_killed_worker_is_reported_and_its_jobs_run_elsewhere(cluster, tmp_path, caplog):
    work = [(number, str(tmp_path)) for number in range(10)]
    found = dict(completed(jobs.killed_once, work, Execution(scheduler=cluster.address)))
    assert sorted(worker.poll() is None for worker in cluster.workers) == [False, True], "one was to die"
    assert found == {number: value for number, (value, _) in completed(jobs.product, range(10))}
    assert "is gone; its jobs run again on another worker" in caplog.text


def test_trials_of_run_on_a_cluster_that_loses_a_worker_are_those_of_one_process(cluster, commands, data):
    settings = [*network_and_data(data), "--epochs", 40, "--batch-size", 8, "--trials", 3]
    commands("run", *settings, "--output", "serial.csv")
    process = commands.start("run", *settings, "--output", "cluster.csv", "--scheduler", cluster.address)
    with process:
        note = commands.folder / "cluster.seed0.h5.partial" / "passport.json"
        written(note, process)
        cluster.workers[0].send_signal(signal.SIGKILL)
        out, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors.decode("utf-8")
    assert "is gone; its jobs run again" in errors.decode("utf-8") and "distributed" not in errors.decode("utf-8")
    found = {path.name: digest for path, digest in contents(commands.folder).items() if "decoded" not in str(path)}
    names = ("csv", "seed0.h5", "seed1.h5", "seed2.h5")
    assert {name: found[f"cluster.{name}"] for name in names} == {name: found[f"serial.{name}"] for name in names}
    assert not list(commands.folder.glob("*.partial"))


def test_a_removal_curve_on_a_cluster_that_loses_a_worker_is_that_of_one_process(cluster, commands, data):
    what = ("--trials", 2, "--methods", "spectral", "random", "--remove", 5, 10, 20, "--data-cache", "decoded")
    what += ("--retrain", "scratch", "last-epoch")
    settings = [*network_and_data(data), "--epochs", 20, "--batch-size", 8, *what]
    commands("evaluate", *settings, "--output", "serial.csv")
    process = commands.start("evaluate", *settings, "--output", "cluster.csv", "--scheduler", cluster.address)
    with process:
        written(commands.folder / "cluster.csv", process)  # the first retraining is done
        cluster.workers[1].send_signal(signal.SIGKILL)
        out, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors.decode("utf-8")
    assert "is gone; its jobs run again" in errors.decode("utf-8")
    assert figures(commands.folder / "cluster.csv") == figures(commands.folder / "serial.csv")


def figures(path):
    """Every row without what may differ: the duration."""
    return [str({**vars(row), "seconds": 0}) for row in RemovalCurve.read_csv(path).rows]


def test_a_worker_with_several_threads_is_used_and_mentioned(scheduler, patient, caplog):
    scheduler.add_worker(nthreads=3)
    assert len(eventually(lambda: processes_of(scheduler), 1)) == 1
    assert "--nworkers N --nthreads 1" in caplog.text


def test_workers_with_another_version_or_without_the_package_are_named(scheduler, patient, tmp_path):
    for name, text in (("other", "__version__ = '0.0.1'"), ("none", "raise ModuleNotFoundError('nnabla_influence')")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "nnabla_influence.py").write_text(text, encoding="utf-8")
        scheduler.add_worker(first_on_path=tmp_path / name)
    said = eventually(lambda: complaints(scheduler.address), 2)
    assert sorted(part.split(" has ")[1].split(",")[0].rstrip(".") for part in said) == [
        "nnabla_influence 0.0.1",
        "nnabla_influence missing",
    ]
    assert all("tcp://127.0.0.1:" in part for part in said)


def complaints(address):
    """What is said about each unfit worker."""
    with pytest.raises(RunError) as caught:
        check_cluster(Execution(scheduler=address))
    return str(caught.value).partition(", but ")[2].split("; ")


def test_no_workers_is_said(scheduler, monkeypatch):
    ticks = itertools.count()
    clock = SimpleNamespace(monotonic=lambda: next(ticks), sleep=lambda seconds: None)
    monkeypatch.setattr("nnabla_influence.execution.cluster.time", clock)
    assert_fails(scheduler.address, f"has no workers. Start some on every machine: dask worker {scheduler.address}")


def test_a_scheduler_that_goes_away_is_said(patient, monkeypatch, tmp_path):
    clients = []

    class Client(distributed.Client):
        def __init__(self, *arguments, **options):
            clients.append(self)
            super().__init__(*arguments, **options)

    monkeypatch.setattr(distributed, "Client", Client)
    cluster = Cluster(tmp_path)
    cluster.add_worker()
    try:
        assert eventually(lambda: processes_of(cluster), 1)
        work = [("quick", str(tmp_path)), (0, str(tmp_path))]
        results = completed(jobs.waits, work, Execution(scheduler=cluster.address))
        assert next(results) == (0, "quick")
        clients[-1]._timeout = 0.5  # how long it looks for the scheduler again: connecting needed more patience
        cluster.scheduler.kill()
        with pytest.raises(RunError, match=f"The scheduler at {cluster.address} is gone"):
            list(results)
    finally:
        cluster.stop()


def test_refused_is_said_at_once():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert_fails("tcp://127.0.0.1:{}".format(unused.getsockname()[1]), r"Connection refused|actively refused")


def test_an_unknown_name_is_said_at_once():
    assert_fails(
        "tcp://no-such-machine.invalid:8786", "No Dask scheduler answers at tcp://no-such-machine.invalid:8786"
    )


def test_something_else_that_answers_is_no_scheduler():
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=greet, args=(server,))
        thread.start()
        # Dask of Python 3.8 tries again until its time is over.
        old = sys.version_info < (3, 9)
        assert_fails(address_of(server), "Timed out during handshake" if old else "something else answers there")
        thread.join()


def greet(server):
    """Answers everybody (the test looks twice) like a mail server does."""
    for _ in range(2):
        connection, _ = server.accept()
        # Who leaves without reading resets the connection.
        with connection, contextlib.suppress(ConnectionError):
            connection.sendall(b"220 mail.example.com ESMTP ready, what can I do for you?\r\n")
            connection.recv(1)


def test_a_silent_port_is_one_line(commands, data):
    with socket.create_server(("127.0.0.1", 0)) as server:
        _, errors = commands(
            "run", *network_and_data(data), "--output", "a.csv", "--scheduler", address_of(server), code=1
        )
    assert errors.startswith("error: No Dask scheduler answers at tcp://127.0.0.1:") and errors.count("\n") == 1
    assert f"it was silent for {SECONDS / 2:.1f} s" in errors


def address_of(server):
    return "tcp://127.0.0.1:{}".format(server.getsockname()[1])


def assert_fails(address, match):
    with pytest.raises(RunError, match=match):
        list(completed(jobs.product, range(2), Execution(scheduler=address)))


def test_ten_seconds_are_promised_and_no_wait_is_longer():
    """The README's number; how long it takes beside other work is not measured."""
    assert SECONDS < 10


@pytest.mark.parametrize("method", [("spectral",), ("out-of-fold", "--folds", 4)], ids=lambda method: method[0])
def test_scores_of_a_cluster_that_loses_a_worker_are_those_of_one_process(cluster, finished, commands, data, method):
    what = [
        "--cache",
        finished.folder / "cache 学習.h5",
        *data_of(data),
        "--data-cache",
        "decoded",
        "--method",
        *method,
    ]
    commands("score", *what, "--workers", 1, "--output", "serial.csv")
    process = commands.start("score", *what, "--output", "cluster.csv", "--scheduler", cluster.address)
    with process:
        shared = until(lambda: shared_files(commands.folder), "files for the workers", process)
        cluster.workers[0].send_signal(signal.SIGKILL)
        out, errors = process.communicate(timeout=PATIENCE)
    assert shared and process.returncode == 0, errors.decode("utf-8")
    assert "is gone; its jobs run again" in errors.decode("utf-8") and "distributed" not in errors.decode("utf-8")
    assert (commands.folder / "cluster.csv").read_bytes() == (commands.folder / "serial.csv").read_bytes()
    assert not list(commands.folder.glob("*partial*"))


def shared_files(folder):
    """What a scoring has written for its workers."""
    return list(folder.glob("nnabla_influence-partial-*/*"))


def test_a_scoring_that_is_stopped_leaves_nothing_running_on_the_cluster(cluster, tmp_path):
    place, count = tmp_path / "began", 400
    place.mkdir()
    work = Execution(scheduler=cluster.address)
    with pytest.raises(KeyboardInterrupt), sweeping(work, tmp_path / "shared") as sweep:
        for _ in sweep.items(str(place), questions.notes, range(count)):
            raise KeyboardInterrupt
    assert not list((tmp_path / "shared").iterdir())
    # Who gets a worker now has waited for what ran there.
    assert len(dict(completed(jobs.product, range(4), work))) == 4
    begun = len(list(place.iterdir()))
    assert 0 < begun < count / 2
    assert len(dict(completed(jobs.product, range(4), work))) == 4
    assert len(list(place.iterdir())) == begun
