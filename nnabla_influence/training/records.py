"""Records of a training, noted down in passing on request: margins and averaged parameters.

The *logit margin* of a sample is the logit of its label minus the largest other one; averaged over the epochs (area
under the margin, Pleiss et al. 2020) it is a strong and cheap detector of wrong labels. Training computes the logits
anyway, so recording them costs no extra pass and 4 bytes a sample in the cache.

The *averaged parameters* are the mean over the steps of the last epoch, a calmer point to score at than the last one.
"""

from __future__ import annotations

from typing import Dict, Mapping

import numpy as np

from ..array import Array
from ..config import TrainingConfig
from ..errors import ConfigError
from ..network import Network

__all__ = ["AVERAGE", "MARGINS", "Records", "margins"]

MARGINS = "margins"
AVERAGE = "average"


class Records:
    """Running sums of one training.

    Args:
        network: The network being trained.
        config: Says what is recorded.
        samples: N.

    Raises:
        ConfigError: Margins are asked for, but the network does not tell classes apart, one per sample.

    Attributes:
        sums: The sums so far by name: ``margins`` (N,) over epochs, ``average`` (P,) over steps; double precision.
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
        self._label = network.loss_role.target
        self._epochs = config.epochs
        self.sums: Dict[str, Array] = {}
        if config.record_margins:
            self.sums[MARGINS] = np.zeros(samples)
        if config.average_parameters:
            self.sums[AVERAGE] = np.zeros(network.space.size)

    @property
    def wants_margins(self) -> bool:
        """Whether the logits of a batch are needed."""
        return MARGINS in self.sums

    def batch(self, rows: Array, batch: Mapping[str, Array], logits: Array) -> None:
        """Add the margins of a batch: rows (B,), logits (B, K)."""
        labels = batch[str(self._label)].reshape(len(rows)).astype(np.int64)
        self.sums[MARGINS][rows] += margins(logits.reshape(len(rows), -1), labels)

    def step(self, theta: Array) -> None:
        """Add the parameters after a step of the last epoch (P,)."""
        self.sums[AVERAGE] += theta

    def restore(self, sums: Mapping[str, Array]) -> None:
        """Go on from saved sums."""
        self.sums = {name: sums[name] for name in self.sums}

    def results(self, last_steps: int) -> Dict[str, Array]:
        """Return the means, float32: margins (N,) over the epochs, parameters (P,) over the steps of the last one."""
        counts: Dict[str, int] = {MARGINS: self._epochs, AVERAGE: last_steps}
        return {name: (total / counts[name]).astype(np.float32) for name, total in self.sums.items()}


def margins(logits: Array, labels: Array) -> Array:
    """Return the logit of the label minus the largest other logit, (B,) from (B, K).

    >>> margins(np.array([[1.0, 3.0, 2.0]]), np.array([1]))
    array([1.])
    """
    rows = np.arange(len(labels))
    others = logits.astype(np.float64)  # a copy
    own = others[rows, labels]
    others[rows, labels] = -np.inf
    differences: Array = own - others.max(axis=1)  # (B,)
    return differences
