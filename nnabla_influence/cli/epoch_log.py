"""One log line per epoch: training loss, and what the validation data says with running statistics, as NNC does."""

from __future__ import annotations

import logging
from typing import Any, Optional

import numpy as np

from ..autodiff import LossOracle
from ..dataset.batches import consecutive_batches
from ..device import Device
from ..training import EpochReport

LOGGER = logging.getLogger("nnabla_influence")


class EpochLog:
    """Logs the end of every epoch; pass it as the epoch hook of `train`.

    Args:
        network: The network being trained.
        validation: The validation data.
        device: Where to compute.
        batch_size: Samples of an evaluation batch.
    """

    def __init__(self, network: Any, validation: Any, device: Device, batch_size: int) -> None:
        self._oracle = LossOracle(network, "frozen", device)
        self._network, self._validation, self._batch_size = network, validation, batch_size

    def __call__(self, report: EpochReport) -> None:
        """Evaluates and logs."""
        self._oracle.set_statistics(report.state.statistics)
        loss = self._oracle.loss(report.state.theta, self._batches(), validation=True)
        line = f"epoch {report.epoch} of {report.epochs}: training loss {report.loss:.6g}, validation loss {loss:.6g}"
        accuracy = self._accuracy(report.state.theta) if report.epoch == report.epochs else None
        LOGGER.info("%s", line if accuracy is None else f"{line}, validation accuracy {accuracy:.4f}")

    def _batches(self) -> Any:
        return (self._validation.batch(rows) for rows in consecutive_batches(len(self._validation), self._batch_size))

    def _accuracy(self, theta: np.ndarray) -> Optional[float]:
        label = self._network.loss_role.target
        if self._network.classes is None or label is None:
            return None
        right = [
            self._oracle.predictions(theta, batch, validation=True).argmax(1) == batch[label][:, 0]
            for batch in self._batches()
        ]
        return float(np.concatenate(right).mean())
