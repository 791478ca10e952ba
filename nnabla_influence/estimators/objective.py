"""Which quantity of the validation data is differentiated: the objective of a network, from its loss and its losses.

`nnabla_influence.objective` says what the objectives are; here the scale ``s`` of ``error`` is chosen:

* One cross-entropy (softmax, categorical, sigmoid, binary): the loss is ``-log p``, so ``s = 1`` and the objective is
  the expected validation error. If the network multiplies it by a number c, the loss is ``-c log p`` and ``s = c``.
  With several labels in a row the loss is their mean, and p the geometric mean of their probabilities.
* Everything else (squared error, also on class numbers; several losses that are added; a loss of one's own): Welsch's
  function with ``s`` six times the median validation loss at the parameters that are scored. The median does not feel
  a minority of broken rows. With 4 to 8 medians the results were alike; a row with the median loss keeps
  exp(-1/6) = 85 % of its weight, one with twelve times the median 14 %.

A median of 0 (half of the rows are fitted exactly, as `EpsilonInsensitiveLoss` does) is no scale; then the median of
the losses above 0 is taken, and if there is none the gradient is 0 whatever the scale. A loss that is negative
somewhere has no zero to measure from; then the mean loss is used, and a warning says so. With ``tracin`` the scale is
that of the last checkpoint, for all of them: one question, one objective.
"""

from __future__ import annotations

from typing import Callable, Optional, Sequence

from ..array import Array
from ..network.loss_role import LossRole
from ..objective import LOSS, Objective

__all__ = ["likelihood_scale", "objective_of"]


def objective_of(name: str, roles: Sequence[LossRole], losses: Callable[[], Array]) -> Objective:
    """Return the objective of a network.

    Args:
        name: One of `choices.OBJECTIVES`.
        roles: The losses of the validation network, which are added.
        losses: Computes the validation losses (V,) at the parameters that are scored; called only where they matter.

    Raises:
        ConfigError: There is no such objective.

    >>> objective_of("error", [LossRole("loss", "SoftmaxCrossEntropy", "logits", "y")], losses=list)
    Objective(name='error', scale=1.0)
    >>> import numpy as np
    >>> objective_of("error", [LossRole("loss", "SquaredError", "value", "y")], lambda: np.array([0.5, 1, 90]))
    Objective(name='error', scale=6.0)
    """
    if name == "loss":
        return LOSS
    scale = likelihood_scale(roles)
    return Objective(name, scale) if scale is not None else Objective.of_real_values(losses())


def likelihood_scale(roles: Sequence[LossRole]) -> Optional[float]:
    """Return by what -log p is multiplied to give the loss; None if the loss is something else."""
    role = roles[0]
    return role.weight if len(roles) == 1 and role.log_likelihood and role.weight > 0 else None
