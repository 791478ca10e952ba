"""`cleanse`: remove the most harmful rows from a training data set, or propose other labels for them."""

from __future__ import annotations

import argparse
import logging
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional, Union

from ..errors import ConfigError, DataError
from .amount import amount
from .console import Console
from .evaluate import STARTS, add_selection_options
from .options import (
    add_common,
    add_execution,
    check_output,
    existing_file,
    image_size,
    output_file,
    positive_int,
)
from .project_options import DEFAULT_METHOD, METHODS, add_network_option

if TYPE_CHECKING:
    from ..array import IntArray
    from ..cleansing import Amount, Removal
    from ..scored_data import ScoredData

__all__ = ["add_parser", "report_classes", "run"]

LOGGER = logging.getLogger("nnabla_influence")
AUTO = "auto"
DEFAULT_LABEL = "y"
ORDERS = 5
# What --remove auto alone looks at, with the defaults.
AUTO_READS = {
    "cache": None,
    "network": None,
    "validation": None,
    "selection": None,
    "split_seed": 0,
    "method": DEFAULT_METHOD,
    "orders": ORDERS,
    "retrain": STARTS[0],
    "overwrite": False,
    "workers": 1,
    "scheduler": None,
}
EXAMPLES = 5
# argparse takes -0.5 for a value but -1e-5, as scores often are, for an option
NEGATIVE_NUMBER = re.compile(r"^-(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$")


def add_parser(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "cleanse",
        help="remove the most harmful rows, or propose other labels for them",
        description="Writes a cleansed data set and the rows removed from it: the original columns in the original "
        "order, every row in exactly one of the two. With --relabel no row goes; the selected ones get the label that "
        "the network predicts.",
    )
    parser._negative_number_matcher = NEGATIVE_NUMBER
    parser.add_argument(
        "--influence",
        type=existing_file,
        metavar="CSV",
        help="influence CSV, as score writes it; with --remove auto it is made if it is left out",
    )
    _add_selection(parser)
    parser.add_argument("--output", required=True, type=output_file, metavar="CSV", help="data set to write")
    parser.add_argument("--removed", type=output_file, metavar="CSV", help="the removed rows, to write")
    parser.add_argument(
        "--relabel",
        action="store_true",
        help="keep every row; give the selected ones their predicted_label (see --changed)",
    )
    parser.add_argument(
        "--changed", type=output_file, metavar="CSV", help="with --relabel: the changed rows with old and new label"
    )
    parser.add_argument(
        "--label", metavar="NAME", help=f"the variable with the class numbers (default: {DEFAULT_LABEL} if it has any)"
    )
    _add_data(parser)
    _add_automatic(parser)
    add_common(parser)
    add_execution(parser)


