"""The commands as a user starts them: another process, another folder, a path with spaces and Japanese characters."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.interruptible import default_interrupt
from support.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture()
def folder(tmp_path):
    folder = tmp_path / "my data 手書き数字"
    (folder / "画像").mkdir(parents=True)
    lines = ["x:image,y:label"] + [f"画像/{i}.png,{i % 4}" for i in range(20)]
    (folder / "学習 train.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def command(folder, *arguments):
    """Run in `folder`, where the package is no neighbour; a file opened in the locale's encoding is an error."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    # What the oldest scikit-learn imports of SciPy is nobody's fault here.
    warnings = ("-W", "error", "-W", "ignore::DeprecationWarning:sklearn.utils.multiclass")
    return subprocess.run(
        [sys.executable, "-X", "warn_default_encoding", *warnings, "-m", "nnabla_influence", *map(str, arguments)],
        cwd=str(folder), env=environment, encoding="utf-8", capture_output=True, check=False,
    )  # fmt: skip


def test_noise_then_compare(folder):
    done = command(
        folder, "noise", "--train", "学習 train.csv", "--rate", ".25", "--output", "出力 out/noisy.csv",
        "--truth", "truth.csv",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    noisy = (folder / "出力 out" / "noisy.csv").read_text(encoding="utf-8")
    assert "../画像/0.png" in noisy

    influence = folder / "影響.csv"
    influence.write_text("influence,datasource_index\n" + "".join(f"{i - 7},{i}\n" for i in range(20)))
    done = command(folder, "compare", "影響.csv", influence, "--truth", "truth.csv", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads(done.stdout)
    assert result["agreement"][0]["spearman"] == pytest.approx(1) and result["mislabel"][0]["flips"] == 5
    assert result["mislabel"][0]["file"] == "影響.csv"
    done = command(folder, "compare", "影響.csv", "影響.csv")
    assert (done.returncode, done.stderr) == (0, "") and "1.0000" in done.stdout


def test_wrong_request_is_one_line_and_code_2(folder):
    done = command(folder, "compare", "無い.csv")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1 and "Traceback" not in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_full_disk_is_one_line_and_code_1(folder):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "nnabla_influence", "noise", "--train", "学習 train.csv", "--rate", "0",
             "--output", "a.csv", "--truth", "t.csv"],
            cwd=str(folder), env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=full, stderr=subprocess.PIPE,
            encoding="utf-8", check=False,
        )  # fmt: skip
    assert done.returncode == 1 and done.stderr.startswith("error: No space left on device")
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to another process on Windows")
def test_ctrl_c_exits_130(folder):
    code = (
        "import argparse, sys, time; from nnabla_influence.cli.main import _run\n"
        "def wait(args, console):\n    print('ready', flush=True)\n    while True: time.sleep(0.1)\n"
        "sys.exit(_run(wait, argparse.Namespace()))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=str(folder), env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", preexec_fn=default_interrupt,
    )  # fmt: skip
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (130, "interrupted\n")


def test_a_reader_that_leaves_is_no_traceback(folder):
    code = (
        "import argparse, sys; from nnabla_influence.cli import console, main\n"
        "def talk(args, _):\n    sys.stdin.read()\n    console.Console().result('x' * 10 ** 6)\n    return 0\n"
        "sys.exit(main._run(talk, argparse.Namespace()))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT)}, encoding="utf-8",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    process.stdout.close()
    process.stdin.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert (process.wait(timeout=PATIENCE), errors) == (1, "")
