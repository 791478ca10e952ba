"""The influence function of Koh and Liang (2017): what if the optimum moved?

    r_i = (1 / N) <grad l_i, (C + damping)^-1 g>

with g the mean validation gradient and C the mean curvature of the training loss (Gauss-Newton or Hessian) at the final
parameters. It answers another question than the methods that follow the training steps: how the *minimum* would move
if sample i had weight zero, whether or not training reached it. Solved on a subset of the training data by

* ``lanczos``: on the same small Krylov space as `spectral`, no further products for another damping;
* ``cg``: conjugate gradients to a tolerance;
* ``lissa``: a stochastic recursion over batches.

A solver that did not arrive says so in the log, with its residual and what to try.
"""

from __future__ import annotations

import logging
from typing import Optional

import numpy as np

from ..autodiff import CURVATURES, MeanCurvature, drawn_batches
from ..dataset.dataset import Dataset
from ..device import Device
from ..errors import ConfigError, DivergenceError
from ..linalg import (
    LissaSettings,
    Shifted,
    Solution,
    Status,
    conjugate_gradient,
    damped_inverse,
    function_times_vector,
    lanczos,
    lissa,
)
from ..scores import InfluenceScores
from ..training import FinishedTraining, coupled_decay
from .base import (
    InfluenceEstimator,
    OracleSettings,
    Progress,
    Store,
    in_batches,
    note_negative_curvature,
    prepared_oracle,
    sample_products,
    scoring_point,
)

SOLVERS = ("lanczos", "cg", "lissa")
LOGGER = logging.getLogger("nnabla_influence")
POWER_STEPS = 4  # Lanczos steps that find the largest eigenvalue for LiSSA's scale


class InfluenceFunction(InfluenceEstimator):
    """Influence on the optimum, by a damped inverse of the curvature.

    Args:
        damping: Added to the curvature's diagonal, greater than 0.
        solver: ``lanczos``, ``cg`` or ``lissa``.
        curvature: ``ggn`` (Gauss-Newton), ``hessian``, or ``auto``: the Hessian only where there is no Gauss-Newton.
        iterations: Products at most (``lissa``: batches).
        subset: Training samples the curvature is taken from; None for all.
        batch_norm: Policy of `LossOracle`.
        seed: Draws the subset.
        at: ``final`` parameters, the ``average`` of the last epoch, or ``auto``: the average if training recorded it.
        device: Where to compute.

    Raises:
        ConfigError: A setting has an impossible value.
    """

    method = "influence-function"

    def __init__(
        self,
        damping: float = 1.0,
        solver: str = "lanczos",
        curvature: str = "auto",
        iterations: int = 20,
        subset: Optional[int] = 1024,
        batch_norm: str = "batch",
        seed: int = 0,
        at: str = "auto",
        device: Device = Device(),
    ) -> None:
        if not damping > 0:
            raise ConfigError(f"Damping should be greater than 0, not {damping}.")
        if solver not in SOLVERS or curvature not in CURVATURES:
            raise ConfigError(
                f"Solver should be one of {', '.join(SOLVERS)} and curvature one of {', '.join(CURVATURES)}, not "
                f"'{solver}' and '{curvature}'."
            )
        self.damping, self.solver, self.curvature, self.iterations = damping, solver, curvature, iterations
        self.subset, self.batch_norm, self.seed, self.at, self.device = subset, batch_norm, seed, at, device

    def estimate(
        self,
        training: FinishedTraining,
        train: Dataset,
        validation: Dataset,
        progress: Optional[Progress] = None,
        store: Optional[Store] = None,
    ) -> InfluenceScores:
        """See `InfluenceEstimator.estimate`.

        Raises:
            DivergenceError: The solver diverged; the message says what to try.
        """
        theta, config = scoring_point(training, self.at), training.config
        oracle = prepared_oracle(training, train, theta, OracleSettings(self.batch_norm, self.device))
        start = oracle.mean_gradient(theta, in_batches(validation, config.batch_size), validation=True)
        batches = drawn_batches(len(train), config.batch_size, self.subset, self.seed)
        # A step adds the gradients of several batches but the decay once.
        decay = coupled_decay(config.solver) / training.plan.batches_per_step
        curvature = MeanCurvature(oracle, theta, train, batches, self.curvature, decay)
        direction = self._solved(curvature, len(batches), start)
        products = sample_products(oracle, theta, training, train, direction, progress)
        return InfluenceScores(products / len(train), self.method)

    def _solved(self, curvature: MeanCurvature, batches: int, start: np.ndarray) -> np.ndarray:
        """``(C + damping)^-1 g`` (P,)."""
        if self.solver == "lanczos":
            found = function_times_vector(lanczos(curvature, start, self.iterations), damped_inverse(self.damping))
            note_negative_curvature(found)
            LOGGER.info("influence function: the last Lanczos step changed the solution by %.2g", found.change)
            return found.value
        if self.solver == "cg":
            return self._judged(
                conjugate_gradient(
                    Shifted(curvature, self.damping), start, tolerance=1e-2, max_iterations=self.iterations
                )
            )
        largest = float(lanczos(curvature, start, POWER_STEPS).ritz_values.max(initial=0.0))
        # Single batches are sharper than their mean.
        settings = LissaSettings(
            scale=4 * (largest + self.damping),
            damping=self.damping,
            depth=self.iterations,
            batches=batches,
            seed=self.seed,
        )
        return self._judged(lissa(curvature.of_batch, start, settings, curvature))

    def _judged(self, solution: Solution) -> np.ndarray:
        if solution.status in (Status.DIVERGED, Status.BREAKDOWN) and solution.residual > 0.5:
            raise DivergenceError(
                f"The influence function's solver ended with '{solution.status.value}' at residual "
                f"{solution.residual:.2g} after {solution.iterations} steps. {solution.advice}"
            )
        LOGGER.info(
            "influence function: %s after %d steps, residual %.2g. %s",
            solution.status.value,
            solution.iterations,
            solution.residual,
            solution.advice,
        )
        return solution.value
