"""Options that several commands share, and types that check a value where it is typed.

A type is a function from the typed text to a value. It raises `argparse.ArgumentTypeError`, which argparse shows with
the option's name, so a message only says what was expected and what arrived.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Tuple, Union

from .command_parser import rare

if TYPE_CHECKING:  # loading it would make --help slow
    from ..cleansing import Amount
    from ..execution import Execution

__all__ = [
    "add_classes",
    "add_common",
    "add_decoding_workers",
    "add_device",
    "add_execution",
    "add_overwrite",
    "add_scoring_workers",
    "add_seed",
    "add_verbosity",
    "amount",
    "byte_size",
    "data_file",
    "decoding_execution",
    "execution",
    "existing_file",
    "image_size",
    "non_negative_int",
    "output_file",
    "positive_float",
    "positive_int",
    "rate",
    "scoring_execution",
    "typed_path",
]

LONGEST_SHOWN = 100


def add_classes(parser: Any) -> None:
    """Add ``--classes``, the names of the classes."""
    parser.add_argument(
        "--classes",
        type=existing_file,
        metavar="CSV",
        help="names of the classes: number,name (default: classes.csv beside the data set, if it is there)",
    )


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add the options of every command that computes: ``--seed``, ``--device``, ``--quiet``, ``--verbose``."""
    add_seed(parser)
    add_device(parser)
    add_verbosity(parser)


