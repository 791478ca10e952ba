"""Did the network learn? Its losses beside those of the best constant predictor.

A network that learnt nothing can be scored all the same: the scores say what moves its constant answer, and nothing
about the samples. So its mean loss on training and on validation rows is held against that of the best constant (see
`constant_predictor`). With ``l_i`` the network's loss of row i, ``k_i`` the constant's and ``d_i = k_i - l_i``:

* **On the training rows** it must be better beyond doubt: the mean of ``d_i`` above two of its standard errors, and
  above a thousandth of the constant's loss (what is left of inputs that are too small to matter is no knowledge). No
  constant answer reaches that, because the constant it is held against was fitted to these very rows.
* **On the validation rows** its mean loss must be below the constant's *or*, where it predicts classes, its answers
  must depend on the row: the probability ``p_i(y_i)`` of a row's label must lie above the mean probability that it
  gives this label on all rows, ``mean_j p_j(y_i)``, on average by more than two standard errors. No constant answer
  reaches that. The loss alone would not do: an overfitted network is so sure of its few wrong answers (or of wrong
  labels) that its cross-entropy is above the constant's, though nine in ten of its answers are right; and one that was
  trained on many wrong labels is right to be unsure, which costs it on validation rows whose labels are right. Both are
  a finding of their own, not a network that learnt nothing.

The training rows are at most `MOST_ROWS`, drawn at random: a mean of so many is exact to a per cent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import List, Optional

import numpy as np

from ..array import Array, IntArray
from ..dataset.dataset import Dataset
from ..device import Device
from ..estimators import given_labels
from ..remedies import remedy
from ..training import FinishedTraining
from .constant_predictor import ConstantPredictor
from .finding import Finding
from .row_predictions import RowPredictions, predict_rows

__all__ = ["LearningCheck", "check_learning"]

MOST_ROWS = 10_000
ERRORS = 2.0  # standard errors
LEAST_GAIN = 1e-3  # of the constant's loss


@dataclass(frozen=True)
class LearningCheck:
    """Losses of a network and of the best constant predictor.

    Attributes:
        training: The network's mean loss on the training rows.
        training_constant: The constant's.
        training_error: The standard error of the difference of the two, paired by row.
        validation: The network's mean loss on the validation rows.
        validation_constant: The constant's.
        right: Share of validation rows whose most probable class is the label; None without classes.
        most_frequent: The same of the class that is most frequent in training.
        dependence: Mean of ``p_i(y_i) - mean_j p_j(y_i)`` over the validation rows; None without classes.
        dependence_error: Its standard error.

    >>> check = LearningCheck(1.10, 1.10, 0.01, 1.09, 1.08, right=0.46, most_frequent=0.46)
    >>> check.learnt_training, check.learnt_validation, check.learnt
    (False, False, False)
    """

    training: float
    training_constant: float
    training_error: float
    validation: float
    validation_constant: float
    right: Optional[float] = None
    most_frequent: Optional[float] = None
    dependence: Optional[float] = None
    dependence_error: float = math.inf

    @property
    def learnt(self) -> bool:
        """Whether the network knows more than a constant, of the rows it was trained on and of others."""
        return self.learnt_training and self.learnt_validation

    @property
    def learnt_training(self) -> bool:
        """Whether its training loss is below the constant's beyond doubt; see the module's text."""
        gain = self.training_constant - self.training
        return gain > max(ERRORS * self.training_error, LEAST_GAIN * abs(self.training_constant))

    @property
    def learnt_validation(self) -> bool:
        """Whether its validation loss is below the constant's, or its answers depend on the row as they should."""
        return self.validation < self.validation_constant or self._depends_on_rows

    @property
    def _depends_on_rows(self) -> bool:
        return self.dependence is not None and self.dependence > ERRORS * self.dependence_error

    @property
    def text(self) -> str:
        """The numbers, for a line of the log."""
        return (
            f"training loss {self.training:.4g} (the best constant predictor has loss {self.training_constant:.4g}), "
            f"validation loss {self.validation:.4g} (loss {self.validation_constant:.4g})"
        )

    def findings(self) -> List[Finding]:
        """Say what is wrong; empty where the network learnt and is not too sure of itself."""
        if not self.learnt_training:
            return [Finding(f"the network did not learn: {self.text}", remedy("learn-first"))]
        if not self.learnt_validation:
            text = f"the network learnt nothing that holds for the validation rows: {self.text}{self._right_text}"
            return [Finding(text, remedy("learn-what-holds"))]
        if not self.validation < self.validation_constant:
            text = (
                f"the network is too sure of itself, or the labels of the two data sets differ: its validation loss is "
                f"not below that of the best constant predictor ({self.validation:.4g} against "
                f"{self.validation_constant:.4g}){self._right_text}"
            )
            return [Finding(text, remedy("less-sure"))]
        return []

    @property
    def _right_text(self) -> str:
        if self.right is None or self.most_frequent is None:
            return ""
        return f", right in {self.right:.1%} of them (the most frequent class: {self.most_frequent:.1%})"


def check_learning(
    training: FinishedTraining,
    train: Dataset,
    validation: Dataset,
    predictions: RowPredictions,
    device: Device = Device(),
) -> Optional[LearningCheck]:
    """Hold a network's losses against the best constant predictor's.

    Args:
        training: A finished training.
        train: Its training data.
        validation: The validation data.
        predictions: What the network makes of the validation rows.
        device: Where to compute.

    Returns:
        The comparison; None where the loss has no known best constant.
    """
    seen = _some_rows(train)
    constant = ConstantPredictor.fit(training.network.roles.validation.losses, seen)
    if constant is None:
        return None
    own = predict_rows(training, seen, device).losses
    gains = constant.losses(seen) - own  # (n,)
    error = float(gains.std(ddof=1)) / math.sqrt(len(gains)) if len(gains) > 1 else math.inf
    check = LearningCheck(
        training=float(own.mean()),
        training_constant=float(own.mean() + gains.mean()),
        training_error=error,
        validation=float(predictions.losses.mean()),
        validation_constant=float(constant.losses(validation).mean()),
    )
    return _with_answers(check, training, train, validation, predictions.probabilities)


def _some_rows(data: Dataset) -> Dataset:
    """Return the data set, or `MOST_ROWS` of its rows; at random, because rows may be sorted or alternate."""
    if len(data) <= MOST_ROWS:
        return data
    rows: IntArray = np.sort(np.random.default_rng(0).choice(len(data), MOST_ROWS, replace=False))
    return data.subset(rows)


def _with_answers(
    check: LearningCheck,
    training: FinishedTraining,
    train: Dataset,
    validation: Dataset,
    probabilities: Optional[Array],
) -> LearningCheck:
    """Add what the predicted classes (N, C) of the validation rows say, where there are any."""
    learnt = given_labels(training.network, train)
    labels = given_labels(training.network, validation)
    if probabilities is None or learnt is None or labels is None:
        return check
    values, counts = np.unique(learnt, return_counts=True)
    known = labels[(labels >= 0) & (labels < probabilities.shape[1])]
    of_labels = probabilities[np.flatnonzero(np.isin(labels, known)), known]  # p_i(y_i)
    beyond = of_labels - probabilities.mean(axis=0)[known]
    return replace(
        check,
        right=float((probabilities.argmax(axis=1) == labels).mean()),
        most_frequent=float((labels == values[counts.argmax()]).mean()),
        dependence=float(beyond.mean()) if len(beyond) else None,
        dependence_error=float(beyond.std(ddof=1)) / math.sqrt(len(beyond)) if len(beyond) > 1 else math.inf,
    )
