"""Can the automatic choice be trusted? How often it removes clean data, and how near it comes to the wrong labels.

    python samples/verdicts/verdicts.py --mnist mnist.zip --adult adult.data adult.test --output work/verdicts

Each draw takes other rows of a data set, flips some training labels or none, trains `builtin:mlp` by its own settings,
and lets `Project.choose` decide how many rows to remove: by the ranking of the default method, or by a random one,
which must be refused. Then networks are trained from scratch with fresh seeds on all rows, without the rows that were
chosen, without as many of the ranking as labels were flipped, and without exactly the flipped ones, and their accuracy
is taken on test rows that nothing else has seen.

Draws that results.csv holds are not repeated, so an interrupted table goes on; more draws or conditions are added to
the same file. Two processes may share the work: give them different --conditions and outputs, and join the files.
"""

import argparse
import itertools
import logging
import runpy
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from scipy import stats

from nnabla_influence import Dataset, Project
from nnabla_influence.dataset.noise import flip_labels
from nnabla_influence.evaluation.change import Change
from nnabla_influence.evaluation.retraining import Retraining, run_retraining
from nnabla_influence.workflow.choose import ChooseRequest

SOURCES = SimpleNamespace(**runpy.run_path(str(Path(__file__).resolve().parents[1] / "sources.py")))
RANKINGS = ("spectral", "random")
JUDGES = range(1000, 1003)  # seeds of the trainings that are judged by test rows
COLUMNS = (
    *("condition", "ranking", "draw", "rows", "flips", "outcome", "removed", "confirmed", "gain", "against_random"),
    *("accuracy", "accuracy_removed", "accuracy_as_many", "accuracy_without_flips", "seconds"),
)


@dataclass(frozen=True)
class Condition:
    """A data set and what is done to its labels.

    Attributes:
        data: ``digits``, ``adult`` or ``mnist``.
        rate: Share of the training labels that are flipped.
        kind: How.
        in_validation: Whether as large a share of the validation labels is flipped too.
    """

    data: str
    rate: float = 0.0
    kind: str = "symmetric"
    in_validation: bool = False

    @property
    def name(self):
        """What it is called in the table."""
        if not self.rate:
            return f"{self.data}, clean"
        return f"{self.data}, {self.rate:.0%} {self.kind}{' in validation too' if self.in_validation else ''}"


NOISE = tuple(itertools.product((0.1, 0.2, 0.3), ("symmetric", "pairwise")))
CONDITIONS = (
    *(Condition(data) for data in ("digits", "adult", "mnist")),
    # With two classes both kinds of flips are the same.
    *(Condition("adult", rate) for rate, kind in NOISE if kind == "symmetric"),
    Condition("adult", 0.2, in_validation=True),
    *(Condition(data, rate, kind) for data in ("mnist", "digits") for rate, kind in NOISE),
)


def read_sources(args):
    """Read the data sets that were given; the digits come with the package."""
    sources = {"digits": SOURCES.digits()}
    if args.adult:
        sources["adult"] = SOURCES.adult(args.adult)
    if args.mnist:
        sources["mnist"] = SOURCES.mnist(args.mnist)
    return sources


def drawn(source, condition, draw):
    """Training data, validation data, test data, and which training labels are wrong (N,)."""
    order = np.random.default_rng(draw).permutation(len(source.y))
    first, second = source.training, source.training + source.validation
    parts = order[:first], order[first:second], order[second : second + 3000]
    x = source.inputs(*parts)
    y = [source.y[rows] for rows in parts]
    classes = int(source.y.max()) + 1
    noisy = flip_labels(y[0], condition.rate, condition.kind, draw, classes)
    y[0] = noisy.noisy
    if condition.in_validation:
        y[1] = flip_labels(y[1], condition.rate, condition.kind, draw + 1000, classes).noisy
    data = [Dataset.from_arrays({"x": inputs, "y": labels}) for inputs, labels in zip(x, y)]
    return (*data, noisy.flipped)


def accuracy(cache, train, test, removed):
    """Mean test accuracy of networks trained from scratch, with other seeds, without some rows."""
    figures = [
        run_retraining(Retraining(cache.path, train, {"test": test}, Change(excluded=removed), "scratch", seed))
        for seed in JUDGES
    ]
    return float(np.mean([figure.performance["test"].accuracy for figure in figures]))


