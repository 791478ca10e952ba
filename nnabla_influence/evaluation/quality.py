"""How good a network is on a data set, as NNC's evaluation sees it: validation network, running statistics."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, List, Optional

import numpy as np

from ..autodiff import LossOracle
from ..dataset.batches import consecutive_batches
from ..device import Device
from ..estimators import labels_of


@dataclass(frozen=True)
class Quality:
    """Figures of a network on a data set.

    Attributes:
        loss: Mean loss; infinite if training diverged.
        accuracy: Share of rows whose predicted class is the label; None unless the network predicts a class per row.
    """

    loss: float
    accuracy: Optional[float] = None

    @classmethod
    def of_diverged(cls) -> Quality:
        """What a training that diverged is worth."""
        return cls(math.inf, math.nan)


class QualityMeter:
    """Measures one network's structure at any parameters.

    Args:
        network: The network.
        device: Where to compute.
        batch_size: Rows of an evaluation batch.
    """

    def __init__(self, network: Any, device: Device = Device(), batch_size: int = 100) -> None:
        self._oracle = LossOracle(network, "frozen", device)
        self._role, self._batch_size = network.roles.validation.losses[0], batch_size

    def measure(self, theta: np.ndarray, statistics: np.ndarray, dataset: Any) -> Quality:
        """The figures at parameters theta (P,) and running statistics (S,)."""
        self._oracle.set_statistics(statistics)
        losses: List[np.ndarray] = []
        right: List[np.ndarray] = []
        for rows in consecutive_batches(len(dataset), self._batch_size):
            batch = dataset.batch(rows)
            loss, prediction = self._oracle.losses_and_predictions(theta, batch, validation=True)
            losses.append(loss)
            labels = labels_of(prediction, self._role)
            if labels is not None and self._role.target is not None:
                right.append(labels == batch[self._role.target].reshape(len(rows), -1)[:, 0])
        accuracy = float(np.concatenate(right).mean()) if right else None
        return Quality(float(np.concatenate(losses).mean()), accuracy)
