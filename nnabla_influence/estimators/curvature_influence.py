"""What the methods share that carry the validation gradient through a function of the mean curvature.

`spectral` and `influence-function` ask the same thing first: the validation gradient g (P,) and the mean curvature of
the training loss, both at one set of parameters and under one batch-norm policy. What they make of it differs.
"""

from __future__ import annotations

from abc import ABC
from typing import NamedTuple, Optional

from ..array import Array
from ..autodiff import LossOracle, MeanCurvature
from ..choices import CURVATURES
from ..device import Device
from ..errors import ConfigError
from ..objective import Objective, require_objective
from .influence_estimator import InfluenceEstimator
from .scoring_point import scoring_point
from .scoring_task import ScoringTask

__all__ = ["CurvatureAtPoint", "CurvatureInfluence"]


class CurvatureAtPoint(NamedTuple):
    """What is known at the parameters that are scored.

    Attributes:
        theta: The parameters (P,).
        oracle: Losses and derivatives there.
        objective: Which validation quantity.
        gradient: Its gradient, g (P,).
        curvature: Mean curvature of the training loss, an operator (P, P).
    """

    theta: Array
    oracle: LossOracle
    objective: Objective
    gradient: Array
    curvature: MeanCurvature


class CurvatureInfluence(InfluenceEstimator, ABC):
    """An estimator that needs the mean curvature at one set of parameters.

    Args:
        curvature: ``ggn`` (Gauss-Newton), ``hessian``, or ``auto``: the Hessian only where there is no Gauss-Newton.
        subset: Training samples the curvature is taken from; None for all.
        batch_norm: Policy of `LossOracle`.
        seed: Draws the subset.
        at: ``final`` parameters, the ``average`` of the last epoch, or ``auto``: the average if training recorded it.
        device: Where to compute.
        objective: ``error`` or ``loss``: which quantity of the validation data, see `objective`.

    Raises:
        ConfigError: A setting has an impossible value.
    """

    def __init__(
        self,
        curvature: str,
        subset: Optional[int],
        batch_norm: str,
        seed: int,
        at: str,
        device: Device,
        objective: str,
    ) -> None:
        if curvature not in CURVATURES:
            raise ConfigError(f"Curvature should be one of {', '.join(CURVATURES)}, not '{curvature}'.")
        require_objective(objective)
        self.curvature = curvature
        self.subset = subset
        self.batch_norm = batch_norm
        self.seed = seed
        self.at = at
        self.device = device
        self.objective = objective

    def _at_point(self, task: ScoringTask) -> CurvatureAtPoint:
        """Compute the validation gradient and prepare the curvature at the parameters that are scored."""
        theta = scoring_point(task.training, self.at)
        oracle = task.oracle(theta, self.batch_norm, self.device)
        objective = task.objective(self.objective, oracle, theta)
        gradient = task.validation_gradient(oracle, theta, objective)
        curvature = task.mean_curvature(oracle, theta, self.curvature, self.subset, self.seed)
        return CurvatureAtPoint(theta, oracle, objective, gradient, curvature)
