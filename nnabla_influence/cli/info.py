"""`info`: what a training cache, an influence CSV or the data cache holds."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, List, Tuple

from .options import add_verbosity, existing_file

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def add_parser(subparsers: Any) -> None:
    """Adds the command's options."""
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


def run(args: argparse.Namespace) -> int:
    """Describes every file."""
    from ..errors import ConfigError
    from .console import Console

    console = Console.from_args(args)
    if args.clear and args.data_cache is False:
        raise ConfigError("--clear removes decoded data; give --data-cache with it.")
    if not args.files and args.data_cache is False:
        raise ConfigError("Give a training cache (.h5) or an influence CSV, or --data-cache.")
    for path in args.files:
        rows = describe_cache(path) if _is_cache(path) else describe_scores(path)
        console.result(str(path))
        for name, value in rows:
            console.result(f"  {name + ':':26}{value}")
    if args.data_cache is not False:
        _data_cache(args.data_cache, args.clear, console)
    return 0


def _is_cache(path: Path) -> bool:
    """By its first bytes, so that a cache may have any name; a broken ``.h5`` shall be reported as a cache."""
    with path.open("rb") as stream:
        return path.suffix == ".h5" or stream.read(len(HDF5_SIGNATURE)) == HDF5_SIGNATURE


def describe_cache(path: Path) -> List[Tuple[str, str]]:
    """Name and value of everything worth knowing about a training cache."""
    from ..training import TrainingCache

    cache = TrainingCache.open(path)
    config, passport, network = cache.config, cache.passport, cache.network
    data, kept = passport["training_data"], cache.kept
    return [
        ("training cache", f"{path.stat().st_size:,} bytes, policy {config.policy}, checksum correct"),
        ("network", f"{network.path}, {network.space.size:,} trainable and {network.statistics.size:,} other numbers"),
        ("network fingerprint", passport["network"]["fingerprint"]),
        ("training data", f"{data['path']}, {data['samples']:,} rows"),
        ("data fingerprint", data["fingerprint"]),
        (
            "solver",
            f"{config.solver.name}, learning rate {config.solver.learning_rate:g}, schedule "
            f"{config.solver.schedule.kind}, weight decay {config.solver.weight_decay:g}",
        ),
        ("epochs, batch size, seed", f"{config.epochs}, {config.batch_size}, {config.seed}"),
        ("steps", f"{cache.plan.steps:,} ({cache.plan.steps_per_epoch:,} per epoch)"),
        ("parameters kept", f"{len(kept)}: before step {kept[0]:,} to {kept[-1]:,} ({cache.plan.steps:,} is final)"),
        ("bytes of states, by policy", policy_bytes(cache)),
        ("noted down in training", recorded(config)),
        ("training loss per epoch", ", ".join(f"{loss:.4g}" for loss in passport["training_loss"])),
        ("made with", ", ".join(f"{name} {version}" for name, version in passport["versions"].items())),
    ]


def recorded(config: Any) -> str:
    """What the cache holds besides parameters before steps, and which methods use it."""
    margins = ["logit margins (--method margin)"] if config.record_margins else []
    return (
        ", ".join(margins + (["the last epoch's mean parameters (--at)"] if config.average_parameters else [])) or "-"
    )


def policy_bytes(cache: Any) -> str:
    """About how large this run's cache is, or would have been, by policy."""
    from ..training.bytes_by_policy import bytes_by_policy

    return ", ".join(f"{policy} {size:,}" for policy, size in bytes_by_policy(cache).items())


def describe_scores(path: Path) -> List[Tuple[str, str]]:
    """Name and value of everything worth knowing about an influence CSV.

    Raises:
        DataError: It has no influence column, or a score is not a number.
    """
    import numpy as np

    from ..dataset.csv import Table
    from ..dataset.indexed_column import IndexedColumn

    table = Table.read(path)
    column = IndexedColumn.read_scores(path, "influence")
    index, values = list(column.values), np.array(list(column.values.values()))
    order = np.argsort(values, kind="stable")
    return [
        ("influence CSV", f"{len(values):,} rows, columns {', '.join(table.header)}"),
        ("negative: harmful", f"{int((values < 0).sum()):,}"),
        ("positive: helpful", f"{int((values > 0).sum()):,}"),
        ("lowest, median, highest", ", ".join(f"{v:.4g}" for v in np.quantile(values, (0, 0.5, 1)))),
        ("most harmful rows", ", ".join(str(index[i]) for i in order[:10])),
        ("most helpful rows", ", ".join(str(index[i]) for i in order[:-11:-1])),
    ]


def _data_cache(folder: Any, clear: bool, console: Any) -> None:
    from ..dataset.data_cache import clear_data_cache, default_data_cache, list_data_cache

    folder = folder or default_data_cache()
    if clear:
        console.result(f"removed {clear_data_cache(folder):,} bytes from {folder}")
        return
    entries = list_data_cache(folder)
    console.result(f"{folder}: {len(entries)} data sets")
    console.table(
        ("fingerprint", "data set", "rows", "bytes"),
        [(e.fingerprint[:16], str(e.csv), e.rows, e.bytes) for e in entries],
    )
