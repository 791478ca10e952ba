"""Draws in which accuracy fell: is it chance? The same draw, judged by many more trainings.

    python samples/verdicts/fallen.py --mnist mnist.zip --adult adult.data adult.test --output fallen.csv

`verdicts.py` judges each draw by three trainings with the removed rows and three without, on some hundred test rows, so
a few of them differ by chance. This takes every draw of its table in which accuracy fell, ranks the samples again, and
trains twenty networks of each kind with other seeds. The interval is of 95 % and covers rows and seeds: the variance of
the mean of a table of rows and seeds is at most the sum of those of its two marginal means. Of twenty draws whose true
change is nothing one lies outside, so the last column multiplies each p-value by the number of draws in which something
was removed (Bonferroni).
"""

import argparse
import logging
import runpy
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from scipy import stats

from nnabla_influence import Project
from nnabla_influence.evaluation.change import Change
from nnabla_influence.evaluation.evaluation_data import EvaluationData
from nnabla_influence.evaluation.retraining import Retraining, run_retraining
from nnabla_influence.workflow.score import ScoreRequest, score_training

HERE = Path(__file__).resolve().parent
SOURCES = SimpleNamespace(**runpy.run_path(str(HERE.parent / "sources.py")))
VERDICTS = SimpleNamespace(**runpy.run_path(str(HERE / "verdicts.py")))
FIRST_SEED = 2000  # no other training has it
COLUMNS = ("condition", "draw", "flips", "removed", "by_three", "change", "half", "p", "p_of_all")


def right(cache, train, test, removed, seeds):
    """Whether each network has each test row right (seeds, rows)."""
    kept = [
        run_retraining(Retraining(cache.path, train, {"test": test}, Change(excluded=removed), "scratch", seed))
        for seed in range(FIRST_SEED, FIRST_SEED + seeds)
    ]
    return np.array([figures.performance["test"].rows[1] for figures in kept], float)


def judged(source, condition, row, seeds):
    """Judge a draw anew: a row of the CSV, but for its last column."""
    draw, removed = int(row["draw"]), int(row["removed"])
    train, validation, test, _ = VERDICTS.drawn(source, condition, draw)
    scoring = EvaluationData.split(train, validation, None, split_seed=draw).scoring
    project = Project.open("builtin:mlp", train=train, validation=validation, seed=draw)
    with tempfile.TemporaryDirectory() as folder:
        cache = project.train(Path(folder) / "cache.h5")
        order = score_training(cache, train, scoring, ScoreRequest()).order
        without, whole = (right(cache, train, test, order[:number], seeds) for number in (removed, 0))
    changes = without - whole  # (seeds, rows)
    means = changes.mean(axis=0), changes.mean(axis=1)
    error = np.sqrt(sum(mean.var(ddof=1) / len(mean) for mean in means))
    degrees = seeds - 1
    chance = 2 * stats.t.sf(abs(changes.mean()) / error, degrees)
    half = stats.t.ppf(0.975, degrees) * error
    by_three = float(row["accuracy_removed"]) - float(row["accuracy"])
    figures = (by_three, changes.mean(), half, chance)
    return (condition.name, draw, row["flips"], removed, *(f"{figure:.5f}" for figure in figures))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=HERE / "results" / "results.csv", help="table of verdicts.py")
    parser.add_argument("--mnist", help="folder or zip with MNIST; left out, its draws are")
    parser.add_argument("--adult", type=Path, nargs=2, metavar=("ADULT.DATA", "ADULT.TEST"), help="likewise")
    parser.add_argument("--output", required=True, type=Path, help="CSV to write; draws that it holds are not repeated")
    parser.add_argument("--seeds", type=int, default=20, help="trainings of each kind (default: %(default)s)")
    args = parser.parse_args()
    logging.getLogger("nnabla_influence").setLevel(logging.WARNING)
    sources = VERDICTS.read_sources(args)
    conditions = {condition.name: condition for condition in VERDICTS.CONDITIONS}
    rows = SOURCES.read_rows(args.results)
    removals = sum(int(row["removed"]) > 0 for row in rows)
    done = {(row["condition"], int(row["draw"])) for row in SOURCES.read_rows(args.output)}
    print("| data | draw | flips | removed | change by 3 trainings | by more | p, of all draws |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        condition = conditions[row["condition"]]
        fell = float(row["accuracy_removed"]) < float(row["accuracy"])
        if fell and condition.data in sources and (condition.name, int(row["draw"])) not in done:
            figures = judged(sources[condition.data], condition, row, args.seeds)
            of_all = min(1.0, removals * float(figures[-1]))
            SOURCES.append_rows(args.output, COLUMNS, [(*figures, f"{of_all:.5f}")])
    for row in SOURCES.read_rows(args.output):
        change = f"{float(row['change']):+.4f} ± {float(row['half']):.4f}"
        cells = (row["condition"], row["draw"], row["flips"], row["removed"], f"{float(row['by_three']):+.4f}", change)
        print(f"| {' | '.join(cells)} | {float(row['p_of_all']):.2f} |")


if __name__ == "__main__":
    main()
