"""One log line per epoch: training loss, and what the validation data says with running statistics, as NNC does."""

from __future__ import annotations

import logging

from ..dataset.dataset import Dataset
from ..device import Device
from ..evaluation.performance import PerformanceMeter
from ..network import Network
from ..training import EpochReport

__all__ = ["EpochLog"]

LOGGER = logging.getLogger("nnabla_influence")


class EpochLog:
    """Logs the end of every epoch; pass it as the epoch hook of `train`.

    Args:
        network: The network being trained.
        validation: The validation data.
        device: Where to compute.
        batch_size: Samples of an evaluation batch.
    """

    def __init__(self, network: Network, validation: Dataset, device: Device, batch_size: int) -> None:
        self._meter = PerformanceMeter(network, device, batch_size)
        self._validation = validation

    def __call__(self, report: EpochReport) -> None:
        """Evaluate and log."""
        performance = self._meter.measure(report.state.theta, report.state.statistics, self._validation)
        line = f"epoch {report.epoch} of {report.epochs}: training loss {report.loss:.6g}"
        line += f", validation loss {performance.loss:.6g}"
        LOGGER.info(
            "%s", line if performance.accuracy is None else f"{line}, validation accuracy {performance.accuracy:.4f}"
        )
