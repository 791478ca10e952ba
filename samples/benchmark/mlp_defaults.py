"""How the learning rate of `builtin:mlp` was chosen: accuracy with and without wrong labels, on three kinds of rows.

    python samples/benchmark/mlp_defaults.py --mnist mnist.zip --adult adult.data adult.test

A fifth of the training labels is flipped. Printed are accuracies on test rows of networks trained on all rows, without
the flipped ones, and without as many as `spectral` calls most harmful, and the AUROC of its scores; means over seeds.
"""

import argparse
import itertools
import logging
import runpy
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from nnabla_influence import Project, TrainingOverrides
from nnabla_influence.evaluation.metrics import mislabel_detection

TABLE = SimpleNamespace(**runpy.run_path(str(Path(__file__).resolve().parents[1] / "objective" / "objectives.py")))
ROWS = {"digits": None, "adult": None, "mnist": 1500}
SETTINGS = ((0.02, 64, 20), (0.05, 64, 20), (0.1, 64, 20), (0.05, 32, 20), (0.05, 64, 40), (0.1, 32, 20))


def one_seed(source, data, settings, seed):
    """Accuracies and AUROC of one draw."""
    rate, batch, epochs = settings
    drawn = TABLE.draw(source, TABLE.Condition(data, data), seed, ROWS[data])
    training = TrainingOverrides(learning_rate=rate, batch_size=batch, epochs=epochs)
    project = Project.open("builtin:mlp", drawn.train, drawn.validation, training=training, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        cache = project.train(Path(folder) / "cache.h5")
        scores = project.score(cache)
        removed = ((), np.flatnonzero(drawn.wrong), scores.order[: drawn.removed])
        accuracies = [TABLE.tested(cache, drawn, rows)[1] for rows in removed]
    return (*accuracies, mislabel_detection(scores.values, drawn.wrong).auroc)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mnist", required=True, help="folder or zip with MNIST")
    parser.add_argument("--adult", nargs="+", type=Path, required=True, help="Adult's text files")
    parser.add_argument("--seeds", type=int, default=3, help="how many (default: %(default)s)")
    args = parser.parse_args()
    logging.getLogger("nnabla_influence").setLevel(logging.ERROR)
    sources = TABLE.read_sources(SimpleNamespace(**vars(args), cifar10=None))
    print("| data | learning rate | batch | epochs | accuracy | without the flips | without the most harmful | AUROC |")
    print(f"|{'---|' * 8}")
    for data, settings in itertools.product(ROWS, SETTINGS):
        figures = [one_seed(sources[data], data, settings, seed) for seed in range(args.seeds)]
        means = [f"{mean:.3f}" for mean in np.mean(figures, axis=0)]
        print(f"| {data} | {' | '.join(map(str, settings))} | {' | '.join(means)} |", flush=True)


if __name__ == "__main__":
    main()
