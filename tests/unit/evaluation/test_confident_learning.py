"""Confident learning against its definition, written out in loops, and against labels that were flipped on purpose."""

import numpy as np
import pytest

from nnabla_influence.dataset.noise import flip_labels
from nnabla_influence.evaluation.confident_learning import (
    calibrated_joint,
    confident_joint,
    estimate_label_noise,
    normalized_margins,
)


def predictions(rows, classes, seed, sharpness=2.0):
    """Probabilities (n, C) of a network that is right most of the time, and the true classes."""
    random = np.random.default_rng(seed)
    truth = random.integers(classes, size=rows)
    logits = random.normal(size=(rows, classes))
    logits[np.arange(rows), truth] += sharpness
    exponentials = np.exp(logits)
    return exponentials / exponentials.sum(axis=1, keepdims=True), truth


def slow_joint(probabilities, labels):
    rows, classes = probabilities.shape
    joint = np.zeros((classes, classes), dtype=int)
    for k in range(rows):
        over = []
        for j in range(classes):
            own = [probabilities[m][j] for m in range(rows) if labels[m] == j]
            if own and probabilities[k][j] >= sum(own) / len(own):
                over.append((probabilities[k][j], -j))
        if over:
            joint[labels[k]][-max(over)[1]] += 1
    return joint


def slow_calibration(joint, labels):
    classes = len(joint)
    counts = [[float(joint[i][j]) for j in range(classes)] for i in range(classes)]
    for i in range(classes):
        counts[i][i] = max(counts[i][i], 1.0)
    shares = [sum(1 for label in labels if label == i) / len(labels) for i in range(classes)]
    return np.array([[count / sum(counts[i]) * shares[i] for count in counts[i]] for i in range(classes)])


def slow_rows(probabilities, labels, joint):
    """The rows that pruning by noise rate takes, by their normalised margins."""
    rows, classes = probabilities.shape
    taken = set()
    for i in range(classes):
        for j in range(classes):
            if i == j:
                continue
            ranked = sorted(
                (k for k in range(rows) if labels[k] == i), key=lambda k: probabilities[k][i] - probabilities[k][j]
            )
            taken |= set(ranked[: round(joint[i][j] * rows)])
    taken = [k for k in taken if max(range(classes), key=lambda j: probabilities[k][j]) != labels[k]]
    margin = {k: probabilities[k][labels[k]] - max(np.delete(probabilities[k], labels[k])) for k in taken}
    return sorted(taken, key=lambda k: (margin[k], k))


@pytest.mark.parametrize("classes, seed", [(2, 0), (3, 1), (5, 2), (10, 3)])
def test_it_is_the_definition(classes, seed):
    probabilities, truth = predictions(120, classes, seed)
    labels = flip_labels(truth, 0.25, "symmetric", seed).noisy
    joint = confident_joint(probabilities, labels)
    assert joint.tolist() == slow_joint(probabilities, labels).tolist()
    calibrated = calibrated_joint(joint, labels)
    np.testing.assert_allclose(calibrated, slow_calibration(joint, labels), rtol=1e-12)
    np.testing.assert_allclose(calibrated.sum(axis=1), np.bincount(labels, minlength=classes) / len(labels))
    noise = estimate_label_noise(probabilities, labels)
    assert noise.rows.tolist() == slow_rows(probabilities, labels, calibrated)
    assert noise.share == pytest.approx(sum(calibrated[i, j] for i in range(classes) for j in range(classes) if i != j))
    assert noise.self_confidence.tolist() == [probabilities[k, labels[k]] for k in range(120)]


@pytest.mark.parametrize("kind", ["symmetric", "pairwise"])
def test_a_fifth_of_flipped_labels_is_estimated_and_found(kind):
    probabilities, truth = predictions(4000, 4, 5, sharpness=6.0)
    labels = flip_labels(truth, 0.2, kind, 1).noisy
    noise = estimate_label_noise(probabilities, labels)
    flipped = np.flatnonzero(labels != truth)
    assert noise.share == pytest.approx(0.2, abs=0.02)
    assert len(np.intersect1d(noise.rows, flipped)) > 0.95 * max(len(flipped), len(noise.rows))


def test_right_labels_of_a_sure_network_are_not_suspicious():
    probabilities, truth = predictions(500, 3, 0, sharpness=20.0)
    noise = estimate_label_noise(probabilities, truth)
    assert noise.share == 0 and not len(noise.rows)


def test_a_class_without_rows_and_one_of_a_single_row_break_nothing():
    probabilities, truth = predictions(50, 4, 0)
    labels = np.where(truth >= 2, 0, truth)
    labels[0] = 3  # the only one; nothing has label 2
    noise = estimate_label_noise(probabilities, labels)
    assert np.isfinite(noise.joint).all() and noise.joint.sum() == pytest.approx(1)
    assert not noise.joint[2].any()


def test_margins_lie_between_minus_one_and_one():
    probabilities, truth = predictions(50, 3, 0)
    margins = normalized_margins(probabilities, truth)
    assert (np.abs(margins) <= 1).all() and ((margins > 0) == (probabilities.argmax(axis=1) == truth)).all()
