"""Trials of `run` in local processes: the bytes of one process, also after Ctrl-C."""

import os
import signal

import pytest
from integration.conftest import contents, network_and_data
from support.waiting import PATIENCE, exists

NAMES = ("csv", "seed0.h5", "seed1.h5")


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to another process on Windows")
def test_trials_in_processes_give_the_same_files_and_go_on_after_ctrl_c(commands, data):
    settings = ["run", *network_and_data(data), "--epochs", 60, "--batch-size", 8, "--trials", 2]
    commands(*settings, "--output", "serial.csv")
    parallel = [*settings, "--output", "parallel.csv", "--workers", 2]

    with commands.start(*parallel) as process:
        for seed in range(2):
            exists(commands.folder / f"parallel.seed{seed}.h5.partial" / "passport.json", process)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE)
    last = errors.decode("utf-8").splitlines()[-1]
    assert process.returncode == 130 and "Traceback" not in errors.decode("utf-8")
    assert last.startswith("interrupted: the trials' progress lies beside") and "The same command goes on" in last
    assert not (commands.folder / "parallel.csv").exists()

    out, errors = commands(*parallel)
    assert "trials: 2/2 trials" in errors and "training cache: parallel.seed1.h5" in out
    found = {path.name: digest for path, digest in contents(commands.folder).items()}
    assert {name: found[f"parallel.{name}"] for name in NAMES} == {name: found[f"serial.{name}"] for name in NAMES}
    assert not list(commands.folder.glob("*.partial"))


def test_an_error_in_a_trial_is_one_line_with_its_own_exit_code(commands, data):
    (commands.folder / "a.seed1.h5").write_text("somebody's file", encoding="utf-8")
    _, errors = commands(
        "run", *network_and_data(data), "--trials", 2, "--output", "a.csv", "--workers", 2, code=2
    )  # fmt: skip
    assert errors.splitlines()[-1].startswith("error: 'a.seed1.h5' is not a training cache")
