"""The passport of a run: everything that determines its numbers, and the versions it ran with.

It is stored in the training cache and beside unfinished work, so that neither is ever mixed up with another run. Two
runs are the same if settings, network, start and data are: paths and versions are told, not compared.
"""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import version
from typing import Any, Dict, Mapping

import nnabla as nn
import numpy as np

from .. import __version__
from ..config import TrainingConfig
from ..dataset.dataset import Dataset
from ..network import Network
from .cache import FORMAT

__all__ = ["comparable", "run_passport", "start_digest"]


def run_passport(network: Network, dataset: Dataset, config: TrainingConfig) -> Dict[str, Any]:
    """Return everything that determines a run, and the versions it ran with: plain values, ready for JSON."""
    began: Dict[str, Any] = {
        "path": network.path,
        "fingerprint": network.fingerprint,
        "start": start_digest(network),
    }
    if network.seed not in (0, config.seed):  # else `first_parameters` finds it without being told
        began["seed"] = network.seed
    return {
        "format": FORMAT,
        "config": config.to_dict(),
        "network": began,
        "training_data": {
            "path": str(dataset.path or "arrays in memory"),
            "fingerprint": dataset.fingerprint,
            "samples": len(dataset),
            "normalize": dataset.normalize,
            "image_size": list(dataset.image_size) if dataset.image_size else None,
        },
        "versions": {
            "nnabla_influence": __version__,
            "nnabla": nn.__version__,
            "numpy": np.__version__,
            "h5py": version("h5py"),
            "python": platform.python_version(),
        },
    }


def start_digest(network: Network) -> str:
    """Return the SHA-256 of the parameters a training begins with."""
    return hashlib.sha256(network.theta.tobytes() + network.statistics_values.tobytes()).hexdigest()


def comparable(passport: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the part of a passport that decides whether two runs are the same: not paths, not versions.

    Nor the network's seed: what was drawn with it is the start.
    """
    return {
        "config": passport["config"],
        "network": {k: v for k, v in passport["network"].items() if k not in ("path", "seed")},
        "training_data": {k: v for k, v in passport["training_data"].items() if k != "path"},
    }
