"""TracIn (Pruthi et al. 2020): gradient products at checkpoints, no Hessian.

    r_i = (1 / B) sum over checkpoints of eta <grad l_i(theta), g(theta)>

with one checkpoint at the end of each epoch, its learning rate and its own validation gradient. It needs a cache
of policy ``epochs`` or finer; ``checkpoints`` limits it to the last ones. Multiplying by eta / B makes the magnitudes
comparable with the methods that follow the steps.
"""

from __future__ import annotations

import dataclasses
from typing import List, Optional

import numpy as np

from ..array import Array
from ..autodiff import LossOracle
from ..choices import DEFAULT_OBJECTIVE
from ..device import Device
from ..errors import CheckpointMissingError, ConfigError
from ..objective import require_objective
from ..progress import ProgressCallback
from ..remedies import remedy
from ..scores import InfluenceScores
from ..training import TrainingCache, kept_steps
from .influence_estimator import InfluenceEstimator
from .scoring_task import ScoringTask

__all__ = ["TracIn"]


class TracIn(InfluenceEstimator):
    """Gradient products summed over epoch checkpoints.

    Args:
        checkpoints: How many to use, counted from the end; None for all epochs.
        device: Where to compute.
        objective: ``error`` or ``loss``: which quantity of the validation data, see `objective`.

    Raises:
        ConfigError: `checkpoints` is below 1, or there is no such objective.

    >>> import numpy as np
    >>> import tempfile
    >>> from nnabla_influence import Dataset, Network, TracIn, TrainingConfig, train
    >>> data = Dataset.from_arrays({"x": np.eye(4), "y": np.array([0, 1, 2, 0])})
    >>> network = Network.builtin("builtin:mlp", (4,), 3)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cache = train(network, data, TrainingConfig(epochs=2, batch_size=2, policy="epochs"), f"{folder}/cache.h5")
    ...     len(TracIn(checkpoints=1).estimate(cache, data, data).values)
    4
    """

    method = "tracin"

    def __init__(
        self, checkpoints: Optional[int] = None, device: Device = Device(), objective: str = DEFAULT_OBJECTIVE
    ) -> None:
        if checkpoints is not None and checkpoints < 1:
            raise ConfigError(f"TracIn needs at least 1 checkpoint, not {checkpoints}.")
        require_objective(objective)
        self.checkpoints = checkpoints
        self.objective = objective
        self.device = device

    def _scores(self, task: ScoringTask) -> InfluenceScores:
        cache = kept_steps(task.training, self.method, "epochs")
        oracle = LossOracle(cache.network, "batch", self.device)
        scores = np.zeros(len(task.train))
        epochs = self._epochs(cache)
        objective = task.objective(self.objective, oracle, _end_of(cache, epochs[-1]))
        for number, epoch in enumerate(epochs):
            theta = _end_of(cache, epoch)
            gradient = task.validation_gradient(oracle, theta, objective)  # g(theta)
            one_pass = dataclasses.replace(task, progress=_shifted(task.progress, number, len(epochs)))
            products = one_pass.sample_products(oracle, theta, gradient)
            rates = [step.learning_rate for step in cache.plan.epoch(epoch)]
            rate = float(np.mean(rates)) if rates else 0.0  # eta; an epoch may have no update of its own
            scores += rate / cache.config.batch_size * products
        return InfluenceScores(scores, self.method, objective=objective)

    def _epochs(self, cache: TrainingCache) -> List[int]:
        """Return the epochs whose ends are used."""
        wanted = range(cache.config.epochs)[-self.checkpoints if self.checkpoints else 0 :]
        missing = [e for e in wanted if cache.plan.first_step(e + 1) not in cache.kept]
        if missing:
            raise CheckpointMissingError(
                f"tracin needs the parameters at the end of every epoch; '{cache.path}' "
                f"(policy '{cache.config.policy}') lacks epoch {missing[0] + 1}.",
                remedy("train-with-policy", policy="epochs"),
            )
        return list(wanted)


def _end_of(cache: TrainingCache, epoch: int) -> Array:
    """Return the parameters (P,) at the end of an epoch."""
    return cache.checkpoint(cache.plan.first_step(epoch + 1)).theta


def _shifted(progress: Optional[ProgressCallback], number: int, of: int) -> Optional[ProgressCallback]:
    """Return a callback that reports one of several passes as a part of all."""
    if progress is None:
        return None
    report = progress
    return lambda done, total: report(number * total + done, of * total)
