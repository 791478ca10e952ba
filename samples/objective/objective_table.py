"""Which objective finds wrong labels? AUROC of the default method by `loss` and by `error`, over conditions and seeds.

    python samples/objective/objective_table.py --data-folder mnist.zip --output work/objective --seeds 5

--data-folder is what samples/mnist/prepare.py takes as --data: a folder or a zip file with MNIST. Each condition flips
labels of the training rows, and of the validation rows too where it says so, trains once per seed, and scores the same
training by both objectives, and by each sample's own loss as a baseline. Finished rows of results.csv are not computed
again, so an interrupted table goes on; more seeds or conditions are added to the same file. The table is printed in
Markdown: the mean over the seeds with its 95 % interval, and the difference of the two, paired by seed.
"""

import argparse
import csv
import importlib.util
import logging
import tempfile
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np

from nnabla_influence import Dataset, Network, Project, SolverConfig, TrainingOverrides
from nnabla_influence.choices import DEFAULT_METHOD
from nnabla_influence.dataset.noise import flip_labels
from nnabla_influence.evaluation.interval import Interval
from nnabla_influence.evaluation.metrics import mislabel_detection

OBJECTIVES = ("loss", "error")
BASELINE = "baseline"  # the method `loss`
SCORINGS = (*OBJECTIVES, BASELINE)
CLASSES = 10
COLUMNS = ("condition", "rows", "seed", "objective", "auroc", "precision_at_flips", "accuracy", "seconds")


@dataclass(frozen=True)
class Condition:
    """What the data and the training are like.

    Attributes:
        name: What it is called in the table.
        rate: Share of the training labels that are flipped.
        kind: How.
        in_validation: Whether as large a share of the validation labels is flipped too.
        validation: Validation rows; None: a third of the training rows.
        imbalance: How many times fewer rows the second five classes have in the training data.
        network: Name of a network that `network_of` makes.
        training: What replaces its own settings.
    """

    name: str
    rate: float = 0.2
    kind: str = "symmetric"
    in_validation: bool = False
    validation: Optional[int] = None
    imbalance: int = 1
    network: str = "builtin:mlp"
    training: TrainingOverrides = TrainingOverrides()


CONDITIONS = (
    Condition("20 % flips in both", in_validation=True),
    Condition("40 % pairwise in both", 0.4, "pairwise", in_validation=True),
    Condition("5 % in both", 0.05, in_validation=True),
    Condition("20 % flips, clean validation"),
    Condition("40 % pairwise, clean validation", 0.4, "pairwise"),
    Condition("5 % flips", 0.05),
    Condition("classes imbalanced 20:1", 0.05, imbalance=20),
    Condition("100 validation rows", 0.05, validation=100),
    Condition("Adam", 0.05, training=TrainingOverrides(solver="Adam", learning_rate=0.001)),
    Condition("batch normalisation", 0.05, network="mlp with batch normalisation"),
    Condition(
        "momentum, overfitted",
        0.05,
        training=TrainingOverrides(solver="Momentum", learning_rate=0.01, epochs=60),
    ),
    Condition("builtin:cnn, 5 % flips", 0.05, network="builtin:cnn"),
)


def load_mnist(path):
    """Images (N, 784) from 0 to 1 and labels (N,) of MNIST's training part."""
    place = Path(__file__).resolve().parents[1] / "mnist" / "prepare.py"
    spec = importlib.util.spec_from_file_location("prepare_mnist", place)
    prepare = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(prepare)
    images, labels = prepare.load(prepare.Source(path), "train")
    return images.astype(np.float32) / 255, labels


def drawn_rows(labels, rows, condition, seed):
    """Training rows and validation rows, drawn by the seed; no row is in both."""
    order = np.random.default_rng(seed).permutation(len(labels))
    count = condition.validation or rows // 3
    validation, rest = order[:count], order[count:]
    if condition.imbalance == 1:
        return rest[:rows], validation
    rare = labels[rest] >= CLASSES // 2
    few = round(rows / (1 + condition.imbalance))
    training = np.concatenate([rest[rare][:few], rest[~rare][: rows - few]])
    return np.random.default_rng(seed).permutation(training), validation


def network_of(condition):
    """What `Project.open` takes."""
    if condition.network.startswith("builtin:"):
        return condition.network
    scope, rng = OrderedDict(), np.random.RandomState(0)
    x, y = nn.Variable((2, 1, 28, 28)), nn.Variable((2, 1))
    with nn.parameter_scope("", scope), nn.auto_forward(False):
        h = x
        for name in ("1", "2"):
            h = F.relu(PF.batch_normalization(PF.affine(h, 64, rng=rng, name="affine" + name), name="norm" + name))
        loss = F.softmax_cross_entropy(PF.affine(h, CLASSES, rng=rng, name="output"), y)
    settings = {"solver": SolverConfig(learning_rate=0.05), "epochs": 20, "batch_size": 32}
    return Network.from_loss(loss, {"x": x, "y": y}, scope, settings).initialized(0)


