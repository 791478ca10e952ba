"""How the defaults of the built-in networks were chosen: a grid of learning rates, batch sizes and epochs.

    python samples/benchmark/builtin_defaults.py builtin:cnn mnist_work/noisy.csv mnist_work/validation.csv \
        --truth mnist_work/truth.csv --learning-rates 0.02 0.05 0.1 --batch-sizes 32 64 --epochs 10 20

Prints one row per setting: validation loss and accuracy at the end, and the mislabel AUROC of `last-epoch` (objective
`loss`, as published) and of the loss itself.
Settings are chosen by the validation columns; the AUROC is printed to see what follows from the choice.
"""

import argparse
import csv
import itertools
import tempfile
from pathlib import Path

import numpy as np

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.config import SolverConfig, TrainingConfig
from nnabla_influence.dataset.batches import consecutive_batches
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import DivergenceError
from nnabla_influence.estimators import LastEpochInfluence, LossBaseline
from nnabla_influence.evaluation.metrics import mislabel_detection
from nnabla_influence.network import Network
from nnabla_influence.training import train


def flips(path):
    with open(path, encoding="utf-8", newline="") as stream:
        return np.array([int(row["flipped"]) for row in csv.DictReader(stream)])


def validate(cache, data):
    """Validation loss and accuracy with running statistics."""
    oracle = LossOracle(cache.network, "frozen")
    batches = [data.batch(rows) for rows in consecutive_batches(len(data), 100)]
    theta = cache.final.theta
    right = [oracle.predictions(theta, b).argmax(1) == b["y"][:, 0] for b in batches]
    return oracle.loss(theta, batches), float(np.concatenate(right).mean())


def auroc(method, cache, training, validation, truth):
    try:
        scores = method.estimate(cache, training, validation)
    except DivergenceError:
        return "diverges"
    return f"{mislabel_detection(scores.values, truth).auroc:.3f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network")
    parser.add_argument("train")
    parser.add_argument("validation")
    parser.add_argument("--truth", required=True)
    parser.add_argument("--learning-rates", type=float, nargs="+", default=[0.02, 0.05, 0.1])
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[32, 64])
    parser.add_argument("--epochs", type=int, nargs="+", default=[10, 20])
    parser.add_argument("--seeds", type=int, default=1)
    args = parser.parse_args()
    training, validation, truth = Dataset.from_csv(args.train), Dataset.from_csv(args.validation), flips(args.truth)
    outputs = int(training.column("y").max()) + 1
    print("rate   batch epochs seed  val. loss  accuracy  last-epoch  loss")
    grid = itertools.product(args.learning_rates, args.batch_sizes, args.epochs, range(args.seeds))
    for rate, batch, epochs, seed in grid:
        network = Network.builtin(args.network, training.shapes["x"], outputs, seed=seed)
        config = TrainingConfig(SolverConfig(learning_rate=rate), epochs=epochs, batch_size=batch, seed=seed)
        with tempfile.TemporaryDirectory() as folder:
            try:
                cache = train(network, training, config, Path(folder) / "c.h5")
            except DivergenceError:
                print(f"{rate:<6} {batch:<5} {epochs:<6} {seed:<4}  training diverges", flush=True)
                continue
            loss, accuracy = validate(cache, validation)
        found = [
            auroc(m, cache, training, validation, truth) for m in (LastEpochInfluence(objective="loss"), LossBaseline())
        ]
        print(
            f"{rate:<6} {batch:<5} {epochs:<6} {seed:<4}  {loss:<9.4f}  {accuracy:<8.4f}  {found[0]:<10}  {found[1]}",
            flush=True,
        )


if __name__ == "__main__":
    main()
