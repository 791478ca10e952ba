"""Training survives being killed: SIGKILL at ten random moments, resumed each time, and the same bytes at the end."""

import random
import sys
import time

import pytest
from support import prepared

from nnabla_influence.dataset.digits import write_digits
from nnabla_influence.resume import partial_folder

KILLS = 10
# The command `train`, which saves its progress every fifth of a second instead of every few seconds.
PROGRAM = """
import sys
from nnabla_influence.cli.main import main
from nnabla_influence.training import training_progress

training_progress.SECONDS_BETWEEN_SAVES = 0.2
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    folder = tmp_path_factory.mktemp("digits")
    (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
    return write_digits(folder, training=200, validation=50)


def _command(digits, cache):
    training, validation, _ = digits
    return [
        sys.executable,
        training.parent / "program.py",
        "train",
        "--network",
        "builtin:cnn",
        "--train",
        str(training),
        "--validation",
        str(validation),
        "--cache",
        str(cache),
        "--epochs",
        "100",
        "--batch-size",
        "32",
        "--crop",
        "1",
        "--data-cache",
        str(training.parent / "decoded"),
        "--quiet",
    ]


def _saved(cache):
    """When progress was last saved, 0 if never."""
    progress = partial_folder(cache) / "progress.npz"
    return progress.stat().st_mtime_ns if progress.exists() else 0


def test_a_killed_and_resumed_training_ends_with_the_same_bytes(digits, tmp_path):
    undisturbed, killed = tmp_path / "undisturbed.h5", tmp_path / "killed.h5"
    assert prepared.run(_command(digits, undisturbed), tmp_path).returncode == 0
    moments = random.Random(0)
    for kill in range(KILLS):
        process = prepared.start(_command(digits, killed), tmp_path)
        # Some kills fall into the start, the others behind a save.
        if kill % 2:
            before = _saved(killed)
            while _saved(killed) == before and process.poll() is None:
                time.sleep(0.01)
            time.sleep(moments.uniform(0.0, 0.2))
        else:
            time.sleep(moments.uniform(0.0, 0.3))
        process.kill()
        assert process.wait() != 0, f"the training finished before kill {kill + 1}; make it longer"
    assert partial_folder(killed).is_dir(), "no kill fell into the training itself"
    assert prepared.run(_command(digits, killed), tmp_path).returncode == 0
    assert killed.read_bytes() == undisturbed.read_bytes()
    assert not partial_folder(killed).exists()
