"""A network's loss and accuracy on a data set, as NNC's evaluation sees them.

Measured is the validation network with running statistics, batch by batch; the loss is the mean over the rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import List, Optional, Sequence, Tuple

import numpy as np

from ..array import Array
from ..autodiff import LossOracle
from ..dataset.batches import consecutive_batches
from ..dataset.samples import Samples
from ..device import Device
from ..estimators import labels_of
from ..network import Network
from ..objective import Objective

__all__ = ["Performance", "PerformanceMeter"]

RowsOf = Tuple[Array, Optional[Array]]
NO_ROWS: RowsOf = (np.zeros(0), None)


@dataclass(frozen=True)
class Performance:
    """Figures of a network on a data set.

    Attributes:
        loss: Mean loss; infinite if training diverged.
        accuracy: Share of rows whose predicted class is the label; None unless the network predicts a class per row.
        objectives: Values of the objectives that were asked for; infinite if training diverged.
        rows: The loss of every row (rows,), and whether its predicted class is the label (rows,), None likewise.
    """

    loss: float
    accuracy: Optional[float] = None
    objectives: Tuple[float, ...] = ()
    rows: RowsOf = field(default=NO_ROWS, compare=False, repr=False)

    @classmethod
    def of_diverged(cls, rows: int, objectives: int = 0) -> Performance:
        """Return what a training that diverged is worth on so many rows, by so many objectives."""
        return cls(math.inf, math.nan, (math.inf,) * objectives, (np.full(rows, math.inf), None))


class PerformanceMeter:
    """Measures one network's structure at any parameters.

    Example:
        >>> from nnabla_influence import Dataset, Network
        >>> network = Network.builtin("builtin:mlp", (2,), 3, seed=0)
        >>> samples = Dataset.from_arrays({"x": np.eye(2), "y": np.array([0, 1])})
        >>> performance = PerformanceMeter(network).measure(network.theta, network.statistics_values, samples)
        >>> performance.loss > 0, performance.accuracy in (0, 0.5, 1)
        (True, True)

    Args:
        network: The network.
        device: Where to compute.
        batch_size: Rows of an evaluation batch.
    """

    def __init__(self, network: Network, device: Device = Device(), batch_size: int = 100) -> None:
        self._oracle = LossOracle(network, "frozen", device)
        self._role = network.roles.validation.losses[0]
        self._batch_size = batch_size

    def measure(
        self, theta: Array, statistics: Array, samples: Samples, objectives: Sequence[Objective] = ()
    ) -> Performance:
        """Measure mean loss, accuracy and objectives on the validation graph.

        Args:
            theta: Parameters (P,).
            statistics: Running statistics (S,).
            samples: The data to measure on.
            objectives: What else to compute from the losses.

        Raises:
            ComputationError: NNabla failed at a batch.
        """
        self._oracle.set_statistics(statistics)
        losses: List[Array] = []
        right: List[Array] = []
        for rows in consecutive_batches(len(samples), self._batch_size):
            batch = samples.batch(rows)
            loss, prediction = self._oracle.losses_and_predictions(
                theta, batch, validation=True
            )  # (B,), one array per output
            losses.append(loss)
            labels = labels_of(prediction, self._role)
            if labels is not None and self._role.target is not None:
                right.append(labels == batch[self._role.target].reshape(len(rows), -1)[:, 0])
        of_rows = np.concatenate(losses)  # (N,)
        hits = np.concatenate(right) if right else None  # (N,)
        return Performance(
            float(of_rows.mean()),
            None if hits is None else float(hits.mean()),
            tuple(objective.of(of_rows) for objective in objectives),
            (of_rows, hits),
        )
