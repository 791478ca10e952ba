"""Influence by one vector that goes backwards through the training steps.

Leaving sample i out of step t changes the parameters after it by ``(eta_t / |S_t|) grad l_i``, to first order; the
later steps multiply this by ``(I - eta H)``. Instead of following every sample forwards, one vector goes backwards, see
`backward_walk`. `SgdInfluence` and `LastEpochInfluence` differ in the parameters that each step is evaluated at.

A sample that an epoch draws twice earns two scores, which are added. One that NNabla's iterator never draws has no step
to be left out of, and 0 would call it neutral: it gets the score it would have in the mean step, at the final
parameters, and is listed in the log; `DRAWS_COLUMN` tells how often each sample was drawn.

The code published with arXiv:1906.08473 and arXiv:2103.11807 divides the Hessian term by the batch size a second time,
which nearly removes it; ``recursion="published"`` reproduces that.
"""

from __future__ import annotations

import logging
from abc import abstractmethod
from functools import partial
from typing import Iterator

import numpy as np

from ..array import IntArray
from ..autodiff import LossOracle
from ..choices import RECURSIONS
from ..device import Device
from ..errors import ConfigError
from ..objective import require_objective
from ..scores import DRAWS_COLUMN, InfluenceScores
from ..training import Adjoint
from .backward_walk import BackwardStep, BackwardWalk
from .influence_estimator import InfluenceEstimator
from .scoring_task import ScoringTask

__all__ = ["RecursiveInfluence"]

LOGGER = logging.getLogger("nnabla_influence")


class RecursiveInfluence(InfluenceEstimator):
    """The backward recursion, whatever the parameters it is evaluated at.

    Args:
        recursion: ``corrected`` or ``published``.
        batch_norm: Policy of `LossOracle`.
        device: Where to compute.
        objective: ``error`` or ``loss``: which quantity of the validation data, see `objective`.

    Attributes:
        through: Whose steps are followed: those of the ``last`` epoch or of ``all``.
        replays: Whether every step is known as it happened, so that a solver's second moment moves too.

    Raises:
        ConfigError: No such recursion or objective.
    """

    through = "last"
    replays = False

    def __init__(self, recursion: str, batch_norm: str, device: Device, objective: str) -> None:
        if recursion not in RECURSIONS:
            raise ConfigError(f"Recursion should be corrected or published, not '{recursion}'.")
        require_objective(objective)
        self.recursion = recursion
        self.batch_norm = batch_norm
        self.objective = objective
        self.device = device

    @abstractmethod
    def _steps(self, task: ScoringTask) -> Iterator[BackwardStep]:
        """Yield the steps, last first."""

    def _scores(self, task: ScoringTask) -> InfluenceScores:
        training = task.training
        final = training.final
        oracle = task.oracle(final.theta, self.batch_norm, self.device)
        objective = task.objective(self.objective, oracle, final.theta)
        gradient = task.validation_gradient(oracle, final.theta, objective)
        adjoint = Adjoint(training.config.solver, gradient, final.solver)
        if adjoint.has_second_moment and not self.replays:
            LOGGER.info(
                "solver %s: its second moment is held fixed, scores are approximate", training.config.solver.name
            )
        walk = BackwardWalk(oracle, adjoint, self.recursion == "published", len(task.train))
        epochs = training.config.epochs if self.through == "all" else 1
        draws = np.sum([training.plan.draws(training.config.epochs - 1 - k) for k in range(epochs)], axis=0)  # (N,)
        walk.run(self._steps(task), training.plan.steps, int(draws.sum()), task)
        self._score_undrawn(np.flatnonzero(draws == 0), walk, oracle, task)
        even = (draws == epochs).all()
        columns = {} if even else {DRAWS_COLUMN: draws.astype(np.float64)}
        return InfluenceScores(walk.scores, self.method, walk.facts(), columns, objective=objective)

    def _score_undrawn(self, rows: IntArray, walk: BackwardWalk, oracle: LossOracle, task: ScoringTask) -> None:
        """Give the samples that were never drawn the score of the mean step."""
        if not len(rows):
            return
        LOGGER.warning(
            "%d of %d training samples were never drawn (%s); they get the score of the mean step. Rows: %s",
            len(rows),
            len(task.train),
            "in the whole training" if self.through == "all" else "in the last epoch",
            ", ".join(map(str, rows.tolist())),
        )
        theta = task.training.final.theta
        direction = walk.mean_direction
        # Among drawn samples: the others of a batch matter to batch normalisation.
        batches = [batch for batch in task.every_row() if np.isin(batch, rows).any()]
        question = partial(LossOracle.sample_products, theta=theta, direction=direction)
        for batch, products in zip(batches, task.sweep.batches(oracle, question, task.train, batches)):
            wanted = np.isin(batch, rows)
            walk.scores[batch[wanted]] = products[wanted]
