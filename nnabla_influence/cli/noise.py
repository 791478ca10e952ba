"""`noise`: flip a share of a data set's labels on purpose, to measure whether a method finds them."""

from __future__ import annotations

import argparse
from typing import Any

from ..choices import NOISE_KINDS
from .console import Console
from .options import add_overwrite, add_seed, add_verbosity, existing_file, output_file, rate

__all__ = ["add_parser", "run"]

EXAMPLES = ("python -m nnabla_influence noise --train training.csv --rate 0.1 --output noisy.csv --truth truth.csv",)


def add_parser(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "noise",
        help="flip a share of the labels, to measure whether a method finds them",
        description="Writes a copy of a data set in which exactly round(RATE * samples) labels are wrong, and the "
        "truth about it for `compare --truth`.",
    )
    parser.add_argument("--train", required=True, type=existing_file, metavar="CSV", help="the clean data set")
    parser.add_argument("--rate", required=True, type=rate, help="share of labels to flip, for example 0.1")
    parser.add_argument(
        "--kind",
        choices=NOISE_KINDS,
        default=NOISE_KINDS[0],
        help="symmetric: any other class; pairwise: class c becomes c + 1 (default: %(default)s)",
    )
    parser.add_argument(
        "--label", default="y", metavar="NAME", help="the variable with the class numbers (default: %(default)s)"
    )
    parser.add_argument("--output", required=True, type=output_file, metavar="CSV", help="the noisy data set to write")
    parser.add_argument(
        "--truth",
        required=True,
        type=output_file,
        metavar="CSV",
        help="the truth to write: datasource_index, clean_label, noisy_label, flipped",
    )
    add_overwrite(parser)
    add_seed(parser)
    add_verbosity(parser)


def run(args: argparse.Namespace, console: Console) -> int:
    """Write the noisy data set and the truth.

    Raises:
        DataError: The data set is broken or has no such label column.
        OutputExistsError: An output exists and may not be replaced, is the data set itself, or both are the same file.
    """
    from ..workflow.noise import NoiseRequest, add_noise

    request = NoiseRequest(
        args.train, args.rate, args.output, args.truth, args.kind, args.label, args.seed, args.overwrite
    )
    labels = add_noise(request)
    console.info(f"{int(labels.flipped.sum())} of {len(labels.flipped)} labels flipped ({args.kind}, seed {args.seed})")
    console.info(f"noisy data set: {args.output}")
    console.info(f"truth:          {args.truth}")
    return 0
