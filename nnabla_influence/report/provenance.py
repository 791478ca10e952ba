"""The provenance of the scores: what they cost and exactly how they were made.

Rows of names and values for the end of the report, from the files it is made from and from the passport of the
training cache. Only a cache needs NNabla; without one nothing of it is loaded.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator, List, Mapping, Optional, Tuple, Union

from ..errors import DataError
from ..evaluation.removal_curve import RemovalCurve
from ..scores_passport import edits
from .report_inputs import ReportInputs

if TYPE_CHECKING:
    from ..training import TrainingCache

__all__ = ["cache_rows", "cost_rows", "file_rows", "open_cache"]

Rows = List[Tuple[str, str]]


def open_cache(path: Union[str, Path, None], samples: int) -> Optional[TrainingCache]:
    """Open the training cache of scored samples, if there is one; only then NNabla is needed.

    Raises:
        DataError: It was trained with another number of samples.
    """
    if path is None:
        return None
    from ..training import TrainingCache

    cache = TrainingCache.open(path)
    trained = cache.passport["training_data"]["samples"]
    if trained != samples:
        raise DataError(
            f"{path}: expected the training of the {samples:,} samples that were scored, found one with {trained:,}. "
            "Give the cache the scores were made with."
        )
    return cache


def cost_rows(inputs: ReportInputs, cache: Optional[TrainingCache], curve: Optional[RemovalCurve]) -> Rows:
    """List seconds and bytes, as far as they are known."""
    rows: Rows = [(name, str(value)) for name, value in inputs.details.items()]
    if cache is not None:
        rows += _cache_costs(cache)
    if curve is not None and curve.rows:
        seconds = sum(row.seconds for row in curve.rows)
        rows.append(("retrainings of the removal curve", f"{len(curve.rows):,}, {seconds:,.0f} s in all"))
        rows.append(("processors", ", ".join(sorted({row.cpu for row in curve.rows}))))
    return rows


def _cache_costs(cache: TrainingCache) -> Rows:
    # Also the policies that were not chosen: what it would have cost to keep more.
    from ..training.bytes_by_policy import bytes_by_policy

    kept = cache.config.policy
    sizes = ", ".join(f"{policy} {size:,}" for policy, size in bytes_by_policy(cache).items())
    return [
        ("training cache", f"{cache.path.stat().st_size:,} bytes with policy {kept}"),
        ("bytes of parameters, by policy", sizes),
    ]


def file_rows(inputs: ReportInputs, rows: int) -> Rows:
    """List the files the report was made from."""
    edited = edits(Path(inputs.influence), rows)
    files: Rows = [("influence CSV", f"{inputs.influence}, {rows:,} rows" + (f"; {edited}" if edited else ""))]
    others = (
        ("removal curve", inputs.curve),
        ("training cache", inputs.cache),
        ("suspicious validation rows", inputs.suspects),
    )
    for name, path in others:
        if path is not None:
            files.append((name, f"{path}, {Path(path).stat().st_size:,} bytes"))
    return files


def cache_rows(cache: Optional[TrainingCache]) -> Rows:
    """List everything the cache's passport says."""
    if cache is None:
        return []
    passport = cache.passport
    data = passport["training_data"]
    network = passport["network"]
    return [
        ("training data", f"{data['path']}, {data['samples']:,} rows"),
        ("data fingerprint", data["fingerprint"]),
        ("network", f"{network['path']}, {cache.network.space.size:,} trainable numbers"),
        ("network fingerprint", network["fingerprint"]),
        *_flat(cache.config.to_dict()),
        ("steps", cache.plan.described),
        ("training loss per epoch", ", ".join(f"{loss:.4g}" for loss in passport["training_loss"])),
        ("made with", ", ".join(f"{name} {version}" for name, version in passport["versions"].items())),
    ]


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[Tuple[str, str]]:
    """Yield ``solver, learning rate: 0.05`` for settings inside settings."""
    for name, value in settings.items():
        words = f"{prefix}{name}".replace("_", " ")
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{name}, ")
        elif not isinstance(value, Mapping):
            yield words, str(value)
