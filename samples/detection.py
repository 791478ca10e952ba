"""How well are flipped labels found? Several seeds, every method and baseline, means with 95 % intervals.

    python samples/detection.py --train work/training.csv --validation work/validation.csv --network builtin:cnn \
        --rate 0.1 --seeds 3 --output work/detection

For each seed: flips labels (noise), trains once (train), scores by every method (score) and measures (compare), by the
very commands of the README, all in this process: the seconds hold no start of Python (the tables of the samples were
measured with it, about two seconds). Finished steps are kept, so an interrupted experiment goes on. The last row of
each method scores the samples by the mean over the seeds' trainings on the flips of the first seed. Writes results.csv.
"""

import argparse
import contextlib
import io
import json
import sys
import time
from pathlib import Path

import pandas as pd

from nnabla_influence.cli.main import main as run_command
from nnabla_influence.evaluation.interval import Interval

METHODS = {
    "spectral": ["--method", "spectral", "--at", "final"],
    "spectral, Hessian": ["--method", "spectral", "--curvature", "hessian", "--at", "final"],
    "spectral, 5 epochs": ["--method", "spectral", "--horizon", "5", "--at", "final"],
    "spectral, averaged parameters": ["--method", "spectral", "--at", "average"],
    "spectral, frozen": ["--method", "spectral", "--batch-norm", "frozen", "--at", "final"],
    "influence-function, damping 1": ["--method", "influence-function", "--at", "final"],
    "influence-function, damping 0.1": ["--method", "influence-function", "--damping", "0.1", "--at", "final"],
    "sgd-influence": ["--method", "sgd-influence"],
    "last-epoch": ["--method", "last-epoch"],
    "last-epoch, published": ["--method", "last-epoch", "--recursion", "published"],
    "tracin, 5 epochs": ["--method", "tracin", "--checkpoints", "5"],
    "self-influence": ["--method", "self-influence"],
    "margin": ["--method", "margin"],
    "loss": ["--method", "loss"],
    "random": ["--method", "random"],
}
INTERRUPTED = 130  # the exit code after Ctrl-C
# What some of the methods need.
RECORD = ["--policy", "epochs", "--record-margins", "--average-parameters"]
MEASURES = {"auroc": "AUROC", "average_precision": "average precision", "precision_at_flips": "precision at flips"}


class CommandFailed(Exception):
    """A command of the package ended with an exit code other than 0."""


def command(*arguments):
    """One command of the package; its result lines."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        code = run_command([str(argument) for argument in arguments])
    if code == INTERRUPTED:
        sys.exit(code)
    if code:
        raise CommandFailed(f"{arguments[0]} ended with exit code {code}")
    return printed.getvalue()


def one_seed(args, seed, flips_seed, folder):
    """Flips, trains and scores with one seed; the measures and the influence CSV of each method."""
    folder.mkdir(parents=True, exist_ok=True)
    noisy, truth, cache = folder / "noisy.csv", folder / "truth.csv", folder / "cache.h5"
    data = ["--train", noisy, "--validation", args.validation]
    command(
        "noise",
        "--train",
        args.train,
        "--rate",
        args.rate,
        "--seed",
        flips_seed,
        "--output",
        noisy,
        "--truth",
        truth,
        "--overwrite",
    )
    started = time.perf_counter()
    command("train", "--network", args.network, *data, "--cache", cache, "--seed", seed, *RECORD, *args.settings)
    rows = [{"method": "(training)", "seed": seed, "seconds": time.perf_counter() - started}]
    for method, options in chosen(args).items():
        scores = folder / f"{method.replace(', ', '_')}.csv"
        started = time.perf_counter()
        try:
            if not scores.exists():
                command("score", "--cache", cache, *data, "--output", scores, "--seed", seed, *options)
        except CommandFailed:  # a divergent recursion is a result too
            print(f"{method} wrote no scores with seed {seed}", flush=True)
            continue
        seconds = time.perf_counter() - started
        found = measure(truth, scores)
        rows.append({"method": method, "seed": seed, "seconds": seconds, "scores": str(scores), **found})
    return rows


def measure(truth, scores):
    return json.loads(command("compare", scores, "--truth", truth, "--json"))["mislabel"][0]


def mean_of_trainings(args, folder):
    """Detection by the mean score over trainings with several seeds, on one set of flips."""
    rows = [
        row
        for seed in range(args.seeds)
        for row in one_seed(args, seed, 0, folder / f"flips0_seed{seed}")
        if "scores" in row
    ]
    found = []
    for method in chosen(args):
        tables = [pd.read_csv(row["scores"]) for row in rows if row["method"] == method]
        # The header of scores by another objective than the mean loss names it: influence:error.
        tables = [table.rename(columns={"influence:error": "influence"}) for table in tables]
        mean = tables[0].merge(
            pd.concat(tables).groupby("datasource_index", as_index=False)["influence"].mean(),
            on="datasource_index",
            suffixes=("_first", ""),
        )
        path = folder / f"mean_{method.replace(', ', '_')}.csv"
        mean[["influence", "datasource_index"]].to_csv(path, index=False)
        found.append(
            {"method": method, "seed": f"mean of {args.seeds}", **measure(folder / "flips0_seed0" / "truth.csv", path)}
        )
    return found


def chosen(args):
    """The methods asked for."""
    return {name: options for name, options in METHODS.items() if not args.methods or name in args.methods}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", required=True, type=Path, help="clean training CSV")
    parser.add_argument("--validation", required=True, type=Path)
    parser.add_argument("--network", default="builtin:cnn")
    parser.add_argument("--rate", default="0.1")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--methods", nargs="+", choices=list(METHODS), metavar="NAME", help=", ".join(METHODS))
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--no-mean", action="store_true", help="leave out the mean over trainings on the same flips")
    parser.add_argument("settings", nargs="*", help="further options of train, after --")
    args = parser.parse_args()
    rows = [
        row for seed in range(args.seeds) for row in one_seed(args, seed, seed, args.output / f"flips{seed}_seed{seed}")
    ]
    means = [] if args.no_mean else mean_of_trainings(args, args.output)
    table = pd.DataFrame(rows + means).drop(columns=["scores", "file"])
    table.to_csv(args.output / "results.csv", index=False, float_format="%.6g")
    report(table, args.seeds, chosen(args))
    print(f"\nevery number: {args.output / 'results.csv'}")


def report(table, seeds, methods):
    """Prints the table in Markdown."""
    single = table[table["seed"].map(lambda s: not str(s).startswith("mean"))]
    print(f"\n| scores | {' | '.join(MEASURES.values())} | AUROC of the mean over {seeds} trainings | seconds |")
    print("|---|" + "---|" * (len(MEASURES) + 2))
    for method in methods:
        mine, mean = (
            single[single["method"] == method],
            table[(table["method"] == method) & ~table.index.isin(single.index)],
        )
        cells = [Interval.of(mine[name]).text(".3f", ".3f") for name in MEASURES]
        averaged = f"{mean['auroc'].iloc[0]:.3f}" if len(mean) else "-"
        print(f"| {method} | {' | '.join(cells)} | {averaged} | {mine['seconds'].mean():.1f} |")
    training = single[single["method"] == "(training)"]["seconds"].mean()
    print(f"\ntraining took {training:.1f} s a seed")


if __name__ == "__main__":
    main()
