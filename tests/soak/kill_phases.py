"""What is killed: every long phase of every command and every plugin, as small as it may be.

`prepare` makes what they read, once; each phase is a line to type in a folder of its own.
"""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from typing import Tuple

from soak.forked import ROOT

METHODS = (
    "spectral", "last-epoch", "sgd-influence", "influence-function", "tracin", "self-influence", "loss", "margin",
    "out-of-fold", "knn-shapley", "random",
)  # fmt: skip
DATA = ("--train", "../inputs/training.csv", "--validation", "../inputs/validation.csv")
SETTINGS = ("--epochs", "4", "--batch-size", "8", "--learning-rate", "0.05")
PROJECT = ("--network", "builtin:mlp", *DATA, *SETTINGS)
SCORE = ("score", "--cache", "../inputs/cache.h5", *DATA, "--output", "i.csv")
FEW = ("--trials", "2", "--remove", "4", "8", "--methods", "loss", "random")

PREPARE = """
import sys
from pathlib import Path
from nnabla_influence.cli.main import main
from nnabla_influence.dataset.digits import load_digits, write_digits
from nnabla_influence.nnc.installer.bundle import windows_bundle
from nnabla_influence.nnc.installer.installation import Installation
from support.nnc_project import make_project, train_with_nnabla
from PIL import Image

folder, needed = Path(sys.argv[1]), sys.argv[2]
write_digits(folder, training=60, validation=40)
for number, (image, label) in enumerate(zip(*load_digits())):
    if number < 60:
        place = folder / "photos" / f"class {label}"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.astype("uint8")).save(str(place / f"{number}.png"))
lines = [f"{i % 7},{i * i % 11},{'yes' if i % 3 else 'no'}" for i in range(400)]
(folder / "table.csv").write_text("left,right,label\\n" + "\\n".join(lines) + "\\n", encoding="utf-8")
data = ["--train", str(folder / "training.csv"), "--validation", str(folder / "validation.csv")]
settings = ["--network", "builtin:mlp", *data, "--epochs", "4", "--batch-size", "8", "--learning-rate", "0.05"]
cache = str(folder / "cache.h5")
main(["train", *settings, "--policy", "every-step", "--record-margins", "--cache", cache, "--quiet"])
main(["score", "--cache", cache, *data, "--output", str(folder / "influence.csv"), "--quiet"])
main(["cleanse", "--influence", str(folder / "influence.csv"), "--remove", "5", "--output", str(folder / "clean.csv"),
      "--removed", str(folder / "removed.csv"), "--quiet"])
if "curve.csv" in needed: main(["evaluate", *settings, "--trials", "2", "--remove", "4", "--methods", "loss", "random",
      "--output", str(folder / "curve.csv"), "--quiet"])
if "project" in needed: train_with_nnabla(make_project(folder / "project", "affine"))
Installation(folder / "nnc").install(windows_bundle())
"""


@dataclass(frozen=True)
class Phase:
    """A line that takes long enough to be killed.

    Args:
        name: What it is called.
        words: ``-m nnabla_influence`` and so on, or a script and so on.
        copies: A folder of the inputs that is copied into the working folder first.
        overwrite: What is added to replace what a killed run has already written.
    """

    name: str
    words: Tuple[str, ...]
    copies: str = ""
    overwrite: Tuple[str, ...] = ("--overwrite",)


def phases(scheduler):
    """Return every phase; those on Dask only where there is a scheduler's address."""
    return [*_commands(), *_plugins(), *(_on_dask(scheduler) if scheduler else ())]


