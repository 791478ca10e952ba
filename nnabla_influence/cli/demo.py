"""`demo`: the whole job on real data that comes with the package.

The UCI handwritten digits (1,797 real 8x8 images) are written out as an NNC data set and a tenth of the training labels
is flipped. Then everything is done that the package is for: train over a few seeds, score every sample, see how well
the flipped labels are found, retrain without the most harmful samples, choose on data of its own how many to remove,
write the cleansed data set, and show all of it on one page. No download; everything lies in one folder afterwards.
"""

from __future__ import annotations

import argparse
import logging
import time
from pathlib import Path
from typing import Any, Dict, List

from .options import add_common, positive_int, rate
from .report import NEXT_STEP

LOGGER = logging.getLogger("nnabla_influence")
METHODS = ("spectral", "loss", "random")
SHARES = ("5%", "10%", "20%")
# For 8x8 images; the built-in's own settings are for larger ones.
SETTINGS = ("--learning-rate", "0.05", "--batch-size", "32", "--epochs", "30")


def add_parser(subparsers: Any) -> None:
    """Adds the command's options."""
    parser = subparsers.add_parser(
        "demo",
        help="the whole job on embedded real data, in about a minute",
        description="Trains on 1,000 real handwritten digits with flipped labels, scores every sample, shows how well "
        "the flipped ones were found, retrains without the most harmful ones, and writes the cleansed data set and a "
        "report.",
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
    parser.add_argument(
        "--workers", type=positive_int, default=2, metavar="N", help="processes that retrain (default: %(default)s)"
    )
    add_common(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the demo."""
    from ..dataset.csv import Table
    from ..dataset.digits import write_digits
    from ..dataset.noise import write_noisy
    from ..evaluation.metrics import require_scikit_learn
    from ..report import require_report_libraries
    from .console import Console

    require_scikit_learn()
    require_report_libraries()
    console, started, folder = Console.from_args(args), time.monotonic(), args.output
    clean, validation, test = write_digits(folder / "digits", seed=args.seed)
    noisy, truth = folder / "digits" / "training_noisy.csv", folder / "truth.csv"
    flips = write_noisy(Table.read(clean), "y", args.rate, "symmetric", args.seed, noisy, truth)
    console.info(f"1,000 handwritten digits, {int(flips.flipped.sum())} labels flipped: {noisy}")
    _whole_loop(evaluate_arguments(args, noisy, validation, test), folder, flips.flipped, console)
    console.info(f"which labels were flipped: {truth}")
    console.info(f"took {time.monotonic() - started:.0f} s")
    console.result(f"report, to look at in a browser: {folder / 'report.html'}")
    return 0


def evaluate_arguments(args: argparse.Namespace, train: Path, validation: Path, test: Path) -> argparse.Namespace:
    """What ``evaluate`` would have been called with."""
    from .main import build_parser

    data = ("--train", train, "--validation", validation, "--test", test, "--data-cache", args.output / "decoded")
    what = ("--methods", *METHODS, "--remove", *SHARES, "--retrain", "scratch", "--trials", args.trials)
    how = ("--seed", args.seed, "--device", args.device, "--workers", args.workers, "--overwrite", *SETTINGS)
    output = ("--output", args.output / "retrainings.csv")
    return build_parser().parse_args(
        list(map(str, ("evaluate", "--network", "builtin:cnn", *data, *what, *how, *output)))
    )


def _whole_loop(options: argparse.Namespace, folder: Path, flipped: Any, console: Any) -> None:
    """Train, score, retrain, cleanse, report."""
    from ..scores import InfluenceScores
    from .evaluate import retrained_curve, trained

    judged, trials = trained(options, console)
    means = {method: InfluenceScores.mean([trial.scores[method] for trial in trials]) for method in METHODS}
    _detection(console, means, flipped, len(trials))
    influence = _written(means[METHODS[0]], trials, judged, folder / "influence.csv")
    console.info(f"scores, most harmful first: {influence}")
    curve = retrained_curve(options, trials, judged, console)
    _cleansed(console, influence, judged.train.path, curve.choice(METHODS[0], "remove", "scratch").removed, folder)
    _report(console, influence, options.output, trials, folder)


def _written(mean: Any, trials: List[Any], judged: Any, path: Path) -> Path:
    """The influence CSV, with loss and predicted label by the first training."""
    import dataclasses

    from ..estimators import sample_columns
    from ..training import TrainingCache

    columns = sample_columns(TrainingCache.open(trials[0].cache), judged.train)
    dataclasses.replace(mean, columns=columns).to_csv(path, judged.train.table)
    return path


def _cleansed(console: Any, influence: Path, train: Path, number: int, folder: Path) -> None:
    """The cleansed data set, with as many rows removed as the selection data chose."""
    from ..cleansing import Count, cleanse
    from ..scored_data import ScoredData

    if not number:
        console.info("nothing is removed: the selection data says that no number of samples is worth removing")
        return
    data = ScoredData.read(influence, train)
    cleanse(data, Count(number).rows(data.scores), folder / "cleansed.csv", folder / "removed.csv")
    console.info(f"without the {number} most harmful: {folder / 'cleansed.csv'}; those: {folder / 'removed.csv'}")


def _report(console: Any, influence: Path, curve: Path, trials: List[Any], folder: Path) -> None:
    from ..report import ReportInputs, write_report

    write_report(ReportInputs(influence, curve, trials[0].cache, next_step=NEXT_STEP), folder / "report.html")


def _detection(console: Any, scores: Dict[str, Any], flipped: Any, trials: int) -> None:
    from ..evaluation.metrics import mislabel_detection

    seeds = "1 seed" if trials == 1 else f"{trials} seeds"
    console.result(f"\nHow well are the flipped labels found? (mean of the scores of {seeds})")
    rows = []
    for method, mean in scores.items():
        m = mislabel_detection(mean.values, flipped)
        rows.append((method, m.auroc, m.average_precision, m.precision_at_flips))
    console.table(("scores", "AUROC", "average precision", f"precision among first {int(flipped.sum())}"), rows)
    console.result(
        "loss measures oddness and is a strong detector of flipped labels; influence (spectral) measures harm to the\n"
        "validation loss, another question. Look at both.\n"
    )
