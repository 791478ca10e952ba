"""`demo`: the whole job on real data that comes with the package.

The UCI handwritten digits (1,797 real 8x8 images) are written out as an NNC data set and a tenth of the training labels
is flipped. Then everything is done that the package is for: train over a few seeds, score every sample, see how well
the flipped labels are found, retrain without the most harmful samples, choose on data of its own how many to remove,
write the cleansed data set, and show all of it on one page. No download; everything lies in one folder afterwards,
which a note in it makes the demo's own: it goes on there after an interruption, and touches no other folder.
"""

from __future__ import annotations

import argparse
import logging
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator, Mapping

from .console import Console
from .options import add_common, add_overwrite, positive_int, rate

if TYPE_CHECKING:
    from ..array import Array
    from ..scores import InfluenceScores
    from ..workflow.evaluate import EvaluatedTrials, EvaluateRequest

__all__ = ["add_parser", "run"]

LOGGER = logging.getLogger("nnabla_influence")
METHODS = ("spectral", "loss", "random")
RETRAINED = ("spectral", "random")
SHARES = (0.05, 0.1, 0.2)
TAKES = "all of it is about a minute of computing, shared by the workers"
NOTE = "made_by_demo.txt"
EXAMPLES = ("python -m nnabla_influence demo", "python -m nnabla_influence demo --output digits --workers 4")
NEXT = (
    "python -m nnabla_influence import FOLDER_OR_TABLE --output data",
    "python -m nnabla_influence run --network builtin:cnn --train data/training.csv --validation data/validation.csv "
    "--output influence.csv",
    "python -m nnabla_influence cleanse --influence influence.csv --remove 2% --output clean.csv --removed removed.csv",
)
"""What to type with data of one's own."""


def add_parser(subparsers: Any) -> None:
    """Add the command's parser."""
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
        "--workers",
        type=positive_int,
        default=2,
        metavar="N",
        help="processes that train and retrain (default: %(default)s)",
    )
    add_overwrite(parser, "what other settings made in the folder, or files in it that are not the demo's")
    add_common(parser)


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the demo.

    Raises:
        MissingExtraError: A library for the report or the measures is not installed.
        OutputExistsError: The folder holds something else.
    """
    from ..dataset.csv import Table
    from ..dataset.digits import write_digits
    from ..dataset.noise import write_noisy
    from ..evaluation.metrics import require_scikit_learn
    from ..report import require_report_libraries

    require_scikit_learn()
    require_report_libraries()
    started = time.monotonic()
    folder: Path = args.output
    _own(folder, args.overwrite)
    console.info(f"1/5 real data with wrong labels on purpose ({TAKES})")
    clean, validation, test = write_digits(folder / "digits", seed=args.seed)
    noisy = folder / "digits" / "training_noisy.csv"
    truth = folder / "truth.csv"
    flips = write_noisy(Table.read(clean), "y", args.rate, "symmetric", args.seed, noisy, truth)
    console.info(f"1,000 handwritten digits, {int(flips.flipped.sum())} labels flipped: {noisy}")
    console.info(f"which ones: {truth}")
    with _steps_only(console):
        _whole_loop(_request(args, noisy, validation, test), folder, flips.flipped, console)
    console.result(f"report, to look at in a browser: {folder / 'report.html'}")
    console.info(f"took {time.monotonic() - started:.0f} s\n\nnext, with your own data:")
    for line in NEXT:
        console.info(f"  {line}")
    return 0


def _own(folder: Path, overwrite: bool) -> None:
    """Make the folder, or take one that the demo made.

    Raises:
        OutputExistsError: It holds something else.
    """
    from ..errors import OutputExistsError
    from ..files import write_text_atomic
    from ..remedies import remedy

    if folder.is_dir() and any(folder.iterdir()) and not (folder / NOTE).is_file() and not overwrite:
        raise OutputExistsError(
            f"{folder}: expected a new folder, or one that the demo made, got one with other files.",
            remedy("replace-output"),
        )
    write_text_atomic(folder / NOTE, "The demo made this folder and may write into it again.\n")


@contextmanager
def _steps_only(console: Console) -> Iterator[None]:
    """Leave the package's log to those who ask for more: an epoch is a line, and there are many."""
    before = LOGGER.level
    if not console.verbose:
        LOGGER.setLevel(logging.WARNING)
    try:
        yield
    finally:
        LOGGER.setLevel(before)


