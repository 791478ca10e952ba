"""Real commands in a process of their own: another working folder, paths with spaces and Japanese characters."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import prepared
from support.nnc_clicks import Clicks, result_folder
from support.nnc_project import Project

from nnabla_influence.dataset.csv import Table
from nnabla_influence.dataset.digits import write_digits

ROOT = Path(__file__).resolve().parents[2]

REPEATED = ("score", "cleanse", "noise", "report")
SETTINGS = ("--epochs", 3, "--batch-size", 32, "--learning-rate", 0.05)


class Commands:
    """Runs ``python -m nnabla_influence`` in a working folder that holds neither package nor data.

    Attributes:
        folder: The working folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONIOENCODING": "utf-8",
            "NNABLA_INFLUENCE_DATA_CACHE": str(folder / "decoded データ"),
        }

    def __call__(self, *arguments, code=0, **environment):
        """Run a command to its end; its exit code must be `code`. Returns what it printed: (stdout, stderr).

        What earlier tests wrote may be replaced; that nothing is by itself, `tests/unit/cli/test_overwriting.py` shows.
        """
        again = code == 0 and arguments[0] in REPEATED and not {"auto", "--overwrite", "--discard"} & {*arguments}
        line = self.line((*arguments, "--overwrite") if again else arguments)
        place = {"cwd": str(self.folder), "env": {**self.environment, **environment}}
        done = prepared.run(line, **place) if not environment else subprocess.run(line, capture_output=True, **place)
        out, errors = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
        assert done.returncode == code, f"exit code {done.returncode}:\n{out}{errors}"
        assert "Traceback" not in errors
        return out, errors

    def start(self, *arguments):
        """Start a command and return its process."""
        return prepared.start(self.line(arguments), self.folder, self.environment)

    @staticmethod
    def line(arguments):
        return [sys.executable, "-m", "nnabla_influence", *map(str, arguments)]


@pytest.fixture
def commands(tmp_path):
    return Commands(tmp_path / "作業 folder")


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """Digits as a data set: ``training.csv`` (96 rows) and ``validation.csv`` (40) in a folder nobody may change."""
    folder = tmp_path_factory.mktemp("data") / "my data 手書き数字"
    write_digits(folder, training=96, validation=40)
    before = contents(folder)
    yield folder
    assert contents(folder) == before, "a command changed somebody's data set"


@pytest.fixture(scope="session")
def finished(data, tmp_path_factory):
    """Commands that have trained ``cache 学習.h5`` and written ``influence.csv`` into their working folder."""
    commands = Commands(tmp_path_factory.mktemp("finished") / "作業 folder")
    commands.said = commands("train", *network_and_data(data), *SETTINGS, "--cache", "cache 学習.h5")
    commands("score", "--cache", "cache 学習.h5", *data_of(data), "--output", "出力/influence.csv")
    return commands


@pytest.fixture(scope="session")
def clicks(tmp_path_factory):
    """Both products of NNC with our plugins in them."""
    return Clicks(tmp_path_factory.mktemp("nnc"))


@pytest.fixture(scope="session")
def scored_project(trained_project, clicks, tmp_path_factory):
    """``scored_project(kind)``: a trained project with an ``influence.csv``; copy it before you write into it."""
    made = {}

    def make(kind):
        if kind not in made:
            project = trained_project(kind)
            made[kind] = Project(result_folder(project, tmp_path_factory.mktemp(kind) / "結果 result"))
            click = clicks.windows("influence", made[kind].folder)
            assert click.code == 0, click.said
        return made[kind]

    return make


def data_of(folder):
    return "--train", folder / "training.csv", "--validation", folder / "validation.csv"


def network_and_data(folder, network="builtin:mlp"):
    return ("--network", network, *data_of(folder))


def contents(folder):
    """Every file below a folder and its hash."""
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*")) if path.is_file()}


def scores_of(path):
    """Scores by training row, from an influence CSV."""
    table = Table.read(path)
    influence, index = (table.variables[name][0].position for name in ("influence", "datasource_index"))
    return {int(row[index]): float(row[influence]) for row in table.rows}
