"""The job *describe*: what a training cache or an influence CSV holds, as (name, value) pairs."""

from __future__ import annotations

from pathlib import Path
from typing import List, Mapping, Tuple

import numpy as np

from ..choices import OBJECTIVES
from ..config import TrainingConfig
from ..dataset.csv import Table
from ..dataset.indexed_column import IndexedColumn
from ..files import FilePath
from ..objective import Objective
from ..scores import SCORE_COLUMN
from ..scores_passport import edits, read_passport
from ..training import TrainingCache
from ..training.bytes_by_policy import bytes_by_policy

__all__ = ["Description", "describe", "describe_cache", "describe_scores", "is_cache"]

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
Description = List[Tuple[str, str]]

RECORDS = {
    "margins": "logit margins (method margin)",
    "average": "the last epoch's mean parameters (at)",
}
"""What a cache may hold besides parameters before steps, and the methods or settings that use it."""


def describe(path: FilePath, records: Mapping[str, str] = RECORDS) -> Description:
    """Describe a training cache or an influence CSV.

    Args:
        path: The file.
        records: See `describe_cache`.

    Raises:
        DataError: It is neither.
        CorruptFileError: It is a damaged cache.
    """
    file = Path(path)
    return describe_cache(file, records) if is_cache(file) else describe_scores(file)


def is_cache(path: Path) -> bool:
    """Tell a cache by its first bytes, whatever its name; a broken ``.h5`` shall be reported as a cache."""
    with path.open("rb") as stream:
        return path.suffix == ".h5" or stream.read(len(HDF5_SIGNATURE)) == HDF5_SIGNATURE


def describe_cache(path: Path, records: Mapping[str, str] = RECORDS) -> Description:
    """Describe a training cache.

    Args:
        path: The file.
        records: Words for what a cache may hold besides parameters before steps: ``margins`` and ``average``.

    Raises:
        DataError: It is no training cache.
        CorruptFileError: It is damaged.
    """
    cache = TrainingCache.open(path)
    config = cache.config
    network = cache.network
    data = cache.passport["training_data"]
    noted = {"margins": config.record_margins, "average": config.average_parameters}
    kept = cache.kept
    sizes = ", ".join(f"{policy} {size:,}" for policy, size in bytes_by_policy(cache).items())
    return [
        ("training cache", f"{path.stat().st_size:,} bytes, policy {config.policy}, checksum correct"),
        ("network", f"{network.path}, {network.space.size:,} trainable and {network.statistics.size:,} other numbers"),
        ("network fingerprint", cache.passport["network"]["fingerprint"]),
        ("training data", f"{data['path']}, {data['samples']:,} rows"),
        ("data fingerprint", data["fingerprint"]),
        ("solver", _solver(config)),
        ("epochs, batch size, seed", f"{config.epochs}, {config.batch_size}, {config.seed}"),
        ("steps", cache.plan.described),
        ("parameters kept", f"{len(kept)}: before step {kept[0]:,} to {kept[-1]:,} ({cache.plan.steps:,} is final)"),
        ("bytes of states, by policy", sizes),
        ("noted down in training", ", ".join(records[name] for name in noted if noted[name]) or "-"),
        ("training loss per epoch", ", ".join(f"{loss:.4g}" for loss in cache.passport["training_loss"])),
        ("made with", ", ".join(f"{name} {version}" for name, version in cache.passport["versions"].items())),
    ]


def _solver(config: TrainingConfig) -> str:
    solver = config.solver
    return (
        f"{solver.name}, learning rate {solver.learning_rate:g}, schedule {solver.schedule.kind}, weight decay "
        f"{solver.weight_decay:g}"
    )


def describe_scores(path: Path) -> Description:
    """Describe an influence CSV.

    Raises:
        DataError: It has no influence column, or a score is not a number.
    """
    table = Table.read(path)
    column = IndexedColumn.read_scores(table, SCORE_COLUMN)
    index, values = column.samples, column.values
    order = np.argsort(values, kind="stable")
    (score,) = table.variables[SCORE_COLUMN]
    asked = [("objective", Objective(score.label).words)] if score.label in OBJECTIVES else []
    return [
        ("influence CSV", f"{len(values):,} rows, columns {', '.join(table.header)}"),
        *asked,
        *_written(path, len(values)),
        ("negative: harmful", f"{int((values < 0).sum()):,}"),
        ("positive: helpful", f"{int((values > 0).sum()):,}"),
        ("lowest, median, highest", ", ".join(f"{v:.4g}" for v in np.quantile(values, (0, 0.5, 1)))),
        ("most harmful rows", ", ".join(str(index[i]) for i in order[:10])),
        ("most helpful rows", ", ".join(str(index[i]) for i in order[:-11:-1])),
    ]


def _written(path: Path, rows: int) -> Description:
    """Say what the passport beside an influence CSV says, and whether the CSV is still the one it is of."""
    passport = read_passport(path)
    unchanged = edits(path, rows) or ("yes" if passport else "nobody knows: there is no passport beside it")
    lines: Description = [("unchanged since written", unchanged)]
    if passport is not None:
        lines += [
            ("method, seeds", f"{passport.get('method')}, {passport.get('seeds')}"),
            ("data fingerprint", str(passport.get("training data"))),
            ("made with", ", ".join(f"{name} {number}" for name, number in passport["versions"].items())),
        ]
    return lines