def _request(args: argparse.Namespace, train: Path, validation: Path, test: Path) -> EvaluateRequest:
    """Make the request of the evaluation."""
    from ..cleansing import Share
    from ..device import Device
    from ..execution import Execution
    from ..workflow.data_reading import ReadingSettings
    from ..workflow.evaluate import EvaluateRequest
    from ..workflow.project_request import ProjectRequest
    from ..workflow.training_overrides import TrainingOverrides

    project = ProjectRequest(
        "builtin:cnn",
        train,
        validation,
        args.seed,
        Device(args.device),
        ReadingSettings(data_cache=args.output / "decoded"),
        # For 8x8 images; the built-in's own settings are for larger ones.
        TrainingOverrides(learning_rate=0.05, batch_size=32, epochs=30),
    )
    return EvaluateRequest(
        project,
        args.output / "retrainings.csv",
        METHODS,
        amounts=tuple(map(Share, SHARES)),
        trials=args.trials,
        starts=("scratch",),
        test=test,
        execution=Execution(args.workers),
        overwrite=args.overwrite,
    )


def _whole_loop(request: EvaluateRequest, folder: Path, flipped: Array, console: Console) -> None:
    """Train, score, retrain, cleanse, report."""
    import dataclasses

    from ..evaluation.decision import decisions
    from ..report import ReportInputs, write_report
    from ..scores import InfluenceScores
    from ..workflow.evaluate import evaluated_curve, trained_and_scored
    from ..workflow.progress_reporter import SILENT
    from .curve_table import print_curve
    from .report import NEXT_STEP

    console.info(f"\n2/5 training with {request.trials} seeds and scoring every digit")
    evaluated = trained_and_scored(request, console if console.verbose else SILENT)
    means = {method: InfluenceScores.mean([trial.scores[method] for trial in evaluated.trials]) for method in METHODS}
    _detection(console, means, flipped, len(evaluated.trials))
    influence = folder / "influence.csv"
    _write(means[METHODS[0]], evaluated, influence)
    console.info(f"scores, most harmful first: {influence}")
    console.info("\n3/5 training again from scratch without the most harmful digits, and without as many at random")
    judged = [
        dataclasses.replace(trial, scores={method: trial.scores[method] for method in RETRAINED})
        for trial in evaluated.trials
    ]
    curve = evaluated_curve(request, dataclasses.replace(evaluated, trials=judged), console)
    print_curve(console, curve)
    decision = next(decision for decision in decisions(curve) if decision.method == METHODS[0])
    console.info("\n4/5 the cleansed data")
    _cleanse(console, influence, request, decision.number)
    console.info("\n5/5 the report")
    inputs = ReportInputs(influence, request.output, evaluated.trials[0].cache, next_step=NEXT_STEP)
    write_report(inputs, folder / "report.html", overwrite=True)


def _write(mean: InfluenceScores, evaluated: EvaluatedTrials, path: Path) -> None:
    """Write the influence CSV, with loss and predicted label by the first training."""
    import dataclasses

    first = evaluated.trials[0].scores[mean.method]
    dataclasses.replace(mean, columns=first.columns).to_csv(path, evaluated.data.train.table, overwrite=True)


def _cleanse(console: Console, influence: Path, request: EvaluateRequest, number: int) -> None:
    """Write the cleansed data set, with as many rows removed as was decided."""
    from ..cleansing import Count
    from ..workflow.cleanse import CleanseRequest, cleanse_data

    if not number:
        console.info("nothing is removed")
        return
    cleansed = influence.with_name("cleansed.csv")
    removed = influence.with_name("removed.csv")
    train = request.project.train if isinstance(request.project.train, Path) else None
    cleanse_data(CleanseRequest(influence, Count(number), cleansed, removed, train=train, overwrite=True))
    console.info(f"without the {number} most harmful: {cleansed}; those: {removed}")


def _detection(console: Console, scores: Mapping[str, InfluenceScores], flipped: Array, trials: int) -> None:
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
        "validation error, another question. Look at both.\n"
    )
