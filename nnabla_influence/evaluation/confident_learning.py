"""Confident learning: which labels of rows that a network never saw are likely wrong, and what share of all labels is.

Northcutt, Jiang and Chuang, *Confident Learning: Estimating Uncertainty in Dataset Labels*, JAIR 2021. For row k let
``y_k`` be its label and ``p_kj`` the predicted probability of class j, from a network that was not trained on the row.

* The *threshold* of class j is its mean self-confidence: ``t_j = mean of p_kj over the rows labelled j``. A network
  that is unsure of a class in general is not held to a fixed probability there.
* The *confident joint* ``J_ij`` counts the rows labelled i that are confidently of class j: ``p_kj >= t_j``, and where
  that holds for several classes, the most probable of these. Rows that reach no threshold are not counted.
* *Calibrated*, each row of J is scaled to the number of rows labelled i: ``Q_ij = (J_ij / sum_j J_ij) n_i / n``, an
  estimate of the joint distribution of given and true label. Its off-diagonal sum is the share of wrong labels.
* *Suspicious* are, for each pair i != j, the ``n Q_ij`` rows labelled i with the largest ``p_kj - p_ki`` (pruning by
  noise rate), unless their label is the most probable class anyway. They are ordered by the normalised margin
  ``p_k,y_k - max over j != y_k of p_kj``, from -1 (surely another class) upwards.

What the network gets confidently wrong looks the same as a wrong label: the share is an upper guess for a weak network,
and the rows are to be looked at, not to be thrown away.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..array import Array, IntArray

__all__ = ["LabelNoise", "calibrated_joint", "confident_joint", "estimate_label_noise", "normalized_margins"]


@dataclass(frozen=True)
class LabelNoise:
    """The label noise of n rows.

    Attributes:
        joint: (C, C) estimated shares of given label i (line) and true label j (column).
        rows: The suspicious rows, most suspicious first.
        predicted: (n,) the most probable class of every row.
        self_confidence: (n,) the probability of every row's label.

    >>> noise = estimate_label_noise(np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.9, 0.1]]), np.array([0, 0, 1, 1]))
    >>> noise.rows.tolist(), noise.share
    ([3], 0.25)
    """

    joint: Array
    rows: IntArray
    predicted: IntArray
    self_confidence: Array

    @property
    def share(self) -> float:
        """The estimated share of wrong labels."""
        return float(self.joint.sum() - np.trace(self.joint))


def estimate_label_noise(probabilities: Array, labels: IntArray) -> LabelNoise:
    """Estimate which labels are wrong.

    Args:
        probabilities: (n, C) predicted out of sample.
        labels: (n,) class numbers from 0 to C - 1.
    """
    joint = calibrated_joint(confident_joint(probabilities, labels), labels)
    rows = _pruned(probabilities, labels, joint)
    order = np.argsort(normalized_margins(probabilities, labels)[rows], kind="stable")
    every = np.arange(len(labels))
    return LabelNoise(joint, rows[order], probabilities.argmax(axis=1), probabilities[every, labels])


def confident_joint(probabilities: Array, labels: IntArray) -> IntArray:
    """Count the rows (C, C) labelled i that are confidently of class j.

    >>> confident_joint(np.array([[0.9, 0.1], [0.7, 0.3], [0.2, 0.8]]), np.array([0, 1, 1])).tolist()
    [[1, 0], [0, 1]]
    """
    classes = probabilities.shape[1]
    thresholds = np.full(classes, np.inf)  # a class without labels is nobody's
    for number in np.unique(labels):
        thresholds[number] = probabilities[labels == number, number].mean()
    confident = probabilities >= thresholds  # (n, C)
    best = np.where(confident, probabilities, -1.0).argmax(axis=1)
    counted = confident.any(axis=1)
    joint = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(joint, (labels[counted], best[counted]), 1)
    return joint


def calibrated_joint(joint: IntArray, labels: IntArray) -> Array:
    """Scale a confident joint (C, C) to the shares of the given labels.

    >>> calibrated_joint(np.array([[2, 0], [1, 1]]), np.array([0, 0, 1, 1])).tolist()
    [[0.5, 0.0], [0.25, 0.25]]
    """
    counts = np.bincount(labels, minlength=len(joint))  # (C,)
    sure = joint.astype(np.float64)
    # A class of which nothing is sure keeps its labels; and one row is right at least, or a rare class would vanish.
    np.fill_diagonal(sure, np.maximum(np.diagonal(sure), 1.0))
    shares: Array = sure / sure.sum(axis=1, keepdims=True) * (counts / len(labels))[:, None]
    return shares


def normalized_margins(probabilities: Array, labels: IntArray) -> Array:
    """Compute by how much (n,) the label's probability exceeds the largest other one.

    >>> normalized_margins(np.array([[0.5, 0.25, 0.25]]), np.array([2])).tolist()
    [-0.25]
    """
    every = np.arange(len(labels))
    others = probabilities.copy()
    others[every, labels] = -np.inf
    margins: Array = probabilities[every, labels] - others.max(axis=1)
    return margins


def _pruned(probabilities: Array, labels: IntArray, joint: Array) -> IntArray:
    """Return the rows, ascending, that pruning by noise rate takes."""
    disagrees = probabilities.argmax(axis=1) != labels
    taken = np.zeros(len(labels), dtype=bool)
    for given, true in zip(*np.nonzero(joint)):
        if given == true:
            continue
        rows = np.flatnonzero(labels == given)
        gaps = probabilities[rows, true] - probabilities[rows, given]
        number = round(float(joint[given, true]) * len(labels))
        taken[rows[np.argsort(-gaps, kind="stable")[:number]]] = True
    chosen: IntArray = np.flatnonzero(taken & disagrees)
    return chosen
