"""Do influence scores predict what leaving a sample out does? Kendall's tau and Jaccard index against the truth.

    python samples/leave_one_out/experiment.py --data work --output work/leave_one_out

For each problem and seed: draws rows (prepare.py wrote them), trains with the package, computes the true change of the
validation loss for every training sample by training again without it, and compares every method's scores with it.
Three truths: *whole* leaves the sample out of all epochs; *millionth* takes a millionth of its gradient out of all
epochs, so that a method which is the derivative by the sample's weight must reach 1; *last* leaves the sample out of
the last epoch only. Writes scores.csv and runs.csv to the output folder and prints Markdown tables.
"""

import argparse
import logging
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from retraining import Retraining
from settings import PROBLEMS

from nnabla_influence import Dataset, LossOracle, rank_agreement, train
from nnabla_influence.errors import DivergenceError
from nnabla_influence.estimators import (
    InfluenceFunction,
    LastEpochInfluence,
    LossBaseline,
    RandomBaseline,
    SgdInfluence,
    SpectralInfluence,
    TracIn,
)
from nnabla_influence.evaluation.interval import Interval
from nnabla_influence.scores import InfluenceScores

EXTREMES = 10  # lowest and highest scores of the Jaccard index
SMALL = 1e-6
LARGEST_DISTANCE = 1e-4  # float32 and 800 steps leave about 5e-7
PUBLISHED = {  # arXiv:1906.08473: tau, Jaccard index
    "sgd-influence, published": {
        "logreg-adult": (0.93, 0.80),
        "logreg-mnist": (0.95, 0.83),
        "dnn-adult": (0.75, 0.59),
        "dnn-mnist": (0.45, 0.37),
    },
    "influence-function, published": {
        "logreg-adult": (0.85, 0.60),
        "logreg-mnist": (0.70, 0.41),
        "dnn-adult": (0.54, 0.32),
        "dnn-mnist": (0.27, 0.27),
    },
}


class NoHessian:
    """SGD-influence with the validation gradient left as it is on the way back."""

    def estimate(self, cache, training, validation):
        oracle, scores = LossOracle(cache.network), np.zeros(len(training))
        gradient = oracle.mean_gradient(cache.final.theta, [validation.batch(range(len(validation)))], validation=True)
        for step in cache.steps(epochs="all"):
            theta, rows = cache.checkpoint(step.index).theta, step.batches[0]
            products = oracle.sample_products(theta, training.batch(rows), gradient)
            scores[rows] += step.learning_rate / len(rows) * products
        return InfluenceScores(scores, "no Hessian")


def methods(epochs, seed):
    """Every method by its name in the table."""
    krylov = {"subset": None, "seed": seed}
    return {
        "sgd-influence, all epochs": SgdInfluence("all", objective="loss"),
        "sgd-influence, last epoch": SgdInfluence("last", objective="loss"),
        "last-epoch": LastEpochInfluence(objective="loss"),
        "last-epoch, published recursion": LastEpochInfluence("published", objective="loss"),
        "spectral, horizon of all epochs": SpectralInfluence(
            horizon=epochs, lanczos_steps=30, objective="loss", **krylov
        ),
        "the same with the Hessian": SpectralInfluence(
            "hessian", horizon=epochs, lanczos_steps=30, objective="loss", **krylov
        ),
        "spectral, horizon of 1 epoch": SpectralInfluence(lanczos_steps=30, objective="loss", **krylov),
        "influence-function, damping 0.01": InfluenceFunction(0.01, iterations=60, objective="loss", **krylov),
        "influence-function, damping 1": InfluenceFunction(1.0, iterations=60, objective="loss", **krylov),
        "no Hessian, all epochs": NoHessian(),
        "tracin": TracIn(objective="loss"),
        "loss": LossBaseline(),
        "random": RandomBaseline(seed),
    }


def one_seed(problem, folder, seed, work):
    """Trains, finds the truth and compares every method with it; one row of the run, one row for each method."""
    training, validation = (Dataset.from_csv(folder / f"{n}.csv", data_cache=work) for n in ("training", "validation"))
    x, y = arrays(training)
    config = problem.settings(x, y, seed)
    network = problem.network(x.shape[1], seed)
    cache = train(network, training, config, work / "cache.h5", overwrite=True)
    retraining = Retraining(network.space, config.solver.weight_decay, (x, y), arrays(validation))
    truths = all_truths(retraining, network, cache)
    run = {
        "weight_decay": config.solver.weight_decay,
        "training_loss": cache.passport["training_loss"][-1],
        "validation_loss": truths["whole"].loss,
        "distance": truths["whole"].distance(cache.final.theta),
        "median_change": np.median(np.abs(truths["whole"].change)),
    }
    if run["distance"] > LARGEST_DISTANCE:
        raise SystemExit(f"error: the repeated training is {run['distance']:.2g} away from the package's")
    rows = []
    for name, method in methods(config.epochs, seed).items():
        started = time.perf_counter()
        try:
            scores = method.estimate(cache, training, validation).values
        except DivergenceError as error:
            print(f"{name}: {error}")
            continue
        rows.append({"method": name, "seconds": time.perf_counter() - started, **agreement(scores, truths)})
    return run, rows


