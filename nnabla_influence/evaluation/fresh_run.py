"""Training from new parameters and measuring, as one job: what a first training on a data set does.

`retraining` repeats a run, without some samples, in the batches that it had. Here a data set is what it is: a cleansed
one is smaller, and has other and fewer batches.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from ..config import TrainingConfig
from ..dataset.samples import Samples
from ..device import Device
from ..errors import DivergenceError
from ..execution import cpu_model
from ..network import Network
from ..training import StepPlan, Trainer
from .performance import Performance, PerformanceMeter
from .retraining import RetrainingResult

__all__ = ["MEASURED", "FreshRun", "run_fresh"]

MEASURED = "measured"
"""The name of the measured data in the result."""


@dataclass(frozen=True)
class FreshRun:
    """A training and what it is measured on.

    Args:
        network: The network, with the parameters it begins with.
        train: What is trained on.
        config: The run, with its seed.
        measured: What the trained network is measured on.
        device: Where to compute.
    """

    network: Network
    train: Samples
    config: TrainingConfig
    measured: Samples
    device: Device = Device()


def run_fresh(job: FreshRun) -> RetrainingResult:
    """Train and measure; a training that diverges has infinite loss.

    Raises:
        ComputationError: NNabla failed at a batch.
    """
    started = time.monotonic()
    trainer = Trainer(job.network, job.train, job.config, job.device)
    plan = StepPlan(job.config, len(job.train))
    try:
        for epoch in range(job.config.epochs):
            for step in plan.epoch(epoch):
                trainer.step(step)
    except DivergenceError:
        performance = Performance.of_diverged(len(job.measured))
    else:
        final = trainer.state()
        meter = PerformanceMeter(job.network, job.device, max(job.config.batch_size, 100))
        performance = meter.measure(final.theta, final.statistics, job.measured)
    return RetrainingResult({MEASURED: performance}, time.monotonic() - started, cpu_model())
