"""The noun *change*: what is different in a retraining. Some samples are left out, others get another label."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np

from ..array import Array

__all__ = ["Change"]


@dataclass(frozen=True)
class Change:
    """A difference between a retraining and the original run.

    Example:
        >>> Change(excluded=np.array([1])).weights(3).tolist()
        [1.0, 0.0, 1.0]

    Args:
        excluded: Rows of the training data whose gradient is zero.
        relabelled: Rows that get another label.
        labels: The new label of each of these.
    """

    excluded: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    relabelled: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    labels: Array = field(default_factory=lambda: np.zeros(0, np.float32))

    def weights(self, samples: int) -> Array:
        """Return the factor (N,) on every sample's gradient."""
        weights = np.ones(samples, np.float32)
        weights[self.excluded] = 0
        return weights

    def digest(self) -> str:
        """Identify the change, whatever the order of its rows and the machine's byte order."""
        order = np.argsort(self.relabelled, kind="stable")  # a label stays with its row
        parts = (np.sort(self.excluded), self.relabelled[order], np.asarray(self.labels)[order])
        kinds = ("<i8", "<i8", "<f4")
        return hashlib.sha256(
            b"|".join(np.asarray(part, kind).tobytes() for part, kind in zip(parts, kinds))
        ).hexdigest()