def _commands():
    yield _phase("train", "train", *PROJECT, "--policy", "last-epoch", "--cache", "c.h5")
    yield _phase("train, every step", "train", *PROJECT, "--policy", "every-step", "--cache", "c.h5")
    yield _phase("train, continued file", "train", "--network", "../inputs/project/results.nnp", "--cache", "c.h5")
    yield _phase("decode", "train", "--network", "builtin:mlp", *DATA, "--epochs", "1", "--cache", "c.h5")
    for method in METHODS:
        line = ("score", "--cache", "../inputs/cache.h5", *DATA, "--method", method, "--output", "i.csv")
        yield _phase(f"score, {method}", *line, "--suspects", "suspects.csv")
    yield _phase("score, 2 workers", *SCORE, "--workers", "2")
    yield _phase("run", "run", *PROJECT, "--trials", "2", "--output", "i.csv")
    yield _phase("run, 2 workers", "run", *PROJECT, "--trials", "2", "--workers", "2", "--output", "i.csv")
    yield _phase("evaluate", "evaluate", *PROJECT, *FEW, "--output", "curve.csv")
    yield _phase("evaluate, from scratch", "evaluate", *PROJECT, *FEW, "--retrain", "scratch", "--output", "curve.csv")
    yield _phase("evaluate, 2 workers", "evaluate", *PROJECT, *FEW, "--workers", "2", "--output", "curve.csv")
    automatic = ("cleanse", "--remove", "auto", "--cache", "../inputs/cache.h5", *DATA, "--retrain", "last-epoch")
    outputs = ("--output", "clean.csv", "--removed", "removed.csv")
    yield _phase("cleanse, auto", *automatic, "--confirm", "last-epoch", *outputs)
    chosen = ("cleanse", "--influence", "../inputs/influence.csv", "--remove", "5")
    yield _phase("cleanse", *chosen, *outputs)
    retrain = ("retrain", *PROJECT, "--cleansed", "../inputs/clean.csv")
    yield _phase("retrain", *retrain, "--trials", "2", "--output", "r.csv")
    yield _phase(
        "noise", "noise", "--train", "../inputs/training.csv", "--rate", ".2", "--output", "n.csv", "--truth", "t.csv"
    )
    yield _phase("import, pictures", "import", "../inputs/photos", "--colours", "rgb", "--output", "data")
    yield _phase("import, table", "import", "../inputs/table.csv", "--output", "data")
    report = ("report", "--influence", "../inputs/influence.csv", "--curve", "../inputs/curve.csv")
    yield _phase("report", *report, "--output", "r.html")
    yield Phase("install, NNC Windows", _line("plugins", "install", "--nnc", "nnc"), "installation", ())
    yield Phase("install, NNC Desktop", _line("plugins", "install", "--desktop"), "home of desktop", ())


def _plugins():
    from nnabla_influence.nnc.host.manifest import PLUGINS

    scripts = {plugin.name: f"../inputs/nnc/{plugin.script}" for plugin in PLUGINS}
    fields = {
        "train_with_influence_cache": ("-c", "net.nntxt", "-o", "."),
        "influence": (),
        "remove_harmful_samples": ("-i", "../inputs/influence.csv"),
        "removal_curve": ("--counts", "1,4", "--trials", "2"),
        "influence_report": ("-i", "../inputs/influence.csv"),
        "why_this_row": ("--row", "3", "--samples", "3"),
    }
    del scripts["why_this_result"]  # asks about a picture, which this project has none of, and then does the same
    for name, script in scripts.items():
        yield Phase(f"plugin {name}", (script, *fields[name]), "project", ())


def _on_dask(scheduler):
    where = ("--scheduler", scheduler)
    yield _phase("run, Dask", "run", *PROJECT, "--trials", "2", *where, "--output", "i.csv")
    yield _phase("score, Dask", *SCORE, *where)
    yield _phase("evaluate, Dask", "evaluate", *PROJECT, *FEW, *where, "--output", "curve.csv")


def _phase(name, *words):
    return Phase(name, _line(*words))


def _line(*words):
    return ("-m", "nnabla_influence", *words)


def prepare(folder, chosen):
    """Make what some phases read."""
    needed = " ".join(word for phase in chosen for word in (*phase.words, phase.copies))
    folder.mkdir(parents=True)
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    environment["NNABLA_INFLUENCE_DATA_CACHE"] = str(folder / "decoded")
    subprocess.run(
        [sys.executable, "-c", PREPARE, str(folder), needed],
        check=True,
        env=environment,
        cwd=str(folder),
        stdout=subprocess.DEVNULL,
    )
    _nnc(folder / "installation" / "nnc")
    database = folder / "home of desktop" / "home" / "nncd_bucket" / "db" / "nncd.db"
    from support.nnc_desktop import make_database

    make_database(database)


def _nnc(folder):
    """NNC Windows as far as an installation is concerned."""
    python = folder / "libs" / "Miniconda3" / "bin" / "python3"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -E "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    (folder / "libs" / "plugins").mkdir()


def working_folder(base, phase):
    """Make the folder that a phase works in; it has the same path each time."""
    folder = base / "work"
    shutil.rmtree(str(folder), ignore_errors=True)
    if phase.copies:
        shutil.copytree(str(base / "inputs" / phase.copies), str(folder))
    for name in ("home", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return folder


def contents_of_database(path):
    """Return what a database says, but for when it was written: its pages may lie in any order."""
    connection = sqlite3.connect(str(path))
    try:
        return re.sub(r"'\d{4}-\d\d-\d\d [\d:.]+'", "'time'", "\n".join(connection.iterdump())).encode("utf-8")
    finally:
        connection.close()
