"""`import`: make NNC data sets of a folder of images, a table, or arrays."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

from ..choices import COLOURS, TASKS
from .console import Console
from .options import add_overwrite, add_seed, add_verbosity, rate, typed_path

if TYPE_CHECKING:
    from ..workflow.import_data import Imported

__all__ = ["add_parser", "run"]

EXAMPLES = (
    "python -m nnabla_influence import photos --output data",
    "python -m nnabla_influence import wine.csv --label cultivar --output wine",
    "python -m nnabla_influence import training.xlsx --validation validation.xlsx --output data",
)
VALIDATION_SHARE = 0.2
TEST_SHARE = 0.2
HEADER = {"auto": None, "yes": True, "no": False}


def add_parser(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "import",
        help="make data sets of a folder of images, a table (CSV, Excel, Parquet) or arrays (.npz)",
        description="Makes training.csv, validation.csv, with --test also test.csv, and classes.csv (number and name). "
        "Finds out what a source is, lists every decision it took, and prints the next command. The source stays as it "
        "is; images stay where they are.",
    )
    parser.add_argument(
        "source", type=Path, metavar="SOURCE", help="folder with a folder of images per class, table, or .npz archive"
    )
    parser.add_argument("--output", required=True, type=Path, metavar="DIR", help="folder to write the data sets to")
    _add_columns(parser)
    parser.add_argument(
        "--validation",
        type=share_or_source,
        default=VALIDATION_SHARE,
        metavar="SHARE|SOURCE",
        help="share of rows that validate, or a further source that does: a table with the same columns, a folder of "
        "the same classes (default: %(default)s)",
    )
    parser.add_argument(
        "--test",
        nargs="?",
        type=share_or_source,
        const=TEST_SHARE,
        default=0.0,
        metavar="SHARE|SOURCE",
        help=f"also set rows aside for a test, or take a further source (default: none; without a number {TEST_SHARE})",
    )
    parser.add_argument(
        "--colours", choices=COLOURS, help="convert images of another kind, as copies beside the data sets"
    )
    add_overwrite(parser, "data sets that exist")
    add_seed(parser)
    add_verbosity(parser)


def _add_columns(parser: argparse.ArgumentParser) -> None:
    """Add what a user may say about a table."""
    parser.add_argument(
        "--label",
        nargs="+",
        default=[],
        metavar="COLUMN",
        help="the column to predict; several for one-hot classes, several labels or several values (default: the one "
        "with a usual name, such as label or class)",
    )
    parser.add_argument(
        "--ignore", nargs="+", default=[], metavar="COLUMN", help="columns, or class folders, to leave out"
    )
    parser.add_argument(
        "--task",
        choices=("auto", *TASKS[:2]),
        default="auto",
        help="whether the label is a class or a value (default: by its cells)",
    )
    parser.add_argument("--encoding", metavar="NAME", help="of a text file, such as cp932 (default: find out)")
    parser.add_argument(
        "--header", choices=tuple(HEADER), default="auto", help="does the first line name the columns? (default: auto)"
    )


def share_or_source(text: str) -> Union[float, Path]:
    """Read a share of the rows (``0.2``), or the path of something that exists."""
    if Path(text).exists():
        return Path(text)
    try:
        float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected a share such as 0.2, or a folder or table that exists, got '{text}'"
        ) from None
    return rate(text)


def run(args: argparse.Namespace, console: Console) -> int:
    """Write the data sets.

    Raises:
        DataError: The source cannot be read, or its labels or columns cannot be used.
        OutputExistsError: A data set is there already.
    """
    from ..workflow.import_data import ImportRequest, import_data

    request = ImportRequest(
        args.source,
        args.output,
        args.label,
        args.ignore,
        args.task,
        args.validation,
        args.test,
        args.seed,
        args.encoding,
        HEADER[args.header],
        args.colours,
        args.overwrite,
    )
    imported = import_data(request, console)
    _say(console, imported)
    return 0


def _say(console: Console, imported: Imported) -> None:
    for decision in imported.decisions:
        console.info(f"- {decision}")
    for part, path in imported.files.items():
        console.info(f"{part + ':':12}{path} ({imported.rows[part]:,} rows)")
    if imported.classes_file is not None:
        console.info(f"{'classes:':12}{imported.classes_file} ({len(imported.classes)} names)")
    if imported.mixed_colours:
        console.warn(
            "images of several kinds cannot be trained on together; import again with --colours "
            f"{' or '.join(COLOURS)} --overwrite"
        )
    console.result(f"next: {_next_command(imported)}")


def _next_command(imported: Imported) -> str:
    """Return the command that trains and scores."""
    size = imported.image_size
    settings = f" --task {imported.task}" if imported.task else ""
    settings += f" --image-size {size[0]}x{size[1]}" if size else ""
    settings += f" --batch-size {imported.batch_size}" if imported.batch_size else ""
    train = imported.files["training"]
    return (
        f"python -m nnabla_influence run --network {imported.network} --train {typed_path(train)} --validation "
        f"{typed_path(imported.files['validation'])}{settings} --output {typed_path(train.with_name('influence.csv'))}"
    )
