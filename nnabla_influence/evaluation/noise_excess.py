"""The noun *noise excess*: how many more labels are wrong in the training data than the validation data's share.

How far removal should go can be seen from the error of retrained networks, but only roughly: near its lowest point the
error hardly changes. Another question is easier, where labels are classes: *how many* labels are wrong, whichever they
are. Networks that are trained without a fold of the training data are wrong about the labels of that fold more often
than about those of validation rows, which they have not seen either, if more of its labels are wrong.

Let such a network err with probability e on a row whose label is as good as the validation data's. With C classes and
a share r of labels that were changed, each to any other class, it errs on the folds with probability

    a = (1 - r) e + r (1 - e / (C - 1)),    hence    r = (a - e) / (1 - e C / (C - 1)).

Wrong labels among the validation rows are in e, so this is the *excess* over their share: it cannot tell that there are
no wrong labels, but where it is clearly above zero, it says how many. With two classes the errors are ``1 - p`` with p
the probability of the label: what is not given to one class is given to the other, so the formula holds for them too,
with less chance than for wrong answers. With more classes they are wrong answers, 0 or 1. By the delta method the
variance of r is

    (var(a) / N + (1 - r C / (C - 1))^2 var(e) / m) / (1 - e C / (C - 1))^2

for N training and m validation rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple, Optional

import numpy as np

from ..array import Array

__all__ = ["FoldErrors", "NoiseExcess"]

CLEAR = 2.0  # standard errors above zero
KNOWS = 0.1  # a network with a smaller 1 - e C / (C - 1) knows too little


class NoiseExcess(NamedTuple):
    """A number of wrong labels.

    Args:
        number: The estimate.
        error: Its standard error.
    """

    number: float
    error: float

    @property
    def clear(self) -> bool:
        """Whether it is clearly above zero."""
        return self.number > CLEAR * self.error


@dataclass(frozen=True)
class FoldErrors:
    """Errors of networks that were trained without a fold, each from 0 to 1.

    Example:
        >>> errors = FoldErrors(np.repeat([0.0, 1.0], [90, 10]), np.zeros(50), np.zeros(50), classes=10)
        >>> excess = errors.excess(np.arange(50))
        >>> round(excess.number, 1), round(excess.error, 1), excess.clear
        (10.0, 3.0, True)

    Attributes:
        training: Of every training row (N,), by the network that did not see it.
        scoring: Of the rows that score, mean of all these networks.
        selection: Of the rows that choose and confirm, likewise.
        classes: C.
    """

    training: Array
    scoring: Array
    selection: Array
    classes: int

    def excess(self, selection: Array) -> Optional[NoiseExcess]:
        """Estimate the excess; None if the networks know too little to tell.

        Args:
            selection: The rows of the selection data that may be asked, beside those that score.
        """
        validation = np.concatenate([self.scoring, self.selection[selection]])
        others = self.classes / (self.classes - 1)  # C / (C - 1)
        e, a = float(validation.mean()), float(self.training.mean())
        known = 1 - e * others
        if not known > KNOWS:
            return None
        r = (a - e) / known
        chance = self.training.var() / len(self.training)
        chance += (1 - r * others) ** 2 * validation.var() / len(validation)
        return NoiseExcess(len(self.training) * r, len(self.training) * math.sqrt(chance) / known)