def arrays(dataset):
    """x (N, D) and y (N,) in double precision."""
    whole = dataset.batch(range(len(dataset)))
    return whole["x"].astype(float), whole["y"][:, 0].astype(float)


def all_truths(retraining, network, cache):
    start = cache.checkpoint(cache.plan.steps - cache.plan.steps_per_epoch).theta
    everything = list(cache.steps(epochs="all"))
    return {
        "whole": retraining.leave_one_out(network.theta, everything),
        "millionth": retraining.leave_one_out(network.theta, everything, SMALL),
        "last": retraining.leave_one_out(start, list(cache.steps(epochs="last"))),
    }


def agreement(scores, truths):
    """Kendall's tau and Jaccard index of the scores with every truth."""
    found = {f"tau_{name}": rank_agreement(scores, truth.change).kendall for name, truth in truths.items()}
    return {**found, **{f"jaccard_{name}": jaccard(scores, truth.change) for name, truth in truths.items()}}


def jaccard(a, b):
    """Overlap of the ten lowest and ten highest of a with those of b: common samples by samples in either."""
    first, second = (
        set(np.r_[order[:EXTREMES], order[-EXTREMES:]]) for order in (np.argsort(a, kind="stable"), np.argsort(b))
    )
    return len(first & second) / len(first | second)


def interval(values, seeds):
    """Mean and 95 % interval over the seeds that did not diverge."""
    count = len(values)
    return Interval.of(values).text(".3f", ".3f") + (f" ({count} of {seeds})" if count < seeds else "")


def print_table(table, measure, published=None):
    """One measure of every method and problem, in Markdown; `published` is its place in `PUBLISHED`."""
    problems, seeds = list(dict.fromkeys(table["problem"])), table["seed"].nunique()
    print(f"\n{measure}:\n\n| method | {' | '.join(problems)} |\n|---|{'---|' * len(problems)}")
    if published is not None:
        for name, cells in PUBLISHED.items():
            print(f"| {name} | {' | '.join(f'{cells[p][published]:.2f}' if p in cells else '' for p in problems)} |")
    for name in dict.fromkeys(table["method"]):
        mine = table[table["method"] == name]
        cells = [mine.loc[mine["problem"] == problem, measure] for problem in problems]
        print(f"| {name} | {' | '.join(interval(c, seeds) if len(c) else 'diverged' for c in cells)} |")


def report(table, runs):
    """Prints all tables."""
    print_table(table, "tau_whole", published=0)
    print_table(table, "jaccard_whole", published=1)
    print_table(table, "tau_millionth")
    print_table(table, "tau_last")
    print_table(table, "seconds")
    print("\nmedians over the seeds:\n")
    medians = runs.drop(columns="seed").groupby("problem", sort=False).median()
    print(f"| problem | {' | '.join(medians.columns)} |\n|---|{'---|' * len(medians.columns)}")
    for problem, row in medians.iterrows():
        print(f"| {problem} | {' | '.join(f'{value:.2g}' for value in row)} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, type=Path, help="folder with adult/00 ..., mnist/00 ...")
    parser.add_argument("--output", required=True, type=Path, help="folder for scores.csv and runs.csv")
    parser.add_argument("--problems", nargs="+", choices=list(PROBLEMS), default=list(PROBLEMS))
    parser.add_argument("--seeds", type=int, default=20)
    args = parser.parse_args()
    logging.getLogger("nnabla_influence").setLevel(logging.WARNING)
    args.output.mkdir(parents=True, exist_ok=True)
    scores, runs = [], []
    for name in args.problems:
        started = time.perf_counter()
        for seed in range(args.seeds):
            with tempfile.TemporaryDirectory() as work:
                folder = args.data / PROBLEMS[name].data / f"{seed:02d}"
                run, rows = one_seed(PROBLEMS[name], folder, seed, Path(work))
            runs.append({"problem": name, "seed": seed, **run})
            scores += [{"problem": name, "seed": seed, **row} for row in rows]
        print(f"{name}: {args.seeds} seeds in {time.perf_counter() - started:.0f} s", flush=True)
        for path, table in (("scores.csv", scores), ("runs.csv", runs)):
            pd.DataFrame(table).to_csv(args.output / path, index=False, float_format="%.5g")
    report(pd.DataFrame(scores), pd.DataFrame(runs))


if __name__ == "__main__":
    main()
