"""`compare`: do influence CSVs rank the samples alike, and do they find the labels that were flipped?

The measures are those of `nnabla_influence.evaluation.metrics`; rows are joined by `dataset.indexed_column`.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Sequence

from ..errors import ConfigError, DataError
from .console import Console
from .options import add_verbosity, existing_file

if TYPE_CHECKING:
    import numpy as np

__all__ = ["add_parser", "run"]

FLIPPED = "flipped"

Record = Dict[str, Any]


def add_parser(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "compare",
        help="rank agreement of influence CSVs; how well they find flipped labels",
        description="Spearman and Kendall rank correlation for each pair of influence CSVs. With --truth: how well "
        "the lowest scores of each file find the flipped labels (AUROC, average precision, precision and recall at "
        "the number of flips).",
    )
    parser.add_argument("influence", nargs="+", type=existing_file, metavar="CSV", help="influence CSV")
    parser.add_argument(
        "--truth",
        type=existing_file,
        metavar="CSV",
        help="which labels were flipped, as noise writes it: columns datasource_index and flipped",
    )
    parser.add_argument(
        "--column", default="influence", metavar="NAME", help="the column to compare (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON for machines instead of tables")
    add_verbosity(parser)


def run(args: argparse.Namespace) -> int:
    """Compare the files and print what was found.

    Raises:
        ConfigError: One file without --truth.
        DataError: A file is broken, or the files are about different samples.
        MissingExtraError: --truth without scikit-learn.
    """
    from ..dataset.indexed_column import IndexedColumn

    paths: List[Path] = args.influence
    if len(paths) < 2 and args.truth is None:
        raise ConfigError("compare expects two or more influence CSVs, or one with --truth; got one without.")
    columns = [IndexedColumn.read_scores(path, args.column) for path in paths]
    vectors = [column.aligned_with(columns[0]) for column in columns]
    result: Record = {
        "column": args.column,
        "samples": len(vectors[0]),
        "agreement": _agreement(paths, vectors),
    }
    if args.truth is not None:
        flipped = IndexedColumn.read_flags(args.truth, FLIPPED).aligned_with(columns[0])
        result["mislabel"] = _detection(paths, vectors, flipped)
    _report(Console.from_args(args), result, args.json)
    return 0


def _agreement(paths: List[Path], vectors: List[np.ndarray]) -> List[Record]:
    """One record per pair of files."""
    from ..evaluation.metrics import rank_agreement

    records = []
    for (first, a), (second, b) in itertools.combinations(zip(paths, vectors), 2):
        try:
            agreement = rank_agreement(a, b)
        except DataError as error:
            raise DataError(f"{first} (first) and {second} (second): {error}") from error
        records.append({"first": str(first), "second": str(second), **agreement.to_dict()})
    return records


def _detection(paths: List[Path], vectors: List[np.ndarray], flipped: np.ndarray) -> List[Record]:
    """One record per file."""
    from ..evaluation.metrics import mislabel_detection

    return [
        {"file": str(path), **mislabel_detection(vector, flipped).to_dict()} for path, vector in zip(paths, vectors)
    ]


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