def decided(source, condition, ranking, draw, orders):
    """One draw: a row of the CSV."""
    started = time.perf_counter()
    train, validation, test, flipped = drawn(source, condition, draw)
    project = Project.open("builtin:mlp", train=train, validation=validation, seed=draw)
    settings = {} if ranking != "random" else {"method": "random"}
    with tempfile.TemporaryDirectory() as folder:
        cache = project.train(Path(folder) / "cache.h5")
        chosen = project.choose(cache, **settings, split_seed=draw, request=ChooseRequest(orders=orders))
        decision = chosen.decision
        whole = accuracy(cache, train, test, np.zeros(0, int))
        removed = accuracy(cache, train, test, chosen.scores.order[: chosen.removed]) if chosen.removed else whole
        as_many = accuracy(cache, train, test, chosen.scores.order[: flipped.sum()]) if flipped.any() else whole
        truth = accuracy(cache, train, test, np.flatnonzero(flipped)) if flipped.any() else whole
    gains = [f"{gain.mean:.5f}" if gain is not None else "" for gain in (decision.gain, decision.against_random)]
    confirmed = " ".join(map(str, decision.confirmed))
    counts = (len(train), int(flipped.sum()), decision.outcome.value, decision.number, confirmed)
    measured = [f"{figure:.5f}" for figure in (whole, removed, as_many, truth)]
    return (condition.name, ranking, draw, *counts, *gains, *measured, f"{time.perf_counter() - started:.0f}")


def share(times, of):
    """A share with its exact 95 % interval (Clopper and Pearson)."""
    low = stats.beta.ppf(0.025, times, of - times + 1) if times else 0.0
    high = stats.beta.ppf(0.975, times + 1, of - times) if times < of else 1.0
    return f"{times} of {of} ({low:.0%} to {high:.0%})"


def print_table(rows):
    """Print what was decided, by condition and ranking, in Markdown."""
    header = ("data", "ranking", "something is removed", "within a quarter of the flips", "number / flips")
    header += ("accuracy", "without removal", "as many as flips removed", "without the flips", "worst change")
    print(f"\n| {' | '.join(header)} |\n|{'---|' * len(header)}")
    for condition, ranking in dict.fromkeys((row["condition"], row["ranking"]) for row in rows):
        own = [row for row in rows if (row["condition"], row["ranking"]) == (condition, ranking)]
        removed = np.array([int(row["removed"]) for row in own])
        flips = np.array([int(row["flips"]) for row in own])
        near = share(int((abs(removed - flips) <= flips / 4).sum()), len(own)) if flips.any() else "-"
        ratio = f"{np.median(removed / np.maximum(flips, 1)):.2f}" if flips.any() else "-"
        names = ("accuracy_removed", "accuracy", "accuracy_as_many", "accuracy_without_flips")
        figures = np.array([[float(row[name]) for name in names] for row in own])
        cells = (condition, ranking, share(int((removed > 0).sum()), len(own)), near, ratio)
        means = [f"{mean:.4f}" for mean in figures.mean(axis=0)]
        print(f"| {' | '.join((*cells, *means, f'{(figures[:, 0] - figures[:, 1]).min():+.4f}'))} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mnist", help="folder or zip with MNIST; left out, its conditions are")
    parser.add_argument("--adult", type=Path, nargs=2, metavar=("ADULT.DATA", "ADULT.TEST"), help="likewise")
    parser.add_argument("--output", required=True, type=Path, help="folder to write to")
    parser.add_argument("--draws", type=int, default=40, help="of each condition (default: %(default)s)")
    parser.add_argument("--orders", type=int, default=5, help="seeds of each number (default: %(default)s)")
    parser.add_argument("--conditions", nargs="+", metavar="NAME", choices=[c.name for c in CONDITIONS])
    parser.add_argument("--table-only", action="store_true", help="print what the file holds")
    args = parser.parse_args()
    logging.getLogger("nnabla_influence").setLevel(logging.WARNING)
    args.output.mkdir(parents=True, exist_ok=True)
    path = args.output / "results.csv"
    if not args.table_only:
        sources = read_sources(args)
        wanted = [c for c in CONDITIONS if c.data in sources and (not args.conditions or c.name in args.conditions)]
        done = {(row["condition"], row["ranking"], int(row["draw"])) for row in SOURCES.read_rows(path)}
        for draw in range(args.draws):  # draws outside: an interrupted table has all conditions
            for condition, ranking in itertools.product(wanted, RANKINGS):
                if (condition.name, ranking, draw) in done or (ranking == "random" and condition.rate):
                    continue
                SOURCES.append_rows(
                    path, COLUMNS, [decided(sources[condition.data], condition, ranking, draw, args.orders)]
                )
                print(f"{condition.name}, {ranking}, draw {draw}", flush=True)
    print_table(SOURCES.read_rows(path))
    print(f"\nevery draw: {path}")


if __name__ == "__main__":
    main()
