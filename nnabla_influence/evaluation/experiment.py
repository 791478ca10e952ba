"""What identifies a retraining: the experiment it belongs to, and everything else its figures depend on.

Tables of retrainings are added to in later calls. Only rows of the same experiment may stand beside each other, and
only a retraining that is the same in every respect is not done again.
"""

from __future__ import annotations

import hashlib
import json
from typing import Sequence

from ..device import Device
from ..training import TrainingCache
from .change import Change
from .evaluation_data import EvaluationData

__all__ = ["experiment_of", "job_digest"]


def experiment_of(cache: TrainingCache, data: EvaluationData) -> str:
    """Identify what all rows of a curve share; seeds and what a cache keeps differ between them."""
    config = cache.config.to_dict()
    for name in ("seed", "policy", "record_margins", "average_parameters"):
        config.pop(name)
    # Which rows scored is in the rankings already.
    prints = [data.train.fingerprint] + [measured.fingerprint for measured in data.measured.values()]
    return _digest([config, cache.passport["network"]["fingerprint"], *prints])


def job_digest(
    experiment: str, cache: TrainingCache, start: str, seed: int, change: Change, device: Device, *others: str
) -> str:
    """Identify a retraining by whatever its figures depend on.

    Args:
        experiment: See `experiment_of`.
        cache: The original run.
        start: Where it starts.
        seed: Of the retraining.
        change: What is different.
        device: Where it computes; of another kind, sums are added in another order.
        others: Fingerprints of other data that matters.
    """
    return _digest([experiment, cache.identity, start, seed, change.digest(), device.kind, *others])


def _digest(parts: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode("utf-8")).hexdigest()[:16]
