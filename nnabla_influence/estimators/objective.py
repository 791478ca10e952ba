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

import logging
from typing import Callable, Optional, Sequence

import numpy as np

from ..array import Array
from ..network.loss_role import LossRole
from ..objective import LOSS, Objective

__all__ = ["objective_of"]

LOGGER = logging.getLogger("nnabla_influence")
MEDIANS = 6.0
ROUNDING = 1e-6  # relative; what a sum in float32 may lie below 0


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
    >>> objective_of("error", [LossRole("loss", "SquaredError", "value", "y")], lambda: np.array([0.5, 1, 90]))
    Objective(name='error', scale=6.0)
    """
    if name == "loss":
        return LOSS
    scale = _of_probabilities(roles)
    return Objective(name, scale) if scale is not None else _of_real_values(name, losses())


def _of_probabilities(roles: Sequence[LossRole]) -> Optional[float]:
    """Return by what -log p is multiplied; None if the loss is something else."""
    role = roles[0]
    return role.weight if len(roles) == 1 and role.log_likelihood and role.weight > 0 else None


def _of_real_values(name: str, losses: Array) -> Objective:
    if losses.min() < -ROUNDING * np.abs(losses).max():
        LOGGER.warning(
            "objective %s: the validation loss is negative in %d of %d rows (lowest %.3g), so it has no scale; the "
            "mean validation loss is used instead",
            name,
            int((losses < 0).sum()),
            len(losses),
            losses.min(),
        )
        return LOSS
    median = float(np.median(losses))
    if not median > 0:
        above = losses[losses > 0]
        median = float(np.median(above)) if len(above) else 1.0 / MEDIANS
        LOGGER.info("objective %s: the median validation loss is 0; the median of those above 0 is taken", name)
    return Objective(name, MEDIANS * median)
