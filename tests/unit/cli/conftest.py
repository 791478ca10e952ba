"""Small data, a training and its scores, made once by the commands themselves in this process."""

import numpy as np
import pytest

from nnabla_influence.cli.main import main

TRAINING = ("--epochs", "2", "--batch-size", "8", "--learning-rate", "0.1")


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A folder with ``training.csv`` (24 rows), ``validation.csv`` (12), ``c.h5`` and ``influence.csv``."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NNABLA_INFLUENCE_DATA_CACHE", str(folder / "decoded"))
        random = np.random.RandomState(0)
        for name, rows in (("training.csv", 24), ("validation.csv", 12)):
            x = random.normal(size=(rows, 3)) + 2 * np.eye(3)[np.arange(rows) % 3]  # something can be learnt
            lines = ["x__0,x__1,x__2,y:label"]
            lines += [",".join(f"{value:.4f}" for value in row) + f",{number % 3}" for number, row in enumerate(x)]
            (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        data = ("--train", str(folder / "training.csv"), "--validation", str(folder / "validation.csv"))
        cache = str(folder / "c.h5")
        assert main(["train", "--network", "builtin:mlp", *data, *TRAINING, "--cache", cache, "--quiet"]) == 0
        assert main(["score", "--cache", cache, *data, "--output", str(folder / "influence.csv"), "--quiet"]) == 0
    return folder


@pytest.fixture
def command(made, tmp_path, monkeypatch, capsys):
    """``command(*arguments)``: run a command in an empty folder; returns (exit code, stdout, stderr).

    ``DATA``, ``NETWORK``, ``CACHE`` and ``INFLUENCE`` stand for what `made` holds.
    """
    monkeypatch.setenv("NNABLA_INFLUENCE_DATA_CACHE", str(made / "decoded"))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    data = ("--train", str(made / "training.csv"), "--validation", str(made / "validation.csv"))
    words = {
        "DATA": data,
        "NETWORK": ("--network", "builtin:mlp", *data, *TRAINING),
        "CACHE": ("--cache", str(made / "c.h5"), *data),
        "INFLUENCE": ("--influence", str(made / "influence.csv")),
    }

    def run(*arguments):
        capsys.readouterr()
        code = main([str(word) for argument in arguments for word in words.get(argument, (argument,))])
        return (code, *capsys.readouterr())

    run.folder = work
    return run
