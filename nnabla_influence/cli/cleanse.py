"""`cleanse`: remove the most harmful rows from a training data set, or propose other labels for them."""

from __future__ import annotations

import argparse
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

from ..choices import DEFAULT_METHOD, METHODS, STARTS, TREATMENTS
from .command_parser import rare
from .console import Console
from .evaluate import add_selection_options
from .network_options import add_network_option
from .options import (
    add_classes,
    add_common,
    add_execution,
    add_overwrite,
    amount,
    existing_file,
    image_size,
    output_file,
    positive_int,
)
from .project_options import (
    METHOD_SETTING,
    add_data_cache_option,
    add_objective_option,
)

if TYPE_CHECKING:
    from ..cleansing import Amount, Removal
    from ..workflow.cleanse import Cleansed

__all__ = ["add_parser", "run"]

EXAMPLES = (
    "python -m nnabla_influence cleanse --influence influence.csv --remove 2% --output cleansed.csv "
    "--removed removed.csv",
    "python -m nnabla_influence cleanse --influence influence.csv --list ticked.csv --output cleansed.csv "
    "--removed removed.csv",
    "python -m nnabla_influence cleanse --remove auto --cache cache.h5 --train training.csv "
    "--validation validation.csv --output cleansed.csv --removed removed.csv",
)
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
    METHOD_SETTING + "objective": None,
    "orders": ORDERS,
    "retrain": STARTS[1],
    "confirm": STARTS[1],
    "treatment": None,
    "workers": 1,
    "scheduler": None,
}
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
    _add_selection(parser)
    parser.add_argument("--output", required=True, type=output_file, metavar="CSV", help="data set to write")
    parser.add_argument(
        "--removed", type=output_file, metavar="CSV", help="the removed rows, to write (required, but for --relabel)"
    )
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
    add_classes(parser)
    add_overwrite(parser, "outputs that exist; with --remove auto also retrainings and caches of other runs")
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
        "--influence",
        type=existing_file,
        metavar="CSV",
        help="influence CSV, as score writes it; with --remove auto it is made if it is left out",
    )
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
    add_data_cache_option(rare(parser))


def _add_automatic(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("with --remove auto (the network is trained again; retrainings are kept)")
    group.add_argument("--cache", type=existing_file, metavar="C.h5", help="training cache; or else")
    add_network_option(group, required=False)
    group.add_argument("--validation", type=existing_file, metavar="CSV", help="validation data of the training")
    add_selection_options(group)
    group.add_argument("--method", choices=METHODS, default=DEFAULT_METHOD, help="how to score (default: %(default)s)")
    add_objective_option(group)
    group.add_argument(
        "--orders",
        type=positive_int,
        default=ORDERS,
        metavar="K",
        help="retrainings of each number, with as many seeds (default: %(default)s)",
    )
    group.add_argument(
        "--retrain", choices=STARTS, default=STARTS[1], help="where retraining starts (default: %(default)s)"
    )
    group.add_argument(
        "--confirm",
        choices=STARTS,
        default=STARTS[1],
        help="where the trainings start that confirm the number; last-epoch is cheap, but an epoch does not show all "
        "the damage (default: %(default)s)",
    )
    group.add_argument(
        "--treatment",
        nargs="+",
        choices=TREATMENTS,
        help="what may be the answer: remove, or remove relabel, which also tries the predicted labels for the samples "
        "(--removed then holds the rows with old and new label; default: remove)",
    )


def amount_or_auto(text: str) -> Union[str, Amount]:
    """Read ``100`` rows, ``2%`` of them, or ``auto``."""
    if text == AUTO:
        return AUTO
    try:
        return amount(text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"{error}; or auto, as many as retraining finds worth removing") from error


def finite(text: str) -> float:
    """Read a finite number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"expected a number, got '{text}'")
    return value


def run(args: argparse.Namespace, console: Console) -> int:
    """Write the two files.

    Raises:
        ConfigError: Options that do not go together.
        DataError: A file is broken, or nothing would be left, or the test set was trained on.
        OutputExistsError: An output exists and may not be replaced, is read, or both are the same file.
    """
    from ..errors import ConfigError
    from ..files import refuse_existing, refuse_overwriting
    from ..workflow.cleanse import CleanseRequest, cleanse_data
    from .project_options import reading_settings

    second = _second_output(args)
    automatic = args.remove == AUTO
    if not automatic:
        _refuse_what_auto_alone_reads(args)
    read = (args.influence, args.train, args.list, args.test, args.cache, args.network, args.validation, args.selection)
    for output in (args.output, second):
        refuse_overwriting([output], (*read, args.classes))
    refuse_existing([args.output, second], args.overwrite)
    if automatic:
        from .automatic import chosen_removal

        influence, removal, relabels = chosen_removal(args, console)
    elif args.influence is None:
        raise ConfigError("Expected --influence CSV, as score writes it; only --remove auto makes one itself.")
    else:
        influence = args.influence
        removal = _removal(args)
        relabels = args.relabel
    request = CleanseRequest(
        influence,
        removal,
        args.output,
        second,
        relabels,
        args.train,
        args.score,
        args.label,
        args.classes,
        None if automatic else args.test,
        reading_settings(args),
        args.overwrite,
    )
    _say(console, request.relabels, cleanse_data(request, console), args.output, second)
    return 0


def _refuse_what_auto_alone_reads(args: argparse.Namespace) -> None:
    """Refuse options that nothing but ``--remove auto`` looks at.

    Raises:
        ConfigError: One is given.
    """
    from ..errors import ConfigError

    names = [name for name, default in AUTO_READS.items() if getattr(args, name) != default]
    given = ["--" + name.replace(METHOD_SETTING, "").replace("_", "-") for name in names]
    if given:
        raise ConfigError(f"{' and '.join(given)} can be given with --remove auto only; leave it out.")


def _second_output(args: argparse.Namespace) -> Path:
    """Return ``--removed``, or with ``--relabel`` ``--changed``."""
    from ..errors import ConfigError

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

    if args.list is not None:
        return Listed(args.list)
    if args.below is not None:
        return Below(args.below)
    removal: Removal = args.remove
    return removal


def _say(console: Console, relabels: bool, cleansed: Cleansed, output: Path, second: Path) -> None:
    from ..announcements import announce_classes

    announce_classes(console, cleansed.losses, "relabelled" if relabels else "removed")
    samples = cleansed.samples
    selected = len(cleansed.selected)
    changed = len(cleansed.changed)
    if relabels:
        console.info(
            f"{changed:,} of {samples:,} rows relabelled; {selected - changed:,} of the {selected:,} "
            f"selected have the predicted label already: relabelled data set {output}, changed rows {second}"
        )
        return
    if not changed:
        console.info("no row is removed; the removed CSV is a header only")
    share = f"{changed:,} of {samples:,} rows removed ({changed / samples:.1%})"
    console.info(f"{share}: cleansed data set {output} ({samples - changed:,} rows), removed {second}")
