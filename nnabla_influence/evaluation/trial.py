"""The noun *trial*: one training with one seed, and the rankings of its samples that are to be judged."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Optional, Tuple

from ..array import Array
from ..scores import InfluenceScores

__all__ = ["Trial"]


@dataclass(frozen=True)
class Trial:
    """One training whose rankings are judged.

    Example:
        >>> import numpy as np
        >>> ranking = InfluenceScores(np.array([0.2, -0.1, 0.3]), "spectral")
        >>> trial = Trial(Path("cache.h5"), 0, {"spectral": ranking})
        >>> trial.scores["spectral"].order.tolist()  # most harmful first
        [1, 0, 2]

    Args:
        cache: Its training cache.
        seed: Its seed.
        scores: The rankings, by method.
        labels: Predicted label (N,) of every row, for treatment ``relabel``.
        order_seed: Seed of the retrainings' batch order and masks; None for the training's own.
        data: Fingerprints of the training and the validation data it read; empty where nobody asks.
    """

    cache: Path
    seed: int
    scores: Mapping[str, InfluenceScores]
    labels: Optional[Array] = None
    order_seed: Optional[int] = None
    data: Tuple[str, ...] = ()

    @property
    def retraining_seed(self) -> int:
        """The seed that retrainings of this trial have in a table."""
        return self.seed if self.order_seed is None else self.order_seed
