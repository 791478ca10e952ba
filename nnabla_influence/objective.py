"""The noun *objective*: the quantity of the validation data whose change is a score.

What "harm" means is a choice. With ``l_i`` the loss of validation row i at the parameters in question and V rows,

    loss    (1 / V) sum over i of l_i
    error   (1 / V) sum over i of 1 - exp(-l_i / s)

`loss` is what the papers use. It is dominated by the rows that the network gets wrong, and in real data those are often
the mislabelled ones: what helps to learn a wrong validation label is called helpful. `error` is bounded, so that a few
rows cannot decide. Where the loss is minus the logarithm of the probability ``p_i`` of the row's label (cross-entropy),
``s`` is 1 and ``1 - exp(-l_i) = 1 - p_i``: the *expected validation error*, of a network that draws its answer by its
own probabilities. For real values it is Welsch's function of robust statistics (Dennis and Welsch 1978), in which ``s``
says from which loss on a row counts as lost; `estimators.objective` chooses it.

The gradient is the validation gradient with every row weighted by the derivative ``exp(-l_i / s) / s``.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np

from .array import Array
from .choices import OBJECTIVES
from .errors import ConfigError

__all__ = ["LOSS", "Objective", "require_objective"]

LOGGER = logging.getLogger("nnabla_influence")
MEDIANS = 6.0
ROUNDING = 1e-6  # relative; what a sum in float32 may lie below 0
WORDS = {"loss": "validation loss", "error": "expected validation error"}


def require_objective(name: str) -> None:
    """Refuse what is no objective.

    Raises:
        ConfigError: It is none of `choices.OBJECTIVES`.
    """
    if name not in OBJECTIVES:
        raise ConfigError(f"Expected objective to be one of {', '.join(OBJECTIVES)}, got {name!r}.")


@dataclass(frozen=True)
class Objective:
    """A quantity of the validation data.

    Args:
        name: One of `choices.OBJECTIVES`.
        scale: s, of the unit of the loss; means nothing to ``loss``.

    Raises:
        ConfigError: There is no such objective, or the scale is not above 0.

    >>> import numpy as np
    >>> losses = -np.log([0.9, 0.5, 0.01])  # the last row may be mislabelled
    >>> [round(Objective(name).of(losses), 3) for name in ("loss", "error")]
    [1.801, 0.53]
    >>> Objective("error").weights(losses).round(2).tolist()
    [0.9, 0.5, 0.01]
    """

    name: str
    scale: float = 1.0

    def __post_init__(self) -> None:
        require_objective(self.name)
        if not self.scale > 0:
            raise ConfigError(f"Expected the scale of an objective to be above 0, got {self.scale}.")

    @classmethod
    def of_real_values(cls, losses: Array) -> Objective:
        """Choose the scale of ``error`` by the losses (V,) of real values; a loss that may be negative has none.

        Args:
            losses: The losses of the rows, at the parameters in question.
        """
        if losses.min() < -ROUNDING * np.abs(losses).max():
            LOGGER.warning(
                "objective error: the validation loss is negative in %d of %d rows (lowest %.3g), so it has no scale; "
                "the mean validation loss is used instead",
                int((losses < 0).sum()),
                len(losses),
                losses.min(),
            )
            return LOSS
        median = float(np.median(losses))
        if not median > 0:
            above = losses[losses > 0]
            median = float(np.median(above)) if len(above) else 1.0 / MEDIANS
            LOGGER.info("objective error: the median validation loss is 0; the median of those above 0 is taken")
        return cls("error", MEDIANS * median)

    @property
    def words(self) -> str:
        """What it is called in a sentence."""
        return WORDS[self.name]

    @property
    def formula(self) -> str:
        """What it is, exactly."""
        if self.name == "loss":
            return f"mean {self.words}"
        if self.scale == 1.0:
            return f"{self.words}, the mean of 1 - p with p = exp(-loss)"
        return f"bounded validation error, the mean of 1 - exp(-loss / {self.scale:.4g})"

    def of(self, losses: Array) -> float:
        """Compute the objective from the losses (V,) of all rows."""
        return float(self.terms(losses).mean())

    def terms(self, losses: Array) -> Array:
        """Compute what each row adds to V times the objective, (V,), from its loss."""
        if self.name == "loss":
            return losses
        terms: Array = -np.expm1(-losses / self.scale)
        return terms

    def weights(self, losses: Array) -> Array:
        """Compute by what each row's gradient is multiplied: the derivative (V,) of its term in its loss."""
        if self.name == "loss":
            return np.ones_like(losses)
        weights: Array = np.exp(-losses / self.scale) / self.scale
        return weights


LOSS = Objective("loss")
"""The mean validation loss."""
