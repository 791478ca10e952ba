"""The noun *noise excess*: how many more labels are wrong in the training data than the validation data's share.

How far removal should go can be seen from the error of retrained networks, but only roughly: near its lowest point the
error hardly changes. Another question is easier, where labels are classes: *how many* labels are wrong, whichever they
are. Networks that are trained without a fold of the training data are wrong about the labels of that fold more often
than about those of validation rows, which they have not seen either, if more of its labels are wrong.

Let such a network err with probability e on a row whose label is as good as the validation data's. With C classes and
a share r of labels that were changed, each to any other class, it errs on the folds with probability

    a = (1 - r) e + r (1 - e / (C - 1)),    hence    r = (a - e) / (1 - e C / (C - 1)).

Wrong labels among the validation rows are in e, so this is the *excess* over their share: it cannot tell that there are
no wrong labels, but where it is clearly above zero, it says how many. Training rows that are merely harder than the
validation rows look the same; so it decides only among numbers to remove that are as good as each other (see `choice`).

With two classes the errors are ``1 - p`` with p the probability of the label: what is not given to one class is given
to the other, so the formula holds for them too, with less chance than for wrong answers. With more classes they are
wrong answers, 0 or 1. By the delta method the variance of r is

    (var(a) / N + (1 - r C / (C - 1))^2 var(e) / m) / (1 - e C / (C - 1))^2

for N training and m validation rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple, Optional

import numpy as np

from ..array import Array
from ..objective import Objective
from .evaluation_data import SELECTION
from .row_figures import RowFigures

__all__ = ["FOLD", "FOLDS", "SCORING", "FoldErrors", "NoiseExcess", "fold_name"]

FOLDS = 5
FOLD = "fold"
SCORING = "scoring"
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
        """Whether it is clearly above zero, and a label at all."""
        return self.number > max(1.0, CLEAR * self.error)


@dataclass(frozen=True)
class FoldErrors:
    """Errors of networks that were trained without a fold, each from 0 to 1; see `fold_trainings`.

    Example:
        >>> errors = FoldErrors(np.repeat([0.0, 1.0], [90, 10]), np.zeros(50), np.zeros(50), classes=10)
        >>> excess = errors.excess(np.arange(50))
        >>> round(excess.number, 1), round(excess.error, 1), excess.clear
        (10.0, 3.0, True)

    Attributes:
        training: Of every training row (N,), by the network that did not see it; fold by fold.
        scoring: Of the rows that score, mean of all these networks.
        selection: Of the rows that choose and confirm, likewise.
        classes: C.
    """

    training: Array
    scoring: Array
    selection: Array
    classes: int

    @classmethod
    def of(cls, figures: RowFigures) -> Optional[FoldErrors]:
        """Read the errors from the figures of rows; None where there are none, or a training diverged."""
        names = figures.folds
        if not names or any(name not in figures for name in names):
            return None
        scale = figures.scale if figures.classes == 2 else math.nan
        parts = {of: [_errors(figures, name, of, scale) for name in names] for of in (FOLD, SCORING, SELECTION)}
        known = {of: [errors for errors in of_folds if errors is not None] for of, of_folds in parts.items()}
        if any(len(of_folds) < len(names) for of_folds in known.values()):
            return None
        if any(len({len(errors) for errors in known[of]}) > 1 for of in (SCORING, SELECTION)):
            return None  # of a table that somebody edited
        scoring, selection = (np.mean(known[of], axis=0) for of in (SCORING, SELECTION))
        return cls(np.concatenate(known[FOLD]), scoring, selection, figures.classes)

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

    @property
    def sentence(self) -> str:
        """How many labels seem wrong, in words; empty if nobody can tell."""
        excess = self.excess(np.arange(len(self.selection)))
        if excess is None:
            return ""
        by = f"by {FOLDS} networks that did not see them"
        if not excess.clear:
            return f"the training labels are not clearly worse than the validation rows', {by}"
        number = f"{round(excess.number):,} of {len(self.training):,}"
        error = f"(standard error {round(excess.error):,})"
        return f"about {number} labels are wrong beyond the validation rows' share {error}, {by}"


def fold_name(experiment: str, fold: int) -> str:
    """Return the name of the figures of a training without a fold."""
    return f"{FOLD}-{experiment}-{fold}"


def _errors(figures: RowFigures, name: str, data: str, scale: float) -> Optional[Array]:
    """Return the errors of rows: 1 - p if a loss says p, else whether the answer is wrong; None if nobody knows."""
    wrong = figures.wrong(name, data)
    if wrong is None or math.isnan(scale):  # no classes, or the training diverged
        return wrong
    return Objective("error", scale).terms(figures.losses(name, data))
