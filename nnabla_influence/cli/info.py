"""`info`: what a training cache, an influence CSV or the data cache holds."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Optional

from .console import Console
from .options import add_verbosity, byte_size, existing_file

__all__ = ["add_parser", "run"]

# What a cache may hold besides parameters before steps, and the options that use it.
RECORDS = {
    "margins": "logit margins (--method margin)",
    "average": "the last epoch's mean parameters (--at)",
}


EXAMPLES = (
    "python -m nnabla_influence info cache.h5 influence.csv",
    "python -m nnabla_influence info --data-cache --limit 5GB",
)


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
    parser.add_argument(
        "--limit",
        type=byte_size,
        metavar="SIZE",
        help="with --data-cache: remove what was used least recently until so much is left, e.g. 5GB. The user's cache "
        "is kept within 20GB, or NNABLA_INFLUENCE_DATA_CACHE_LIMIT; what a running process uses stays",
    )
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
    if args.limit is not None and (args.data_cache is False or args.clear):
        raise ConfigError("--limit removes some of the decoded data; give --data-cache with it, and not --clear.")
    if not args.files and args.data_cache is False:
        raise ConfigError("Give a training cache (.h5) or an influence CSV, or --data-cache.")
    for path in args.files:
        description = describe(path, RECORDS)
        console.result(str(path))
        for name, value in description:
            console.result(f"  {name + ':':26}{value}")
    if args.data_cache is not False:
        _data_cache(args.data_cache, args.clear, args.limit, console)
    return 0


def _data_cache(folder: Optional[Path], clear: bool, limit: Optional[int], console: Console) -> None:
    from ..byte_size import byte_text
    from ..dataset.cache_limit import data_cache_limit, trim_data_cache
    from ..dataset.data_cache import IDENTIFIED, VERIFIED, clear_data_cache, default_data_cache, list_data_cache

    folder = folder or default_data_cache()
    if clear:
        console.result(f"removed {clear_data_cache(folder):,} bytes from {folder}")
        return
    if limit is not None:
        console.result(f"removed {trim_data_cache(folder, limit):,} bytes from {folder}")
    entries = list_data_cache(folder)
    console.result(f"{folder}: {len(entries)} data sets, {byte_text(sum(entry.bytes for entry in entries))}")
    if folder == default_data_cache():
        console.result(f"  limit: {byte_text(data_cache_limit())}; what was used least recently is removed first")
    console.result(f"  decoded data: {VERIFIED}")
    console.result(f"  files: {IDENTIFIED}")
    console.table(
        ("fingerprint", "data set", "rows", "bytes"),
        [(e.fingerprint[:16], str(e.csv), e.rows, e.bytes) for e in entries],
    )
