"""`compare`: do influence CSVs rank the samples alike, and do they find the labels that were flipped?"""

from __future__ import annotations

import argparse
from typing import Any, Dict, List, Sequence

from .console import Console
from .options import add_verbosity, existing_file

__all__ = ["add_parser", "run"]

EXAMPLES = (
    "python -m nnabla_influence compare influence.csv last_epoch.csv",
    "python -m nnabla_influence compare influence.csv --truth truth.csv",
)

Record = Dict[str, Any]


def add_parser(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "compare",
        help="rank agreement of influence CSVs; how well they find flipped labels",
        description="Spearman and Kendall rank correlation for each pair of influence CSVs. With --truth: how well "
        "the lowest scores of each file (of the column loss the highest) find the flipped labels (AUROC, average "
        "precision, precision and recall at the number of flips).",
    )
    parser.add_argument("influence", nargs="+", type=existing_file, metavar="CSV", help="influence CSV")
    parser.add_argument(
        "--truth",
        type=existing_file,
        metavar="CSV",
        help="which labels were flipped, as noise writes it: columns datasource_index and flipped",
    )
    parser.add_argument(
        "--column",
        default="influence",
        metavar="NAME",
        help="the column to compare, the lowest most suspected; loss: the highest (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON for machines instead of tables")
    add_verbosity(parser)


def run(args: argparse.Namespace, console: Console) -> int:
    """Compare the files and print what was found.

    Raises:
        ConfigError: One file without --truth.
        DataError: A file is broken, or the files are about different samples.
        MissingExtraError: --truth without scikit-learn.
    """
    from ..workflow.compare import CompareRequest, compare

    comparison = compare(CompareRequest(tuple(args.influence), args.truth, args.column))
    result: Record = {
        "column": args.column,
        "samples": comparison.samples,
        "agreement": [
            {"first": str(first), "second": str(second), **agreement.to_dict()}
            for first, second, agreement in comparison.agreement
        ],
    }
    if comparison.mislabel is not None:
        result["mislabel"] = [{"file": str(path), **detection.to_dict()} for path, detection in comparison.mislabel]
    _report(console, result, args.json)
    return 0


def _report(console: Console, result: Record, as_json: bool) -> None:
    if as_json:
        console.json(result)
        return
    console.info(f"{result['samples']} samples, column {result['column']}")
    if result["agreement"]:
        _print_records(console, ("first", "second", "Spearman", "Kendall"), result["agreement"])
    if "mislabel" in result:
        header = ("file", "AUROC", "average precision", "precision at flips", "recall at flips", "flips")
        _print_records(console, header, result["mislabel"])


def _print_records(console: Console, header: Sequence[str], records: List[Record]) -> None:
    console.info()
    console.table(header, [list(record.values()) for record in records])
