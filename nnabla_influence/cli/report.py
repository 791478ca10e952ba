"""`report`: one HTML page with the most harmful samples, the distribution of the scores and the removal curve."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Tuple

from .command_parser import rare
from .console import Console
from .options import (
    add_classes,
    add_decoding_workers,
    add_overwrite,
    add_verbosity,
    data_file,
    decoding_execution,
    existing_file,
    output_file,
)

__all__ = ["NEXT_STEP", "add_parser", "run"]

EXAMPLES = (
    "python -m nnabla_influence report --influence influence.csv --output report.html",
    "python -m nnabla_influence report --influence influence.csv --curve curve.csv --cache cache.h5 "
    "--suspects suspects.csv --output report.html",
    "python -m nnabla_influence report --influence harms_these.csv --target rows.csv --validation validation.csv "
    "--output report.html",
)
ROWS = "rows="
NEXT_STEP = (
    "python -m nnabla_influence cleanse --influence {influence} --list {ticked} "
    "--output clean.csv --removed removed.csv"
)
"""The command that the page shows beside the list of ticked rows."""


def add_parser(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "report",
        help="one HTML page to look at the scored samples, with figures",
        description="Writes one self-contained HTML page: the most harmful and most helpful samples, the distribution "
        "of the scores, the removal curve, cost and configuration. Samples can be ticked and downloaded as a list for "
        "`cleanse --list`. The figures are also written as PNG files beside it. Needs the extra [report].",
    )
    parser.add_argument(
        "--influence", required=True, type=existing_file, metavar="CSV", help="the scores, as score or run wrote them"
    )
    parser.add_argument("--curve", type=existing_file, metavar="CSV", help="the removal curve, as evaluate wrote it")
    parser.add_argument("--cache", type=existing_file, metavar="H5", help="the training cache, for cost and settings")
    parser.add_argument(
        "--suspects",
        type=existing_file,
        metavar="CSV",
        help="the suspicious validation rows, as score or run wrote them with --suspects",
    )
    parser.add_argument(
        "--label", metavar="NAME", help="the variable with the classes (default: y if it holds classes)"
    )
    add_classes(parser)
    _add_asked_rows(parser.add_argument_group("of scores that ask about some validation rows (see score --target)"))
    rare(parser).add_argument(
        "--details",
        nargs="+",
        type=detail,
        default=[],
        metavar="NAME=VALUE",
        help="further figures to show under cost, e.g. 'training=12 s'",
    )
    parser.add_argument("--output", required=True, type=output_file, metavar="HTML", help="the page to write")
    add_overwrite(parser, "a page that exists")
    add_decoding_workers(parser, "the making of thumbnails")
    add_verbosity(parser)


def _add_asked_rows(group: Any) -> None:
    """Add the validation rows that scores ask about."""
    group.add_argument(
        "--target",
        type=asked_rows,
        metavar="CSV",
        help="the list of these rows: each is shown beside the training rows that helped and harmed it most",
    )
    group.add_argument("--validation", type=data_file, metavar="CSV", help="the validation data they are rows of")


def asked_rows(text: str) -> Path:
    """``list.csv``, or ``rows=list.csv`` as `score` takes it."""
    return existing_file(text[len(ROWS) :] if text.startswith(ROWS) else text)


def detail(text: str) -> Tuple[str, str]:
    """``NAME=VALUE``."""
    name, equals, value = (part.strip() for part in text.partition("="))
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, for example 'training=12 s', got '{text}'")
    return name, value


def run(args: argparse.Namespace, console: Console) -> int:
    """Write the report.

    Raises:
        MissingExtraError: Jinja2 or matplotlib is not installed.
        DataError: A file is broken or not what it should be.
        OutputExistsError: The output exists and may not be replaced, or is one of the inputs.
    """
    from ..report import ReportInputs, write_report

    inputs = ReportInputs(
        args.influence,
        args.curve,
        args.cache,
        args.label,
        dict(args.details),
        NEXT_STEP,
        args.suspects,
        args.classes,
        args.target,
        args.validation,
    )
    written = write_report(inputs, args.output, overwrite=args.overwrite, execution=decoding_execution(args))
    if written.unreadable:
        console.warn(f"{written.unreadable:,} files of samples could not be read; the report names the first")
    size = written.page.stat().st_size
    console.info(f"{written.shown:,} of {written.total:,} samples shown, {size / 1e6:.1f} MB")
    console.info(f"figures: {args.output.parent / written.figures[0].parent.name}")
    console.result(f"report: {args.output}")
    return 0