def one_seed(mnist, rows, condition, seed, scorings):
    """Train once and score by some of `SCORINGS`; a row of the CSV for each."""
    images, labels = mnist
    training, validation = drawn_rows(labels, rows, condition, seed)
    noisy = flip_labels(labels[training], condition.rate, condition.kind, seed, CLASSES)
    rate = condition.rate if condition.in_validation else 0.0
    judging = flip_labels(labels[validation], rate, condition.kind, seed + 1000, CLASSES)
    network = network_of(condition)
    if isinstance(network, Network):
        network = network.initialized(seed)
    project = Project.open(
        network,
        Dataset.from_arrays({"x": images[training][:, None], "y": noisy.noisy}),
        Dataset.from_arrays({"x": images[validation][:, None], "y": judging.noisy}),
        training=condition.training,
        seed=seed,
    )
    with tempfile.TemporaryDirectory() as folder:
        cache = project.train(Path(folder) / "cache.h5")
        for objective in scorings:
            started = time.perf_counter()
            if objective == BASELINE:
                scores = project.score(cache, "loss")
            else:
                scores = project.score(cache, DEFAULT_METHOD, objective=objective)
            seconds = time.perf_counter() - started
            found = mislabel_detection(scores.values, noisy.flipped)
            right = float((scores.columns["predicted_label"] == noisy.clean).mean())
            yield (
                *(condition.name, rows, seed, objective),
                *(f"{found.auroc:.6f}", f"{found.precision_at_flips:.6f}", f"{right:.4f}", f"{seconds:.2f}"),
            )


def read(path):
    """Rows of the CSV so far, by what they are of."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as stream:
        return {(r["condition"], int(r["rows"]), int(r["seed"]), r["objective"]): r for r in csv.DictReader(stream)}


def append(path, rows):
    """Add rows to the CSV, with its header if it is new."""
    new = not path.is_file()
    with path.open("a", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        if new:
            writer.writerow(COLUMNS)
        writer.writerows(rows)


def print_table(found, conditions, rows, seeds):
    """Print the means in Markdown."""
    header = f"MNIST, {rows:,} training rows, AUROC", "seeds", *OBJECTIVES, "difference", "each sample's own loss"
    print(f"\n| {' | '.join(header)} |\n|{'---|' * len(header)}")
    for condition in conditions:
        by_seed = {
            scoring: {
                seed: float(found[condition.name, rows, seed, scoring]["auroc"])
                for seed in range(seeds)
                if (condition.name, rows, seed, scoring) in found
            }
            for scoring in SCORINGS
        }
        both = sorted(by_seed["loss"].keys() & by_seed["error"].keys())
        loss, error = (np.array([by_seed[objective][seed] for seed in both]) for objective in OBJECTIVES)
        columns = (loss, error, error - loss, list(by_seed[BASELINE].values()))
        print(f"| {condition.name} | {len(both)} | {' | '.join(Interval.of(c).text('.3f', '.3f') for c in columns)} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-folder", required=True, help="folder or zip with MNIST")
    parser.add_argument("--output", required=True, type=Path, help="folder to write to")
    parser.add_argument("--rows", type=int, default=3000, help="training rows (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=5, help="how many (default: %(default)s)")
    parser.add_argument("--conditions", nargs="+", metavar="NAME", choices=[c.name for c in CONDITIONS])
    args = parser.parse_args()
    logging.getLogger("nnabla_influence").setLevel(logging.WARNING)
    conditions = [c for c in CONDITIONS if not args.conditions or c.name in args.conditions]
    args.output.mkdir(parents=True, exist_ok=True)
    path = args.output / "results.csv"
    mnist = load_mnist(args.data_folder)
    done = read(path)
    for seed in range(args.seeds):  # seeds outside: an interrupted table has all conditions
        for condition in conditions:
            missing = [scoring for scoring in SCORINGS if (condition.name, args.rows, seed, scoring) not in done]
            if missing:
                append(path, list(one_seed(mnist, args.rows, condition, seed, missing)))
                print(f"{condition.name}, seed {seed}", flush=True)
    print_table(read(path), conditions, args.rows, args.seeds)
    print(f"\nevery number: {path}")


if __name__ == "__main__":
    main()
