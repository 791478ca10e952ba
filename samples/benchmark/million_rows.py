"""A table of a million rows through every command: seconds and peak memory of each.

    python samples/benchmark/million_rows.py --output work/million

makes 1,000,000 x 20 numbers (19 inputs, a class; about 176 MB) and a validation set of 10,000 rows, imports them,
trains `builtin:mlp` for one epoch, scores, cleanses, retrains, looks and reports, each command in a process of its own.
Data is decoded into a data cache inside the output folder: `train` reads the table for the first time, the others for
the second. The commands that train many times are measured with few trainings: they hold one at a time.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

INPUTS = 19
CLASSES = 3
BLOCK = 50_000
HEADER = ",".join([f"x__{number}" for number in range(INPUTS)] + ["y:label"])
FORMATS = ["%.6g"] * INPUTS + ["%d"]


def write_table(path, rows, seed):
    """Write rows of normal numbers and the class that a linear rule gives them."""
    random = np.random.default_rng(seed)
    rule = np.random.default_rng(0).normal(size=(INPUTS, CLASSES))
    with path.open("w", encoding="utf-8") as stream:
        stream.write(HEADER + "\n")
        for start in range(0, rows, BLOCK):
            x = random.normal(size=(min(BLOCK, rows - start), INPUTS))
            np.savetxt(stream, np.c_[x, (x @ rule).argmax(axis=1)], fmt=FORMATS, delimiter=",")


def measured(command, folder):
    """Run a command; seconds, peak memory in MB (of the command and its children), and what it printed."""
    environment = {**os.environ, "NNABLA_INFLUENCE_DATA_CACHE": str(folder / "data_cache")}
    started = time.perf_counter()
    line = [sys.executable, "-m", "nnabla_influence", *map(str, command)]
    with (folder / "log.txt").open("a", encoding="utf-8") as log:
        process = subprocess.Popen(line, env=environment, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"error: {' '.join(line)} failed; see {folder / 'log.txt'}")
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def commands(folder):
    """The commands by name."""
    training, validation = folder / "training.csv", folder / "validation.csv"
    cache, influence = folder / "cache.h5", folder / "influence.csv"
    data = ("--train", training, "--validation", validation)
    project = ("--network", "builtin:mlp", "--epochs", 1, *data)
    score = ("score", "--cache", cache, *data, "--output", influence, "--overwrite")
    cleanse = ("cleanse", "--influence", influence, "--remove", "1%", "--output", folder / "clean.csv")
    return {
        "import": ("import", training, "--label", "y:label", "--output", folder / "imported", "--overwrite"),
        "train, 1 epoch": ("train", *project, "--cache", cache, "--overwrite"),
        "score, loss": (*score, "--method", "loss"),
        "score, spectral": score,
        "cleanse": (*cleanse, "--removed", folder / "removed.csv", "--overwrite"),
        "retrain, 1 seed": (
            *("retrain", *project, "--cleansed", folder / "clean.csv", "--trials", 1),
            *("--output", folder / "retrained.csv", "--overwrite"),
        ),
        "run, 2 seeds": ("run", *project, "--trials", 2, "--output", folder / "run.csv", "--overwrite"),
        "evaluate, 4 trainings": (
            *("evaluate", *project, "--methods", "loss", "random", "--remove", "1%", "--trials", 1),
            *("--output", folder / "curve.csv", "--overwrite"),
        ),
        "cleanse, auto, 2 orders": (
            *("cleanse", "--remove", "auto", "--orders", 2, "--cache", cache, *data, "--method", "loss"),
            *("--output", folder / "auto.csv", "--removed", folder / "auto_removed.csv", "--overwrite"),
        ),
        "compare": ("compare", influence, influence),
        "info": ("info", influence),
        "noise": (
            *("noise", "--train", training, "--rate", 0.1),
            *("--output", folder / "noisy.csv", "--truth", folder / "truth.csv", "--overwrite"),
        ),
        "report": ("report", "--influence", influence, "--output", folder / "report.html", "--overwrite"),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", required=True, type=Path, help="folder to write to")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the table (default: %(default)s)")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="some of the commands; those before must have run")
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    for name, rows, seed in (("training", args.rows, 1), ("validation", max(100, args.rows // 100), 2)):
        if not (args.output / f"{name}.csv").exists():
            write_table(args.output / f"{name}.csv", rows, seed)
    print("| command | seconds | peak memory, MB |\n|---|---|---|", flush=True)
    for name, command in commands(args.output).items():
        if not args.only or name in args.only:
            seconds, peak = measured(command, args.output)
            print(f"| {name} | {seconds:.1f} | {peak:.0f} |", flush=True)


if __name__ == "__main__":
    main()