def add_seed(parser: argparse.ArgumentParser) -> None:
    """Add ``--seed``; equal seeds and arguments give equal numbers."""
    parser.add_argument(
        "--seed",
        type=non_negative_int,
        default=0,
        metavar="S",
        help="seed of everything random; equal seeds give equal results (default: %(default)s)",
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    """Add ``--device``; its value is checked by `nnabla_influence.device.Device`."""
    parser.add_argument(
        "--device",
        default="cpu",
        metavar="D",
        help="where to compute: cpu, cudnn, or cudnn:1 for the second GPU (default: %(default)s)",
    )


def add_verbosity(parser: argparse.ArgumentParser) -> None:
    """Add ``--quiet`` and ``--verbose``, of which one may be given."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--quiet", action="store_true", help="print results, warnings and errors only")
    group.add_argument("--verbose", action="store_true", help="print details, and the traceback of an error")


def add_overwrite(parser: Any, replaced: str = "outputs that exist") -> None:
    """Add ``--overwrite``.

    Args:
        parser: Parser or group.
        replaced: What is replaced.
    """
    parser.add_argument("--overwrite", action="store_true", help=f"replace {replaced} (default: refuse)")


def add_execution(parser: argparse.ArgumentParser) -> None:
    """Add ``--workers`` and ``--scheduler``; `execution` reads them."""
    parser.add_argument(
        "--workers",
        type=positive_int,
        default=1,
        metavar="N",
        help="processes of this machine that share the work; one per core is plenty (default: %(default)s)",
    )
    rare(parser).add_argument(
        "--scheduler",
        metavar="URL",
        help="let a Dask cluster do the work: its scheduler's address, e.g. tcp://host:8786; all files must lie on a "
        "path that every machine sees",
    )


def add_scoring_workers(parser: argparse.ArgumentParser) -> None:
    """Add ``--workers`` and ``--scheduler`` of one scoring; `scoring_execution` reads them."""
    parser.add_argument(
        "--workers",
        type=positive_int,
        metavar="W",
        help="processes of this machine that share the batches of samples, with the same scores to the last bit "
        "(default: one per core, started only when the scoring is seen to take more than 10 seconds, because starting "
        "them takes about 3; on a GPU: 1)",
    )
    parser.add_argument(
        "--scheduler",
        metavar="URL",
        help="let a Dask cluster share them: its scheduler's address, e.g. tcp://host:8786; data, --data-cache and the "
        "folder of --output must lie on a path that every machine sees",
    )


def add_decoding_workers(parser: argparse.ArgumentParser, work: str) -> None:
    """Add ``--workers`` of a command that shares nothing but the files it decodes; `decoding_execution` reads it.

    Args:
        parser: The command's parser.
        work: What is shared.
    """
    parser.add_argument(
        "--workers",
        type=positive_int,
        metavar="W",
        help=f"processes of this machine that share {work}, with the same bytes at the end (default: one per core, "
        "started only when it is seen to take more than 10 seconds)",
    )


def decoding_execution(args: argparse.Namespace) -> Execution:
    """Make the request of ``--workers`` for files to decode; a cluster has no part in it."""
    from ..execution import Execution

    if getattr(args, "scheduler", None) is not None:
        return Execution()
    workers = getattr(args, "workers", None)
    return Execution.all_cores() if workers is None else Execution(workers)


def scoring_execution(args: argparse.Namespace) -> Execution:
    """Make the request of ``--workers`` and ``--scheduler``; a cluster is asked whether it is there.

    Raises:
        ConfigError: The address is malformed, or both are given.
        MissingExtraError: Dask is not installed.
        RunError: The cluster cannot be used.
    """
    from ..device import Device
    from ..execution import Execution, check_cluster

    if args.workers is None and args.scheduler is None and Device(args.device).kind == "cpu":
        return Execution.all_cores()
    where = Execution(args.workers or 1, args.scheduler)
    check_cluster(where)
    return where


def execution(args: argparse.Namespace) -> Execution:
    """Make the request of ``--workers`` and ``--scheduler``; a cluster is asked whether it is there.

    Raises:
        ConfigError: The address is malformed, or both are given.
        MissingExtraError: Dask is not installed.
        RunError: The cluster cannot be used.
    """
    from ..execution import Execution, check_cluster

    where = Execution(workers=args.workers, scheduler=args.scheduler)
    check_cluster(where)
    return where


def positive_int(text: str) -> int:
    """Read a whole number of at least 1."""
    return _int_from(text, 1)


def non_negative_int(text: str) -> int:
    """Read a whole number of at least 0."""
    return _int_from(text, 0)


def positive_float(text: str) -> float:
    """Read a finite number greater than 0."""
    value = _float(text, "a number greater than 0")
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"expected a number greater than 0, got '{text}'")
    return value


def rate(text: str) -> float:
    """Read a share from 0 to 1."""
    value = _float(text, "a share from 0 to 1, for example 0.1")
    if not 0 <= value <= 1:  # also catches NaN
        raise argparse.ArgumentTypeError(f"expected a share from 0 to 1, for example 0.1, got '{text}'")
    return value


def byte_size(text: str) -> int:
    """Read a number of bytes, e.g. ``512MB`` or ``2GB`` (powers of 1024)."""
    from ..byte_size import byte_size as read

    try:
        return read(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def image_size(text: str) -> Tuple[int, int]:
    """Read ``HxW`` in pixels, e.g. ``28x28``, as (height, width)."""
    parts = text.lower().split("x")
    if len(parts) != 2 or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise argparse.ArgumentTypeError(f"expected HEIGHTxWIDTH in pixels, for example 28x28, got '{text}'")
    return int(parts[0]), int(parts[1])


def existing_file(text: str) -> Path:
    """Read the path of a file that exists."""
    path = Path(text)
    if _is(Path.is_dir, text):
        raise argparse.ArgumentTypeError(f"expected a file, got the folder '{text}'")
    if not _is(Path.is_file, text):
        raise argparse.ArgumentTypeError(f"expected an existing file, but there is none at '{text}'")
    return path


def data_file(text: str) -> Path:
    """Read the path of a data set that exists."""
    if Path(text).is_dir():
        raise argparse.ArgumentTypeError(
            f"expected a data-set CSV, got the folder '{text}'; to make a data set of a folder of images per class, "
            "type: python -m nnabla_influence import FOLDER --output DIR"
        )
    return existing_file(text)


def output_file(text: str) -> Path:
    """Read the path of a file to write; missing folders are made when it is written."""
    if not text or _is(Path.is_dir, text):
        raise argparse.ArgumentTypeError(f"expected the name of a file to write, got the folder '{text}'")
    _is(Path.exists, text)
    return Path(text)


def typed_path(path: Union[str, Path]) -> str:
    """Return a path as it is typed in a shell; quotes keep blanks together in those of every system."""
    text = str(path)
    return f'"{text}"' if " " in text or "&" in text else text


def _is(kind: Callable[[Path], bool], text: str) -> bool:
    """Ask what a path is; Python itself raises where the system cannot even look."""
    try:
        return kind(Path(text))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise argparse.ArgumentTypeError(f"expected the name of a file, got '{_shortened(text)}' ({why})") from error


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "..."


def amount(text: str) -> Amount:
    """Read a number of samples (``100``) or a share of them (``2%``)."""
    from ..cleansing import amount_from
    from ..errors import ConfigError

    try:
        return amount_from(text)
    except ConfigError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _int_from(text: str, least: int) -> int:
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if value < least:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least {least}, got '{text}'")
    return value


def _float(text: str, expected: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected {expected}, got '{text}'") from None
