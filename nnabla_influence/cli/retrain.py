"""`retrain`: did cleansing help? Trains on the cleansed data and on the original over several seeds, and compares."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, List

from .console import Console
from .network_options import add_network_file_options, add_network_option
from .options import add_common, add_execution, add_overwrite, data_file, execution, output_file, positive_int
from .project_options import (
    add_data_options,
    add_run_options,
    project_request,
)

if TYPE_CHECKING:
    from ..evaluation.cleansing_effect import CleansingEffect

__all__ = ["add_parser", "print_effect", "run"]

EXAMPLES = (
    "python -m nnabla_influence retrain --network builtin:cnn --train training.csv --validation validation.csv "
    "--cleansed cleansed.csv --test test.csv",
)
TRIALS = 5


def add_parser(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "retrain",
        help="train on the cleansed data, and compare with the original",
        description="Trains from new parameters on the original and on the cleansed data, with the same seeds, and "
        "measures both on the same rows: validation rows, or better test data, which had no part in the cleansing. "
        "Says in one sentence whether it helped. Interrupted, the same command with --output goes on.",
    )
    add_network_option(parser)
    parser.add_argument(
        "--cleansed",
        required=True,
        type=data_file,
        metavar="CSV",
        help="the cleansed training data",
    )
    parser.add_argument("--test", type=data_file, metavar="CSV", help="data that judges (default: the validation rows)")
    parser.add_argument(
        "--trials",
        type=positive_int,
        default=TRIALS,
        metavar="K",
        help="seeds of each (default: %(default)s)",
    )
    parser.add_argument(
        "--output", type=output_file, metavar="CSV", help="one row per training, to write (default: none is kept)"
    )
    add_overwrite(parser, "an output that exists, and the progress of another run")
    add_data_options(parser)
    add_run_options(parser)
    add_execution(parser)
    add_network_file_options(parser)
    add_common(parser)


def run(args: argparse.Namespace, console: Console) -> int:
    """Train on both, and compare.

    Raises:
        InfluenceError: Something does not fit, or a training failed.
    """
    from ..workflow.retrain import RetrainRequest, retrain

    request = RetrainRequest(
        project_request(args), args.cleansed, args.output, args.test, args.trials, execution(args), args.overwrite
    )
    effect = retrain(request, console)
    print_effect(console, effect)
    if args.output is not None:
        console.info(f"every training: {args.output}")
    return 0


def print_effect(console: Console, effect: CleansingEffect) -> None:
    """Print what both trainings came to, and what that means."""
    header: List[str] = [f"trained on ({effect.gain.seeds} seeds)", f"error on {effect.judged} data"]
    rows: List[List[Any]] = [
        ["the original data", effect.original.text(".4g")],
        ["the cleansed data", effect.cleansed.text(".4g")],
        ["change", effect.change.text()],
    ]
    accuracies = (effect.original_accuracy, effect.cleansed_accuracy, effect.accuracy_change)
    if all(accuracy is not None for accuracy in accuracies):
        header.append("accuracy")
        for row, accuracy, form in zip(rows, accuracies, (".4g", ".4g", "+.4g")):
            row.append(accuracy.text(form) if accuracy else "-")
    console.table(header, rows)
    console.result(effect.sentence)