def _add_selection(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("which rows (one of three)").add_mutually_exclusive_group(required=True)
    group.add_argument(
        "--remove",
        type=amount_or_auto,
        metavar="N",
        help="the most harmful: so many (100), a share (2%%), or as many as retraining finds worth removing (auto)",
    )
    group.add_argument("--below", type=finite, metavar="X", help="all with a score below X")
    group.add_argument(
        "--list", type=existing_file, metavar="CSV", help="those in the datasource_index column of a CSV (of a report)"
    )
    parser.add_argument(
        "--score",
        default="influence",
        metavar="COLUMN",
        help="the column to judge by, the lowest first; loss: the highest first (default: %(default)s)",
    )


def _add_data(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("data")
    group.add_argument(
        "--train",
        type=existing_file,
        metavar="CSV",
        help="the training CSV that was scored; keeps its comment columns (default: rebuilt from --influence)",
    )
    group.add_argument(
        "--test", type=existing_file, metavar="CSV", help="refuse if any row of this test set is in the training data"
    )
    group.add_argument("--image-size", type=image_size, metavar="HxW", help="with --test: resize every image")
    group.add_argument(
        "--data-cache", type=Path, metavar="DIR", help="where decoded data is kept (default: user cache)"
    )


def _add_automatic(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("with --remove auto (the last epoch is retrained; retrainings are kept)")
    group.add_argument("--cache", type=existing_file, metavar="C.h5", help="training cache; or else")
    add_network_option(group, required=False)
    group.add_argument("--validation", type=existing_file, metavar="CSV", help="validation data of the training")
    add_selection_options(group)
    group.add_argument("--method", choices=METHODS, default=DEFAULT_METHOD, help="how to score (default: %(default)s)")
    group.add_argument(
        "--orders",
        type=positive_int,
        default=ORDERS,
        metavar="K",
        help="retrainings of each number (default: %(default)s)",
    )
    group.add_argument(
        "--retrain", choices=STARTS, default=STARTS[0], help="from the last epoch's start, or from scratch"
    )
    group.add_argument("--overwrite", action="store_true", help="replace retrainings and caches of other runs")


def amount_or_auto(text: str) -> Union[str, Amount]:
    """``100`` rows, ``2%`` of them, or ``auto``."""
    return AUTO if text == AUTO else amount(text)


def finite(text: str) -> float:
    """A finite number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"expected a number, got '{text}'")
    return value


def run(args: argparse.Namespace) -> int:
    """Write the two files.

    Raises:
        ConfigError: Options that do not go together.
        DataError: A file is broken, or nothing would be left, or the test set was trained on.
        OutputExistsError: An output is read, or both are the same file.
    """
    from ..scored_data import ScoredData

    console = Console.from_args(args)
    second = _second_output(args)
    judged = args.remove == AUTO
    if not judged:
        _refuse_what_auto_alone_reads(args)
    for output in (args.output, second):
        check_output(output, args.influence, args.train, args.list, args.test)
        check_output(output, args.cache, args.network, args.validation, args.selection)
    if judged:
        args = _with_number(args, console)
    elif args.influence is None:
        raise ConfigError("Expected --influence CSV, as score writes it; only --remove auto makes one itself.")
    data = ScoredData.read(args.influence, args.train, args.score)
    rows = _removal(args).rows(data.scores)
    if args.test is not None and not judged:
        _refuse_test_rows(args, console, data)
    return (_relabel if args.relabel else _cleanse)(args, console, data, rows)


def _refuse_what_auto_alone_reads(args: argparse.Namespace) -> None:
    """Raises: ConfigError: An option is given that nothing but ``--remove auto`` looks at."""
    given = [f"--{name.replace('_', '-')}" for name, default in AUTO_READS.items() if getattr(args, name) != default]
    if given:
        raise ConfigError(f"{' and '.join(given)} can be given with --remove auto only; leave it out.")


def _with_number(args: argparse.Namespace, console: Console) -> argparse.Namespace:
    """The same request with the number that `auto` chose."""
    from ..cleansing import Count
    from .automatic import choose

    chosen = choose(args, console)
    return argparse.Namespace(**{**vars(args), "influence": chosen.influence, "remove": Count(chosen.count)})


def _second_output(args: argparse.Namespace) -> Path:
    """``--removed``, or with ``--relabel`` ``--changed``."""
    wanted, other = ("changed", "removed") if args.relabel else ("removed", "changed")
    if getattr(args, other) is not None:
        raise ConfigError(
            f"--{other} cannot be given {'with' if args.relabel else 'without'} --relabel; expected --{wanted} CSV."
        )
    if getattr(args, wanted) is None:
        raise ConfigError(f"Expected --{wanted} CSV, where the {wanted} rows are written; give it.")
    path: Path = getattr(args, wanted)
    return path


def _removal(args: argparse.Namespace) -> Removal:
    from ..cleansing import Below, Listed
    from ..scores import LOSS_COLUMN

    if args.list is not None:
        return Listed(args.list)
    if args.below is not None:
        if args.score == LOSS_COLUMN:
            raise ConfigError(
                "--below goes with scores, of which low ones are harmful; of losses high ones are odd. "
                "Say --remove N or --list CSV with --score loss."
            )
        return Below(args.below)
    chosen: Amount = args.remove
    return chosen


def _cleanse(args: argparse.Namespace, console: Console, data: ScoredData, rows: IntArray) -> int:
    from ..cleansing import class_numbers, cleanse

    labels = class_numbers(data, args.label)
    cleanse(data, rows, args.output, args.removed)
    report_classes(console, labels, rows, "removed")
    if not len(rows):
        console.info("no row is removed; the removed CSV is a header only")
    share = f"{len(rows):,} of {len(data):,} rows removed ({len(rows) / len(data):.1%})"
    console.info(f"{share}: cleansed data set {args.output} ({len(data) - len(rows):,} rows), removed {args.removed}")
    return 0


def _relabel(args: argparse.Namespace, console: Console, data: ScoredData, rows: IntArray) -> int:
    from ..relabelling import propose_labels, relabel

    proposal = propose_labels(data, rows, args.label or DEFAULT_LABEL)
    relabel(data, proposal, args.output, args.changed)
    report_classes(console, proposal.old, proposal.changed, "relabelled")
    console.info(
        f"{len(proposal.changed):,} of {len(data):,} rows relabelled; {proposal.agreed:,} of the {len(rows):,} "
        f"selected have the predicted label already: relabelled data set {args.output}, changed rows {args.changed}"
    )
    return 0


def report_classes(console: Console, labels: Optional[IntArray], rows: IntArray, verb: str) -> None:
    """Say what every class loses, and warn where it is more than half."""
    from ..cleansing import notable_class_losses

    losses = notable_class_losses(labels, rows)
    for loss in losses.severe:
        console.warn(
            f"class {loss.label} loses {loss.lost} of its {loss.samples} samples, "
            f"{'all of them' if loss.lost == loss.samples else 'more than half'}; look at the {verb} rows before "
            "you train on the rest"
        )
    if losses.largest:
        more = f"; {losses.others} more classes" if losses.others else ""
        parts = ", ".join(f"class {loss.label}: {loss.lost} of {loss.samples}" for loss in losses.largest)
        console.info(f"{verb}: {parts}{more}")


def _refuse_test_rows(args: argparse.Namespace, console: Console, data: ScoredData) -> None:
    """Refuse a test set that shares rows with the training data.

    Raises:
        DataError: It does; the message counts them and names the first.
    """
    from ..dataset.dataset import Dataset
    from ..dataset.overlap import overlapping_rows

    read = []
    for path in (data.table.path, args.test):
        with console.progress(f"reading {path.name}", "file reads") as progress:
            read.append(
                Dataset.from_csv(path, image_size=args.image_size, data_cache=args.data_cache, progress=progress)
            )
    train, test = read
    if train.fingerprint == test.fingerprint:
        raise DataError(f"{args.test}: expected another data set to test on, got the training data itself.")
    pairs = overlapping_rows(train, test)
    LOGGER.info("test set: %d rows, %d of them in the training data", len(test), len(pairs))
    if len(pairs):
        raise DataError(_overlap_message(args, train, test, pairs))


def _overlap_message(args: argparse.Namespace, train: Any, test: Any, pairs: IntArray) -> str:
    shown = "; ".join(
        f"line {test.table.line(theirs)} is line {train.table.line(ours)}" for ours, theirs in pairs[:EXAMPLES].tolist()
    )
    more = "; ..." if len(pairs) > EXAMPLES else ""
    return (
        f"{args.test}: expected a test set without training data, but {len(pairs):,} of its {len(test):,} rows are in "
        f"{train.path} ({shown}{more}). Test on other data, or take these rows out of one of the two."
    )
