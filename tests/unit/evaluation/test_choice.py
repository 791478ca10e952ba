"""How many to remove: the rule of one standard error, over rows and trainings."""

import numpy as np
import pytest

from nnabla_influence.evaluation.choice import best_number, likeliest_number
from nnabla_influence.evaluation.noise_excess import NoiseExcess


def errors(mean, noise=0.0, seeds=2, rows=4):
    """Errors (seeds, rows) whose rows differ by `noise` up and down."""
    return np.full((seeds, rows), mean) + noise * (-1.0) ** np.arange(rows)


def test_the_middle_of_those_that_are_as_good_wins():
    of_numbers = {0: errors(0.9), 5: errors(0.515, 0.002), 9: errors(0.501, 0.002), 20: errors(0.5), 40: errors(0.9)}
    assert best_number(of_numbers) == 9, "9 and 20 are as good, 5 is worse by .015, the standard error is .001"
    of_numbers[5] = errors(0.515, 0.05)
    assert best_number(of_numbers) == 9, "5 now by half a standard error; 9 is nearest to the middle, 12.5"
    of_numbers[30] = errors(0.5)
    assert best_number(of_numbers) == 20, "the middle of 5 and 30 is 17.5"


def test_chance_in_the_trainings_counts_too():
    between = np.array([[0.04], [-0.02]]) + errors(0.51)
    assert best_number({5: between, 20: errors(0.5)}) == 5, "as good, and as near to the middle as 20"
    assert best_number({5: errors(0.52), 20: errors(0.5)}) == 20


def test_nothing_is_removed_if_that_is_as_good():
    assert best_number({0: errors(0.5), 5: errors(0.5)}) == 0
    assert best_number({0: errors(0.515, 0.05), 5: errors(0.51), 20: errors(0.5)}) == 0, "however good others are"


def test_a_number_at_which_training_diverged_is_never_chosen():
    diverged = np.vstack([errors(0.1, seeds=1), errors(np.inf, seeds=1)])
    assert best_number({0: errors(0.5), 5: diverged, 9: errors(0.4)}) == 9


def test_with_one_training_of_one_row_the_lowest_error_wins():
    assert best_number({0: np.array([[0.9]]), 5: np.array([[0.8]])}) == 5


ALIKE = {0: errors(0.9), 10: errors(0.5), 20: errors(0.5), 30: errors(0.5), 50: errors(0.5), 80: errors(0.9)}


@pytest.mark.parametrize(
    "number, error, likeliest, nearest",
    [
        (50, 10, 40, 30),  # as sure as the middle of 10 and 50, whose standard error is 10
        (50, 5, 46, 50),  # four times the weight: (30 + 4 * 50) / 5
        (24, 10, 27, 30),
        (300, 5, 50, 50),  # never beyond what is as good as the best
        (19.9, 10, 30, 30),  # not clearly above zero: it may as well be that nobody can tell
        (-40, 1, 30, 30),
    ],
)
def test_how_many_labels_are_wrong_moves_the_choice_among_those_that_are_as_good(number, error, likeliest, nearest):
    excess = NoiseExcess(number, error)
    assert likeliest_number(ALIKE, excess) == likeliest
    assert best_number(ALIKE, excess) == nearest
    assert likeliest_number(ALIKE) == best_number(ALIKE) == 30, "the middle, where nothing else is known"


def test_however_many_labels_are_wrong_nothing_is_removed_if_that_is_as_good():
    as_good = {**ALIKE, 0: errors(0.5)}
    assert best_number(as_good, NoiseExcess(30, 1)) == likeliest_number(as_good, NoiseExcess(30, 1)) == 0


def test_one_number_alone_is_the_best_whatever_else_is_known():
    alone = {0: errors(0.9), 10: errors(0.5), 20: errors(0.9)}
    assert best_number(alone, NoiseExcess(20, 1)) == likeliest_number(alone, NoiseExcess(20, 1)) == 10
