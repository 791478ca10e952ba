"""What an estimator is asked: a finished training, the data, and whom to tell how far it is.

What several methods compute on their way, such as the mean validation gradient or one pass of sample products, is
asked of the task too, so that all of them mean the same by it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import partial
from typing import Callable, Iterator, List, Optional, Tuple, TypeVar

import numpy as np

from ..array import Array, IntArray
from ..autodiff import HERE, LossOracle, MeanCurvature, Sweep, drawn_batches
from ..autodiff.batch_means import mean_gradient
from ..dataset.batches import consecutive_batches
from ..dataset.dataset import Dataset
from ..device import Device
from ..objective import LOSS, Objective
from ..progress import ProgressCallback, ProgressStore
from ..training import FinishedTraining, coupled_decay
from .objective import objective_of
from .reused_work import ReusedWork
from .sample_columns import WHOLE_COLUMNS, come_with_products, joined, products_and_columns

__all__ = ["ScoringTask"]

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class ScoringTask:
    """A scoring to be done.

    Args:
        training: What was trained.
        train: The training data.
        validation: The validation data.
        progress: Called with (samples done, samples in all).
        store: Where methods that take long keep their progress.
        sweep: Asks about batches, here or in workers.
        reused: What scorings of this training with other validation data have in common with it.
    """

    training: FinishedTraining
    train: Dataset
    validation: Dataset
    progress: Optional[ProgressCallback] = None
    store: Optional[ProgressStore] = None
    sweep: Sweep = HERE
    reused: ReusedWork = field(default_factory=ReusedWork, compare=False, repr=False)

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
            """Make the oracle, with frozen statistics where its policy asks for them."""
            oracle = LossOracle(self.training.network, batch_norm, device)
            if batch_norm == "frozen" and self.training.network.running_statistics:
                batches = self.every_row()
                question = partial(LossOracle.batch_statistics, theta=theta)
                # Of another oracle: workers have this one as it is when they meet it.
                measuring = LossOracle(self.training.network, batch_norm, device)
                seen = self.sweep.batches(measuring, question, self.train, batches)
                oracle.use_statistics(zip(map(len, batches), seen))
            return oracle

        return self.reused.once(("oracle", batch_norm, device, _digest(theta)), made)

    def objective(self, name: str, oracle: LossOracle, theta: Array) -> Objective:
        """Return the objective of that name, with the scale that it has at theta (P,), see `estimators.objective`."""

        def losses() -> Array:
            """Compute the loss (M,) of every validation sample at theta."""
            question = partial(LossOracle.sample_losses, theta=theta, validation=True)
            return np.concatenate(
                list(self.sweep.batches(oracle, question, self.validation, self._validation_batches()))
            )

        return objective_of(name, self.training.network.roles.validation.losses, losses)

    def validation_gradient(self, oracle: LossOracle, theta: Array, objective: Objective = LOSS) -> Array:
        """Compute the gradient g (P,) of the objective: the mean validation loss, or with its rows weighted.

        Losses and gradient come from the same oracle in the same batches, so both have its batch-norm policy.
        """
        weigh = None if objective == LOSS else objective.weights
        batches = self._validation_batches()
        question = partial(LossOracle.batch_gradient, theta=theta, validation=True, weigh=weigh)
        gradients = self.sweep.batches(oracle, question, self.validation, batches)
        return mean_gradient(self.training.network, zip(map(len, batches), gradients), validation=True)

    def _validation_batches(self) -> List[IntArray]:
        return consecutive_batches(len(self.validation), self.training.config.batch_size)

    def sample_products(self, oracle: LossOracle, theta: Array, direction: Array) -> Array:
        """Compute ``<grad l_i, direction>`` (N,) of every training sample, in the batches of the last epoch.

        Where the same pass gives the samples' columns, they are kept for `sample_columns`.
        """
        batches = self.every_row()
        if WHOLE_COLUMNS in self.reused or not come_with_products(self.training, theta):
            question = partial(LossOracle.sample_products, theta=theta, direction=direction)
            return self.of_every_sample(oracle, question, batches)
        both = partial(products_and_columns, theta=theta, direction=direction)
        products = np.zeros(len(self.train))
        parts = []
        for rows, (of_rows, columns) in self._answers(oracle, both, batches):
            products[rows] = of_rows
            parts.append(columns)
        known = [columns for columns in parts if columns is not None]
        if len(known) == len(parts):
            self.reused.keep(WHOLE_COLUMNS, joined(known, batches))
        return products

    def of_every_sample(self, oracle: LossOracle, question: Callable[..., Array], batches: List[IntArray]) -> Array:
        """Ask something about every training sample, and report.

        Args:
            oracle: Who knows.
            question: Gives numbers (B,) of the samples of a batch, see `Sweep.batches`.
            batches: Row numbers of each batch.

        Returns:
            The numbers (N,).
        """
        values = np.zeros(len(self.train))
        for rows, answer in self._answers(oracle, question, batches):
            values[rows] = answer
        return values

    def _answers(
        self, oracle: LossOracle, question: Callable[..., Answer], batches: List[IntArray]
    ) -> Iterator[Tuple[IntArray, Answer]]:
        """Yield the rows of every batch with its answer, and report."""
        done = 0
        for rows, answer in zip(batches, self.sweep.batches(oracle, question, self.train, batches)):
            yield rows, answer
            done += len(rows)
            self.report(done, len(self.train))

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
            """Make the operator on the samples that the seed draws."""
            config = self.training.config
            batches = drawn_batches(len(self.train), config.batch_size, subset, seed)
            # A step adds the gradients of several batches but the decay once.
            decay = coupled_decay(config.solver) / self.training.plan.batches_per_step
            return MeanCurvature(oracle, theta, self.train, batches, kind, decay, self.sweep)

        return self.reused.once(("curvature", id(oracle), kind, subset, seed, _digest(theta)), made)


def _digest(theta: Array) -> str:
    """Identify parameters (P,)."""
    return hashlib.sha256(theta.tobytes()).hexdigest()
