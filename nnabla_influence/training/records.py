"""What training notes down in passing, on request: margins and averaged parameters.

The *logit margin* of a sample is the logit of its label minus the largest other one; averaged over the epochs (area
under the margin, Pleiss et al. 2020) it is a strong and cheap detector of wrong labels. Training computes the logits
anyway, so recording them costs no extra pass and 4 bytes a sample in the cache.

The *averaged parameters* are the mean over the steps of the last epoch, a calmer point to score at than the last one.
"""

from __future__ import annotations

from typing import Dict, Mapping

import numpy as np

from ..config import TrainingConfig
from ..errors import ConfigError
from ..network import Network

MARGINS, AVERAGE = "margins", "average"


class Records:
    """Running sums of one training.

    Args:
        network: The network being trained.
        config: Says what is recorded.
        samples: N.

    Raises:
        ConfigError: Margins are asked for, but the network does not tell classes apart, one per sample.
    """

    def __init__(self, network: Network, config: TrainingConfig, samples: int) -> None:
        if config.record_margins and network.classes is None:
            raise ConfigError(
                f"Margins need class numbers and logits; the loss of '{network.path}' is {network.loss_role.function}."
            )
        if config.record_margins and np.prod(network.input_shapes().get(str(network.loss_role.target), ())) != 1:
            raise ConfigError(
                f"Margins need one class number per sample; those of '{network.path}' have several, or are computed."
            )
        self._label, self._epochs = network.loss_role.target, config.epochs
        self.sums: Dict[str, np.ndarray] = {}
        if config.record_margins:
            self.sums[MARGINS] = np.zeros(samples)
        if config.average_parameters:
            self.sums[AVERAGE] = np.zeros(network.space.size)

    @property
    def wants_margins(self) -> bool:
        """Whether the logits of a batch are needed."""
        return MARGINS in self.sums

    def batch(self, rows: np.ndarray, batch: Mapping[str, np.ndarray], logits: np.ndarray) -> None:
        """Adds the margins of a batch: rows (B,), logits (B, K)."""
        labels = batch[str(self._label)].reshape(len(rows)).astype(np.int64)
        self.sums[MARGINS][rows] += margins(logits.reshape(len(rows), -1), labels)

    def step(self, theta: np.ndarray) -> None:
        """Adds the parameters after a step of the last epoch (P,)."""
        self.sums[AVERAGE] += theta

    def restore(self, sums: Mapping[str, np.ndarray]) -> None:
        """Goes on from saved sums."""
        self.sums = {name: sums[name] for name in self.sums}

    def results(self, steps_per_epoch: int) -> Dict[str, np.ndarray]:
        """Means, float32: margins (N,) over the epochs, parameters (P,) over the steps of the last one."""
        counts: Dict[str, int] = {MARGINS: self._epochs, AVERAGE: steps_per_epoch}
        return {name: (total / counts[name]).astype(np.float32) for name, total in self.sums.items()}


def margins(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Logit of the label minus the largest other logit, (B,) from (B, K)."""
    rows = np.arange(len(labels))
    others = logits.astype(np.float64)  # a copy
    own = others[rows, labels]
    others[rows, labels] = -np.inf
    found: np.ndarray = own - others.max(axis=1)
    return found
