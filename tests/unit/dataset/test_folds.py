"""Folds: every row in one, classes spread evenly, the same for the same seed."""

import numpy as np
import pytest

from nnabla_influence.dataset.folds import draw_folds
from nnabla_influence.errors import ConfigError

CLASSES = np.repeat([0, 1, 2], [17, 9, 3])


@pytest.mark.parametrize("folds", [2, 3, 5, 29])
def test_sizes_and_classes_differ_by_one_at_most(folds):
    parts = draw_folds(29, folds, 0, CLASSES)
    assert parts.shape == (29,) and set(parts.tolist()) == set(range(folds))
    for rows in (parts, *(parts[CLASSES == c] for c in range(3))):
        assert np.ptp(np.bincount(rows, minlength=folds)) <= 1


def test_they_are_drawn_by_the_seed_whatever_the_order_of_the_classes():
    first, again, other = (draw_folds(29, 5, seed, CLASSES) for seed in (3, 3, 4))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    # Rows are shuffled: not the order of the data dealt out.
    assert not np.array_equal(first[:5], np.arange(5))


def test_without_classes_rows_are_dealt_out_at_random():
    parts = draw_folds(20, 4, 1)
    assert np.bincount(parts).tolist() == [5, 5, 5, 5] and not np.array_equal(parts, np.arange(20) % 4)


@pytest.mark.parametrize("folds", [0, 1, 6])
def test_too_few_or_too_many(folds):
    with pytest.raises(ConfigError, match=f"rows \\(5\\), got {folds}"):
        draw_folds(5, folds, 0)
