"""Writes UCI Adult (does somebody earn more than 50,000 dollars a year?) as Neural Network Console data sets.

    python samples/tabular/prepare.py --data adult.data adult.test --output adult_work --training 5000

The files are those of https://archive.ics.uci.edu/dataset/2/adult. Columns are x__0, x__1, ... and y (0 or 1), every x
standardised by the training rows; `samples/leave_one_out/prepare.py` says how categories become numbers. Training and
validation rows are drawn from the first file by --seed; test rows are all of the second.
"""

import argparse
import csv
import runpy
from pathlib import Path

import numpy as np

ADULT = runpy.run_path(str(Path(__file__).resolve().parents[1] / "leave_one_out" / "prepare.py"))


def write(path, names, x, y):
    header = [f"x__{k}:{name}" for k, name in enumerate(names)] + ["y:label"]
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([*(f"{value:.6g}" for value in row), int(label)] for row, label in zip(x, y))
    print(f"{path}: {len(y)} rows, {y.mean():.1%} earn more")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, type=Path, nargs=2, metavar=("ADULT.DATA", "ADULT.TEST"))
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--training", type=int, default=5000)
    parser.add_argument("--validation", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    x, y, names = ADULT["adult"](args.data)
    first = len(ADULT["adult_rows"](args.data[0]))
    drawn = np.random.default_rng(args.seed).permutation(first)[: args.training + args.validation]
    training, validation, test = drawn[: args.training], drawn[args.training :], np.arange(first, len(y))
    mean, spread = x[training].mean(axis=0), x[training].std(axis=0)
    x = (x - mean) / np.where(spread > 0, spread, 1)
    for name, rows in (("training", training), ("validation", validation), ("test", test)):
        write(args.output / f"{name}.csv", names, x[rows], y[rows])


if __name__ == "__main__":
    main()
