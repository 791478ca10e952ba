"""`score` in several processes: the bytes of one process, also after Ctrl-C and beside a worker that is killed."""

import os
import signal
from pathlib import Path

import pytest
from integration.conftest import contents, data_of
from support.waiting import PATIENCE, running, until

METHODS = [("spectral",), ("self-influence",), ("loss",), ("knn-shapley",), ("influence-function", "--iterations", 3)]


@pytest.fixture
def scoring(finished, data, commands):
    """``scoring(...)``: a scoring of a finished training, whose temporary files lie in `commands.folder`/tmp."""
    (commands.folder / "tmp").mkdir()
    commands.environment.update(TMPDIR=str(commands.folder / "tmp"))

    def line(*arguments):
        return ["score", "--cache", finished.folder / "cache 学習.h5", *data_of(data), *arguments]

    return line


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method[0])
def test_two_workers_write_the_bytes_of_one(scoring, commands, method):
    for workers in (1, 2):
        commands(*scoring("--method", *method, "--workers", workers, "--output", f"{workers}.csv"))
    assert (commands.folder / "1.csv").read_bytes() == (commands.folder / "2.csv").read_bytes()
    assert not list((commands.folder / "tmp").iterdir())


def long_scoring(scoring, output):
    """Trainings out of fold, of which several are under way at a time."""
    return scoring("--method", "out-of-fold", "--folds", 12, "--workers", 2, "--output", output)


def workers_of(process):
    """The processes that compute for one, but for the one that tidies up behind them."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and running(int(folder.name)):
            parent = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1]
            command = (folder / "cmdline").read_bytes()
            if int(parent) == process.pid and b"spawn_main" in command:
                found.append(int(folder.name))
    return found


def begun(commands, output, process):
    """Wait until the first fold is done and others are under way."""
    until(lambda: list((commands.folder / f"{output}.partial").glob("fold-*.npz")), "a fold", process)


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to another process on Windows")
def test_ctrl_c_stops_the_workers_and_the_same_command_goes_on(scoring, commands):
    commands(*scoring("--method", "out-of-fold", "--folds", 12, "--workers", 1, "--output", "serial.csv"))
    with commands.start(*long_scoring(scoring, "parallel.csv")) as process:
        begun(commands, "parallel.csv", process)
        workers = workers_of(process)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE)
    said = errors.decode("utf-8")
    assert process.returncode == 130 and "Traceback" not in said
    assert said.splitlines()[-1].startswith("interrupted: the scoring's progress is in")
    assert len(workers) == 1, "the asking process is the other one"
    for worker in workers:
        until(lambda: not running(worker), f"the end of worker {worker}")  # noqa: B023 - asked at once
    assert not (commands.folder / "parallel.csv").exists() and not list((commands.folder / "tmp").iterdir())

    commands(*long_scoring(scoring, "parallel.csv"))
    found = {path.name: digest for path, digest in contents(commands.folder).items()}
    assert found["parallel.csv"] == found["serial.csv"] and not list(commands.folder.glob("*.partial"))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the workers in /proc")
def test_a_killed_worker_is_replaced_and_changes_nothing(scoring, commands):
    commands(*scoring("--method", "out-of-fold", "--folds", 12, "--workers", 1, "--output", "serial.csv"))
    with commands.start(*long_scoring(scoring, "parallel.csv")) as process:
        begun(commands, "parallel.csv", process)
        os.kill(workers_of(process)[0], signal.SIGKILL)
        _, errors = process.communicate(timeout=PATIENCE)
    said = errors.decode("utf-8")
    assert process.returncode == 0 and "Traceback" not in said
    assert "a worker process died; running again what it did" in said
    assert (commands.folder / "parallel.csv").read_bytes() == (commands.folder / "serial.csv").read_bytes()


def test_an_error_in_a_worker_is_one_sentence_with_exit_code_1(trained_project, commands):
    project = trained_project("affine")
    _, errors = commands(
        "score", "--network", project.nnp, "--method", "out-of-fold", "--folds", 3, "--learning-rate", 1e30,
        "--workers", 2, "--output", "a.csv", code=1,
    )  # fmt: skip
    last = errors.splitlines()[-1]
    assert last.startswith("error: The training of") and "diverged in epoch 1" in last and "Traceback" not in errors
    assert not (commands.folder / "a.csv").exists()
