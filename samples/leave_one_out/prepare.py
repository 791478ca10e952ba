"""Draws small data sets from UCI Adult or from MNIST, as Neural Network Console CSVs.

    python samples/leave_one_out/prepare.py adult --data adult.data adult.test --output work/adult
    python samples/leave_one_out/prepare.py mnist --data mnist.zip --output work/mnist

Each seed draws other rows and gets its own folder (work/adult/00 and so on) with training.csv, validation.csv and
test.csv. Columns are x__0, x__1, ... and y (0 or 1), every x standardised by the mean and the standard deviation of
that folder's *training rows*; an x that is constant there is only shifted.

adult: is the income above 50,000 dollars a year? A category becomes one column of zeros and ones, "?" counts as a
category, categories of less than 1 % of the rows are one category "rare", and fnlwgt is taken as a logarithm.
mnist: is the digit a 7 (1) or a 1 (0)? Pixels of MNIST's training part; the files are those of samples/mnist.
"""

import argparse
import csv
import runpy
from pathlib import Path

import numpy as np

NUMBERS = {0: "age", 2: "fnlwgt", 4: "education-num", 10: "capital-gain", 11: "capital-loss", 12: "hours-per-week"}
CATEGORIES = {
    1: "workclass",
    3: "education",
    5: "marital-status",
    6: "occupation",
    7: "relationship",
    8: "race",
    9: "sex",
    13: "native-country",
}
CELLS = 15  # the last one is the income
RARE = 0.01


def adult(paths):
    """Features (N, D), labels (N,) and feature names of the Adult files."""
    rows = [row for path in paths for row in adult_rows(path)]
    columns = [np.array(column) for column in zip(*rows)]
    features, names = [], []
    for position, name in NUMBERS.items():
        values = columns[position].astype(float)
        features.append(np.log1p(values) if name == "fnlwgt" else values)
        names.append(name)
    for position, name in CATEGORIES.items():
        values, index, counts = np.unique(columns[position], return_inverse=True, return_counts=True)
        cells = np.where(counts < RARE * len(rows), "rare", values)[index]
        for value in np.unique(cells):
            features.append((cells == value).astype(float))
            names.append(f"{name}={value}")
    labels = np.char.startswith(columns[-1], ">50K").astype(int)  # the test file ends its labels with a full stop
    return np.stack(features, axis=1), labels, names


def adult_rows(path):
    with open(path, encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.reader(stream, skipinitialspace=True) if len(row) == CELLS]
    if not rows:
        raise SystemExit(f"error: '{path}' has no rows of {CELLS} cells; expected UCI's adult.data or adult.test")
    return rows


def mnist(paths):
    """Pixels (N, 784), labels (N,) and feature names of MNIST's ones and sevens."""
    reader = runpy.run_path(str(Path(__file__).resolve().parents[1] / "mnist" / "prepare.py"))
    images, digits = reader["load"](reader["Source"](paths[0]), "train")
    chosen = np.isin(digits, (1, 7))
    pixels = images[chosen].reshape(chosen.sum(), -1)
    return pixels, (digits[chosen] == 7).astype(int), [""] * pixels.shape[1]


def write_draw(folder, pool, sizes, seed):
    """The data sets of one seed; `sizes` are the rows of training, validation and test."""
    features, labels, names = pool
    if sum(sizes) > len(labels):
        raise SystemExit(f"error: {sum(sizes)} rows asked for, the data has {len(labels)}")
    order = np.random.default_rng(seed).permutation(len(labels))
    parts = np.split(order[: sum(sizes)], np.cumsum(sizes)[:-1])
    shift, scale = features[parts[0]].mean(axis=0), features[parts[0]].std(axis=0)
    folder.mkdir(parents=True, exist_ok=True)
    header = [f"x__{i}:{name}" if name else f"x__{i}" for i, name in enumerate(names)] + ["y:label"]
    for name, rows in zip(("training", "validation", "test"), parts):
        values = (features[rows] - shift) / np.where(scale > 0, scale, 1)
        with open(folder / f"{name}.csv", "w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(header)
            writer.writerows([f"{value:.6g}" for value in x] + [y] for x, y in zip(values, labels[rows]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=("adult", "mnist"))
    parser.add_argument("--data", required=True, nargs="+", type=Path, help="Adult's text files; MNIST's folder or zip")
    parser.add_argument("--output", required=True, type=Path, help="folder to write to")
    parser.add_argument("--seeds", type=int, default=20, help="number of draws")
    parser.add_argument("--samples", type=int, default=200, help="rows of each of training, validation and test")
    args = parser.parse_args()
    pool = {"adult": adult, "mnist": mnist}[args.kind](args.data)
    for seed in range(args.seeds):
        write_draw(args.output / f"{seed:02d}", pool, [args.samples] * 3, seed)
    print(f"{args.output}: {args.seeds} draws of 3 x {args.samples} rows, {pool[0].shape[1]} features")


if __name__ == "__main__":
    main()
