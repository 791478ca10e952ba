"""Does removing the lowest-scored samples help? Digits, clean and with flips, every method beside random removal.

    python samples/digits/removal.py --output removal.csv --seeds 5

For each seed and noise rate: draw data (800 training, 250 validation for the scores, 250 validation for choosing, the
rest test), train, score by every method, remove the n most harmful for several n, train again from the same start, and
measure. The number n (zero included) is chosen by the loss on the second validation part; the test accuracy reported
for a method is the one at its chosen n. Retraining is from scratch, with the seeds of the first training.
"""

import argparse
import itertools
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.config import SolverConfig, TrainingConfig
from nnabla_influence.dataset.arrays import Dataset
from nnabla_influence.dataset.batches import consecutive_batches
from nnabla_influence.dataset.digits import load_digits
from nnabla_influence.dataset.noise import flip_labels
from nnabla_influence.estimators import (
    InfluenceFunction,
    LastEpochInfluence,
    LossBaseline,
    MarginBaseline,
    RandomBaseline,
    SpectralInfluence,
)
from nnabla_influence.network import Network
from nnabla_influence.training import train

METHODS = {
    "spectral": lambda seed: SpectralInfluence(at="final"),
    "spectral, averaged": lambda seed: SpectralInfluence(at="average"),
    "influence-function": lambda seed: InfluenceFunction(at="final"),
    "last-epoch": lambda seed: LastEpochInfluence(),
    "margin": lambda seed: MarginBaseline(),
    "loss": lambda seed: LossBaseline(),
    "random": lambda seed: RandomBaseline(seed),
}


def draw(seed, rate):
    """Training (with flips), scoring, choosing and test data as arrays."""
    images, labels = load_digits()
    order = np.random.default_rng(seed).permutation(len(labels))
    x, y = images[order, None] / 255.0, labels[order]
    parts = np.split(np.arange(len(y)), [800, 1050, 1300])
    y = y.copy()
    if rate:
        y[parts[0]] = flip_labels(y[parts[0]], rate, "symmetric", seed, classes=10).noisy
    return [(x[rows], y[rows]) for rows in parts]


def dataset(x, y):
    return Dataset.from_arrays({"x": x, "y": y})


def fit(args, data, seed, folder, name):
    """Trains on arrays; the cache."""
    network = Network.builtin("builtin:cnn", (1, 8, 8), 10, seed=seed)
    settings = {"record_margins": True, "average_parameters": True, "seed": seed}
    config = TrainingConfig(SolverConfig(learning_rate=0.05), args.epochs, args.batch_size, **settings)
    return train(network, dataset(*data), config, folder / f"{name}.h5")


def measured(cache, x, y):
    """Loss and accuracy."""
    oracle, data = LossOracle(cache.network, "frozen"), dataset(x, y)
    batches = [data.batch(rows) for rows in consecutive_batches(len(y), 100)]
    right = [oracle.predictions(cache.final.theta, b).argmax(1) == b["y"][:, 0] for b in batches]
    return oracle.loss(cache.final.theta, batches), float(np.concatenate(right).mean())


def one_seed(args, seed, rate, folder):
    """A row for every method and number of removed samples."""
    training, scoring, choosing, test = draw(seed, rate)
    cache = fit(args, training, seed, folder, "whole")
    rows = [row(seed, rate, "nothing removed", 0, cache, choosing, test)]
    for name, make in METHODS.items():
        order = make(seed).estimate(cache.network, cache, dataset(*training), dataset(*scoring)).order
        for count in args.counts:
            kept = np.sort(order[count:])
            again = fit(args, (training[0][kept], training[1][kept]), seed, folder, f"{name} {count}")
            rows.append(row(seed, rate, name, count, again, choosing, test))
    return rows


def row(seed, rate, method, count, cache, choosing, test):
    choice, accuracy = measured(cache, *choosing)[0], measured(cache, *test)[1]
    return {
        "rate": rate,
        "seed": seed,
        "method": method,
        "removed": count,
        "choosing_loss": choice,
        "test_accuracy": accuracy,
    }


def chosen(table):
    """Test accuracy of each method at the number chosen by validation, minus that without removal, by seed."""
    found = []
    for (rate, _), group in table.groupby(["rate", "seed"]):
        whole = group[group["method"] == "nothing removed"].iloc[0]
        for method in METHODS:
            rows = pd.concat([group[group["method"] == method], whole.to_frame().T])
            best = rows.loc[rows["choosing_loss"].astype(float).idxmin()]
            gain = best["test_accuracy"] - whole["test_accuracy"]
            found.append({"rate": rate, "method": method, "removed": best["removed"], "gain": gain})
    return pd.DataFrame(found)


def interval(values):
    values = np.asarray(values, float)
    half = (
        stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    )
    return f"{values.mean():+.4f} ± {half:.4f}"


def report(table):
    """Prints the table in Markdown."""
    best = chosen(table)
    whole = table[table["method"] == "nothing removed"].groupby("rate")["test_accuracy"].mean()
    rates = sorted(whole.index)
    print("| removal by | " + " | ".join(f"{rate:.0%} flips: gain (mean number removed)" for rate in rates) + " |")
    print("|---|" + "---|" * len(rates))
    for method in METHODS:
        mine = [best[(best["method"] == method) & (best["rate"] == rate)] for rate in rates]
        print(f"| {method} | " + " | ".join(f"{interval(m['gain'])} ({m['removed'].mean():.0f})" for m in mine) + " |")
    print("\ntest accuracy without removal: " + ", ".join(f"{whole[r]:.4f} ({r:.0%} flips)" for r in rates))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", required=True, type=Path, help="CSV with one row per training")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rates", type=float, nargs="+", default=[0.0, 0.1, 0.3])
    parser.add_argument("--counts", type=int, nargs="+", default=[40, 120, 240])
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--batch-size", type=int, default=32)
    args = parser.parse_args()
    rows = []
    for seed, rate in itertools.product(range(args.seeds), args.rates):
        with tempfile.TemporaryDirectory() as folder:
            rows += one_seed(args, seed, rate, Path(folder))
        pd.DataFrame(rows).to_csv(args.output, index=False, float_format="%.6g")
    report(pd.DataFrame(rows))


if __name__ == "__main__":
    main()
