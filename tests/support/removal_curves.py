"""Removal curves for the tests of the report."""

from nnabla_influence.evaluation.curve_row import CurveRow
from nnabla_influence.evaluation.removal_curve import RemovalCurve

NAN = float("nan")


def row(method, removed, seed, loss, start="scratch", treatment="remove", test=True, accuracy=0.9):
    """One retraining; the test loss is the selection loss and a tenth."""
    test_loss, test_accuracy = (loss + 0.1, accuracy) if test else (NAN, NAN)
    return CurveRow(
        method, treatment, removed, start, seed, loss, accuracy, test_loss, test_accuracy, 2.0, "cpu A", "job", "exp"
    )


def curve(changes, seeds=4, **settings):
    """`changes`: method to {number removed: change of the loss}; seeds differ by up to 0.003, noise by 0.0005."""
    rows = [row("none", 0, seed, 0.5 + seed / 1000, **settings) for seed in range(seeds)]
    for method, by_number in changes.items():
        for removed, change in by_number.items():
            noise = 0.0005
            rows += [
                row(method, removed, seed, 0.5 + seed / 1000 + change + noise * (-1) ** seed, **settings)
                for seed in range(seeds)
            ]
    return RemovalCurve(rows)
