"""What a training that behaves itself would give, at once: for tests of what is made of many trainings."""

import numpy as np

from nnabla_influence.evaluation.performance import Performance
from nnabla_influence.evaluation.retraining import RetrainingResult

WRONG = 8  # samples with a wrong label, the first ones
ROWS = 60  # of the selection data


def trained_by_the_book(job):
    """What a training that behaves itself gives: wrong samples that are left cost much, right ones that went a little.

    Rows differ, seeds differ, and both together do, as in a training; see `gain`.
    """
    gone = set(np.asarray(job.change.excluded).tolist())
    wrong = len(set(range(WRONG)) - gone)
    right = len(gone - set(range(WRONG)))
    seed = job.seed or 0
    chance = np.random.default_rng([seed, *sorted(gone)])
    rows = 0.05 * np.random.default_rng(0).standard_normal(ROWS)
    error = 0.1 + 0.03 * wrong + 0.008 * right + rows + 0.002 * seed + 0.01 * chance.standard_normal(ROWS)
    losses = -np.log1p(-np.clip(error, 0.01, 0.95))
    return RetrainingResult({"selection": Performance(float(losses.mean()), None, (), (losses, None))}, 0.5, "cpu")
