"""`demo`: the whole job on real data that comes with the package.

The UCI handwritten digits (1,797 real 8x8 images) are written out as an NNC data set, a tenth of the training labels
is flipped, a small network is trained, every sample is scored, and a table says how well the flipped labels were
found by influence (the default method and the original one), by the loss, and by chance. No download; everything lies
in one folder afterwards.
"""

from __future__ import annotations

import argparse
import logging
import time
from pathlib import Path
from typing import Any, Dict, List

from .options import add_common, positive_int, rate

LOGGER = logging.getLogger("nnabla_influence")
METHODS = ("spectral", "last-epoch", "loss", "random")
# For 8x8 images; the built-in's own settings are for larger ones.
SETTINGS = ("--learning-rate", "0.05", "--batch-size", "32", "--epochs", "30")


def add_parser(subparsers: Any) -> None:
    """Adds the command's options."""
    parser = subparsers.add_parser(
        "demo",
        help="the whole job on embedded real data, in about a minute",
        description="Trains on 1,000 real handwritten digits with flipped labels, scores every sample and shows how "
        "well the flipped ones were found.",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("nnabla_influence_demo"),
        metavar="DIR",
        help="folder to write to (default: %(default)s)",
    )
    parser.add_argument("--rate", type=rate, default=0.1, metavar="R", help="share of labels flipped (default: 0.1)")
    parser.add_argument("--trials", type=positive_int, default=3, metavar="K", help="seeds (default: %(default)s)")
    add_common(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the demo."""
    from ..dataset.csv import Table
    from ..dataset.digits import write_digits
    from ..dataset.noise import write_noisy
    from ..evaluation.metrics import require_scikit_learn
    from .console import Console

    require_scikit_learn()
    console, started, folder = Console.from_args(args), time.monotonic(), args.output
    clean, validation, _ = write_digits(folder / "digits", seed=args.seed)
    noisy, truth = folder / "digits" / "training_noisy.csv", folder / "truth.csv"
    flips = write_noisy(Table.read(clean), "y", args.rate, "symmetric", args.seed, noisy, truth)
    console.info(f"1,000 handwritten digits, {int(flips.flipped.sum())} labels flipped: {noisy}")
    scores = _scores(args, console, noisy, validation)
    _table(console, scores, flips.flipped, args.trials)
    for method, mean in scores.items():
        path = folder / f"influence_{method}.csv"
        mean.to_csv(path, Table.read(noisy))
        console.info(f"scores, most harmful first: {path}")
    console.info(f"which labels were flipped:  {truth}")
    console.info(
        f"took {time.monotonic() - started:.0f} s; next: python -m nnabla_influence info "
        f"{folder / 'influence_spectral.csv'}"
    )
    return 0


def _scores(args: argparse.Namespace, console: Any, train: Path, validation: Path) -> Dict[str, Any]:
    """Mean scores over the trials, by method."""
    from ..device import Device
    from ..scores import InfluenceScores
    from .project import load_project
    from .run import cache_path
    from .scoring import estimator, score
    from .training_run import train_project

    found: Dict[str, List[Any]] = {method: [] for method in METHODS}
    first = args.seed
    for seed in range(first, first + args.trials):
        options = project_arguments(args, train, validation, seed)
        project = load_project(options, console)
        cache = train_project(
            project, cache_path(args.output / "training.csv", seed), Device(args.device), console, overwrite=True
        )
        for method in METHODS:
            found[method].append(
                score(
                    estimator(options, method),
                    cache,
                    project.train,
                    project.validation,
                    console,
                    args.output / f"influence_{method}.csv",
                )
            )
    return {method: InfluenceScores.mean(trials) for method, trials in found.items()}


def project_arguments(args: argparse.Namespace, train: Path, validation: Path, seed: int) -> argparse.Namespace:
    """The arguments ``run`` would have had, with its defaults."""
    from .main import build_parser

    return build_parser().parse_args(
        [
            "run",
            "--network",
            "builtin:cnn",
            "--train",
            str(train),
            "--validation",
            str(validation),
            "--output",
            str(args.output / "influence.csv"),
            "--seed",
            str(seed),
            "--device",
            args.device,
            "--data-cache",
            str(args.output / "decoded"),
            *SETTINGS,
        ]
    )


def _seeds(count: int) -> str:
    return "1 seed" if count == 1 else f"{count} seeds"


def _table(console: Any, scores: Dict[str, Any], flipped: Any, trials: int) -> None:
    from ..evaluation.metrics import mislabel_detection

    console.result(f"\nHow well are the flipped labels found? (mean of the scores of {_seeds(trials)})")
    rows = []
    for method, mean in scores.items():
        m = mislabel_detection(mean.values, flipped)
        rows.append((method, m.auroc, m.average_precision, m.precision_at_flips))
    console.table(("scores", "AUROC", "average precision", f"precision among first {int(flipped.sum())}"), rows)
    console.result(
        "loss measures oddness and is a strong detector of flipped labels; influence (spectral, last-epoch) "
        "measures harm\nto the validation loss, another question. Look at both.\n"
    )
