"""`info`: what a training cache, an influence CSV or the data cache holds."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Optional

from .console import Console
from .options import add_verbosity, existing_file

__all__ = ["add_parser", "run"]

# What a cache may hold besides parameters before steps, and the options that use it.
RECORDS = {
    "margins": "logit margins (--method margin)",
    "average": "the last epoch's mean parameters (--at)",
}


def add_parser(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "info",
        help="what a training cache or an influence CSV holds",
        description="Describes training caches (.h5) and influence CSVs; lists or clears the cache of decoded data.",
    )
    parser.add_argument("files", nargs="*", type=existing_file, metavar="FILE", help="training cache or influence CSV")
    parser.add_argument(
        "--data-cache",
        nargs="?",
        type=Path,
        const=None,
        default=False,
        metavar="DIR",
        help="list the decoded data kept in DIR (default: user cache)",
    )
    parser.add_argument("--clear", action="store_true", help="with --data-cache: remove it")
    add_verbosity(parser)


def run(args: argparse.Namespace, console: Console) -> int:
    """Describe every file.

    Raises:
        ConfigError: There is nothing to describe.
        DataError: A file is neither a cache nor an influence CSV.
    """
    from ..errors import ConfigError
    from ..workflow.describe import describe

    if args.clear and args.data_cache is False:
        raise ConfigError("--clear removes decoded data; give --data-cache with it.")
    if not args.files and args.data_cache is False:
        raise ConfigError("Give a training cache (.h5) or an influence CSV, or --data-cache.")
    for path in args.files:
        description = describe(path, RECORDS)
        console.result(str(path))
        for name, value in description:
            console.result(f"  {name + ':':26}{value}")
    if args.data_cache is not False:
        _data_cache(args.data_cache, args.clear, console)
    return 0


def _data_cache(folder: Optional[Path], clear: bool, console: Console) -> None:
    from ..dataset.data_cache import IDENTIFIED, VERIFIED, clear_data_cache, default_data_cache, list_data_cache

    folder = folder or default_data_cache()
    if clear:
        console.result(f"removed {clear_data_cache(folder):,} bytes from {folder}")
        return
    entries = list_data_cache(folder)
    console.result(f"{folder}: {len(entries)} data sets")
    console.result(f"  decoded data: {VERIFIED}")
    console.result(f"  files: {IDENTIFIED}")
    console.table(
        ("fingerprint", "data set", "rows", "bytes"),
        [(e.fingerprint[:16], str(e.csv), e.rows, e.bytes) for e in entries],
    )
