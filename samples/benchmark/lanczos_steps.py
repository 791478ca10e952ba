"""How many Lanczos steps, on how many rows, the scores of `spectral` need; on long trainings and NNC's kind of network.

    python samples/benchmark/lanczos_steps.py --mnist mnist.zip --adult adult.data adult.test

Each condition of `samples/objective` that is named below trains once. Scores with few steps are compared with those of
32 steps, and scores with few rows with those of all rows: the largest difference as a share of the largest score,
Spearman's rank correlation, and the AUROC of the wrong labels. "Change" is what the last step changed in the direction,
which is what the package can see while it runs; it is what the stopping rule asks for.
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
from nnabla_influence.evaluation.metrics import mislabel_detection

TABLE = SimpleNamespace(**runpy.run_path(str(Path(__file__).resolve().parents[1] / "objective" / "objectives.py")))
CONDITIONS = (
    "digits: 20 %",
    "MNIST: 20 %",
    "MNIST: 5 %, momentum, overfitted",
    "MNIST: 5 %, batch normalisation",
    "softmax, as in NNC: 20 % pairwise",
    "regression: 15 % shuffled",
    "Adult: 20 %",
)
MANY = 32
STEPS = (2, 3, 4, 5, 6, 8, 12, None)
ROWS = (128, 256, 512, 1024)
MADE = "Lanczos steps"
CHANGE = "change by the last Lanczos step"


def compared(scores, truth, wrong):
    """Change, largest difference, rank correlation and AUROC, as cells of a table."""
    error = np.abs(scores.values - truth.values).max() / np.abs(truth.values).max()
    same = stats.spearmanr(scores.values, truth.values).correlation
    auroc = mislabel_detection(scores.values, wrong).auroc
    return f"{scores.facts[CHANGE]:.1e} | {error:.1e} | {same:.6f} | {auroc:.4f}"


def rows_of(name, sources, rows):
    """Train, and score again and again; lines of the table."""
    condition = next(condition for condition in TABLE.CONDITIONS if condition.name == name)
    source = sources[condition.data]
    drawn = TABLE.draw(source, condition, 0, rows)
    network = TABLE.network_of(condition, source, 0)
    project = Project.open(network, drawn.train, drawn.validation, training=condition.training, seed=0)
    with tempfile.TemporaryDirectory() as folder:
        cache = project.train(Path(folder) / "cache.h5")
        whole = project.score(cache, lanczos_steps=MANY, subset=len(drawn.train))
        for steps in STEPS:
            scores = project.score(cache, lanczos_steps=steps, subset=len(drawn.train))
            made = f"{scores.facts[MADE]} by the rule" if steps is None else steps
            yield f"| {name} | {made} | all | {compared(scores, whole, drawn.wrong)} |"
        for subset in (subset for subset in ROWS if subset < len(drawn.train)):
            scores = project.score(cache, lanczos_steps=MANY, subset=subset)
            yield f"| {name} | {MANY} | {subset} | {compared(scores, whole, drawn.wrong)} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mnist", help="folder or zip with MNIST; left out, its conditions are")
    parser.add_argument("--adult", nargs="+", type=Path, help="Adult's text files, likewise")
    parser.add_argument("--rows", type=int, help="training rows (default: the data set's own)")
    parser.add_argument("--conditions", nargs="+", default=CONDITIONS, metavar="NAME")
    args = parser.parse_args()
    logging.getLogger("nnabla_influence").setLevel(logging.ERROR)
    sources = TABLE.read_sources(SimpleNamespace(mnist=args.mnist, adult=args.adult, cifar10=None))
    print("| network and data | steps | rows | change | largest difference | rank correlation | AUROC |")
    print(f"|{'---|' * 7}")
    for name in args.conditions:
        if next(condition for condition in TABLE.CONDITIONS if condition.name == name).data in sources:
            for line in rows_of(name, sources, args.rows):
                print(line, flush=True)


if __name__ == "__main__":
    main()
