"""The influence function of Koh and Liang (2017): what if the optimum moved?

    r_i = (1 / N) <grad l_i, (C + damping)^-1 g>

with g the validation gradient and C the mean curvature of the training loss (Gauss-Newton or Hessian) at the final
parameters. It answers another question than the methods that follow the training steps: how the *minimum* would move
if sample i had weight zero, whether or not training reached it. Solved on a subset of the training data by

* ``lanczos``: on the same small Krylov space as `spectral`, no further products for another damping;
* ``cg``: conjugate gradients to a tolerance.

A solver that did not arrive says so in the log, with its residual and what to try.
"""

from __future__ import annotations

import logging
from typing import Optional

from ..array import Array
from ..autodiff import MeanCurvature
from ..choices import DEFAULT_OBJECTIVE, INVERSES
from ..device import Device
from ..errors import ConfigError, DivergenceError
from ..linalg import (
    Shifted,
    Solution,
    Status,
    conjugate_gradient,
    damped_inverse,
    function_times_vector,
)
from ..scores import InfluenceScores
from .curvature_influence import CurvatureInfluence
from .lanczos_rule import krylov_space
from .negative_curvature import log_negative_curvature
from .scoring_task import ScoringTask

__all__ = ["InfluenceFunction"]

LOGGER = logging.getLogger("nnabla_influence")
ITERATIONS = 20  # of conjugate gradients at most, where nobody says
TOLERANCE = 1e-2  # relative residual of conjugate gradients
USABLE = 0.5  # relative residual beyond which a solver that broke down is of no use


class InfluenceFunction(CurvatureInfluence):
    """Influence on the optimum, by a damped inverse of the curvature.

    Args:
        damping: Added to the curvature's diagonal, greater than 0.
        inverse: How it is solved: ``lanczos`` or ``cg``.
        curvature: ``ggn`` (Gauss-Newton), ``hessian``, or ``auto``: the Hessian only where there is no Gauss-Newton.
        iterations: Products, of conjugate gradients at most; None: until the result changes little.
        subset: Training samples the curvature is taken from; None for all.
        batch_norm: Policy of `LossOracle`.
        seed: Draws the subset.
        at: ``final`` parameters, the ``average`` of the last epoch, or ``auto``: the average if training recorded it.
        device: Where to compute.
        objective: ``error`` or ``loss``: which quantity of the validation data, see `objective`.

    Raises:
        ConfigError: A setting has an impossible value.

    >>> import numpy as np
    >>> from nnabla_influence import Dataset, InfluenceFunction, Network, TrainingConfig
    >>> from nnabla_influence.training import FinalState
    >>> data = Dataset.from_arrays({"x": np.eye(4), "y": np.array([0, 1, 2, 0])})
    >>> network = Network.builtin("builtin:mlp", (4,), 3)
    >>> training = FinalState(network, TrainingConfig(epochs=1, batch_size=2), samples=4)
    >>> len(InfluenceFunction(damping=0.1).estimate(training, data, data).values)
    4
    """

    method = "influence-function"

    def __init__(
        self,
        damping: float = 1.0,
        inverse: str = "lanczos",
        curvature: str = "auto",
        iterations: Optional[int] = None,
        subset: Optional[int] = 1024,
        batch_norm: str = "batch",
        seed: int = 0,
        at: str = "auto",
        device: Device = Device(),
        objective: str = DEFAULT_OBJECTIVE,
    ) -> None:
        if not damping > 0:
            raise ConfigError(f"Damping should be greater than 0, not {damping}.")
        if inverse not in INVERSES:
            raise ConfigError(f"Inverse should be one of {', '.join(INVERSES)}, not '{inverse}'.")
        super().__init__(curvature, subset, batch_norm, seed, at, device, objective)
        self.damping = damping
        self.inverse = inverse
        self.iterations = iterations

    def _scores(self, task: ScoringTask) -> InfluenceScores:
        point = self._at_point(task)
        direction = self._solved(point.curvature, point.gradient)
        products = task.sample_products(point.oracle, point.theta, direction)
        return InfluenceScores(products / len(task.train), self.method, objective=point.objective)

    def _solved(self, curvature: MeanCurvature, gradient: Array) -> Array:
        """Compute ``(C + damping)^-1 g`` (P,)."""
        if self.inverse == "lanczos":
            inverse = damped_inverse(self.damping)
            product = function_times_vector(krylov_space(curvature, gradient, inverse, self.iterations), inverse)
            log_negative_curvature(product)
            LOGGER.info("influence function: the last Lanczos step changed the solution by %.2g", product.change)
            return product.value
        damped = Shifted(curvature, self.damping)
        most = ITERATIONS if self.iterations is None else self.iterations
        return _checked(conjugate_gradient(damped, gradient, tolerance=TOLERANCE, max_iterations=most))


def _checked(solution: Solution) -> Array:
    """Return x (P,) and log how it went.

    Raises:
        DivergenceError: The solver did not arrive anywhere near; the message says what to try.
    """
    if solution.status in (Status.DIVERGED, Status.BREAKDOWN) and solution.residual > USABLE:
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
