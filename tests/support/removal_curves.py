"""Removal curves for the tests of decisions and of the report."""

import numpy as np

from nnabla_influence.evaluation.curve_row import CurveRow
from nnabla_influence.evaluation.removal_curve import RemovalCurve
from nnabla_influence.evaluation.row_figures import RowFigures

NAN = float("nan")
ROWS = 40
# Without probabilities an error is 1 - exp(-loss / s), and s is six times the median loss without removal. With a loss
# of 1 there, that is:
SCALE = 6.0
BASE = -np.expm1(-1 / SCALE)


def row(method, removed, seed, loss, start="scratch", treatment="remove", test=True, accuracy=0.9):
    """One retraining; the test loss is the selection loss and a tenth."""
    test_loss, test_accuracy = (loss + 0.1, accuracy) if test else (NAN, NAN)
    job = f"{method}-{treatment}-{removed}-{start}-{seed}"
    return CurveRow(
        method, treatment, removed, start, seed, loss, accuracy, test_loss, test_accuracy, 2.0, "cpu A", job, "exp"
    )


def curve(changes, seeds=4, rows=ROWS, spread=0.002, **settings):
    """`changes`: method to {number removed: change of the loss}; seeds differ by up to 0.003, noise by 0.0005.

    The error of a row changes as the loss does; rows differ in that by `spread`.
    """
    numbers = {"none": {0: 0.0}, **changes}
    made = []
    figures = RowFigures()
    for method, by_number in numbers.items():
        for removed, change in by_number.items():
            for seed in range(seeds):
                noise = 0.0005 * (-1) ** seed if removed else 0.0
                loss = 0.5 + seed / 1000 + change + noise
                made.append(row(method, removed, seed, loss, **settings))
                differing = spread * (-1) ** list(numbers).index(method) if removed else 0.0
                error = BASE + loss - 0.5
                figures.add(made[-1].job, _rows(error, rows, differing, settings.get("test", True)))
    return RemovalCurve(made, figures)


def _rows(error, rows, spread, test):
    """Losses of rows whose mean error is `error`; no classes."""
    differing = error + spread * (-1.0) ** np.arange(rows)
    losses = -SCALE * np.log1p(-np.clip(differing, 0.0, 0.999))
    return {"selection": (losses, None), **({"test": (losses, None)} if test else {})}


def with_folds(made, wrong, samples=100, rows=ROWS):
    """The curve, beside networks that contradict so many of the training labels and none of the validation rows'."""
    names = [f"fold-a-{fold}" for fold in range(5)]
    made.figures.begin_folds(names, 10)
    contradicted = np.arange(samples) < wrong
    for fold, name in enumerate(names):
        right = {"fold": ~contradicted[fold::5], "scoring": np.ones(rows, bool), "selection": np.ones(rows, bool)}
        made.figures.add(name, {of: (np.where(r, 0.1, 2.0), r) for of, r in right.items()})
    return made
