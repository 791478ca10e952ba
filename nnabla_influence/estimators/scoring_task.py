"""What an estimator is asked: a finished training, the data, and whom to tell how far it is.

What several methods compute on their way, such as the mean validation gradient or one pass of sample products, is
asked of the task too, so that all of them mean the same by it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Dict, Iterator, List, Optional

import numpy as np

from ..array import Array, IntArray
from ..autodiff import LossOracle, MeanCurvature, drawn_batches
from ..dataset.batches import consecutive_batches
from ..dataset.dataset import Dataset
from ..device import Device
from ..objective import LOSS, Objective
from ..progress import ProgressCallback, ProgressStore
from ..training import FinishedTraining, coupled_decay
from .objective import objective_of
from .shared_work import SharedWork

__all__ = ["ScoringTask"]


@dataclass(frozen=True)
class ScoringTask:
    """A scoring to be done.

    Args:
        training: What was trained.
        train: The training data.
        validation: The validation data.
        progress: Called with (samples done, samples in all).
        store: Where methods that take long keep their progress.
        shared: What scorings of this training with other validation data have in common with it.
    """

    training: FinishedTraining
    train: Dataset
    validation: Dataset
    progress: Optional[ProgressCallback] = None
    store: Optional[ProgressStore] = None
    shared: SharedWork = field(default_factory=SharedWork, compare=False, repr=False)

    def report(self, done: int, total: int) -> None:
        """Tell how many samples are done."""
        if self.progress:
            self.progress(done, total)

    def every_row(self) -> List[IntArray]:
        """Return batches that hold every training sample once: those of the last epoch, as far as it does."""
        return self.training.plan.every_row(self.training.config.epochs - 1)

    def oracle(self, theta: Array, batch_norm: str, device: Device) -> LossOracle:
        """Make an oracle of a batch-norm policy.

        Args:
            theta: Parameters (P,), at which ``frozen`` statistics are recomputed over the training data.
            batch_norm: Policy of `LossOracle`.
            device: Where to compute.
        """

        def made() -> LossOracle:
            oracle = LossOracle(self.training.network, batch_norm, device)
            if batch_norm == "frozen":
                oracle.refresh_statistics(theta, map(self.train.batch, self.every_row()))
            return oracle

        return self.shared.once(("oracle", batch_norm, device, _digest(theta)), made)

    def objective(self, name: str, oracle: LossOracle, theta: Array) -> Objective:
        """Return the objective of that name, with the scale that it has at theta (P,), see `estimators.objective`."""

        def losses() -> Array:
            batches = self._validation_batches()
            return np.concatenate([oracle.sample_losses(theta, batch, validation=True) for batch in batches])

        return objective_of(name, self.training.network.roles.validation.losses, losses)

    def validation_gradient(self, oracle: LossOracle, theta: Array, objective: Objective = LOSS) -> Array:
        """Compute the gradient g (P,) of the objective: the mean validation loss, or with its rows weighted.

        Losses and gradient come from the same oracle in the same batches, so both have its batch-norm policy.
        """
        weigh = None if objective == LOSS else objective.weights
        return oracle.mean_gradient(theta, self._validation_batches(), validation=True, weigh=weigh)

    def _validation_batches(self) -> Iterator[Dict[str, Array]]:
        batches = consecutive_batches(len(self.validation), self.training.config.batch_size)
        return map(self.validation.batch, batches)

    def sample_products(self, oracle: LossOracle, theta: Array, direction: Array) -> Array:
        """Compute ``<grad l_i, direction>`` (N,) of every training sample, in the batches of the last epoch."""
        products = np.zeros(len(self.train))
        done = 0
        for rows in self.every_row():
            products[rows] = oracle.sample_products(theta, self.train.batch(rows), direction)
            done += len(rows)
            self.report(done, len(self.train))
        return products

    def mean_curvature(
        self, oracle: LossOracle, theta: Array, kind: str, subset: Optional[int], seed: int
    ) -> MeanCurvature:
        """Make the operator of the mean training loss's curvature, coupled weight decay included.

        Args:
            oracle: Derivatives of the network's loss.
            theta: Where (P,).
            kind: ``auto``, ``ggn`` or ``hessian``.
            subset: Training samples it is taken from; None for all.
            seed: Draws the subset.
        """

        def made() -> MeanCurvature:
            config = self.training.config
            batches = drawn_batches(len(self.train), config.batch_size, subset, seed)
            # A step adds the gradients of several batches but the decay once.
            decay = coupled_decay(config.solver) / self.training.plan.batches_per_step
            return MeanCurvature(oracle, theta, self.train, batches, kind, decay)

        return self.shared.once(("curvature", id(oracle), kind, subset, seed, _digest(theta)), made)


def _digest(theta: Array) -> str:
    """Identify parameters (P,)."""
    return hashlib.sha256(theta.tobytes()).hexdigest()
