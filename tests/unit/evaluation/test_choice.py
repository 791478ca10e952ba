"""How many to remove: the rule of one standard error."""

import numpy as np

from nnabla_influence.evaluation.choice import smallest_within_one_standard_error


def test_the_smallest_number_of_those_that_are_as_good_wins():
    losses = {0: np.array([1.0, 1.0]), 5: np.array([0.52, 0.51]), 9: np.array([0.503, 0.499])}
    losses[20] = np.array([0.5, 0.5])  # the best: 5 is worse by .015 +- .005, 9 by .001 +- .002
    assert smallest_within_one_standard_error(losses) == 9
    losses[5] = np.array([0.51, 0.498])
    assert smallest_within_one_standard_error(losses) == 5


def test_a_number_at_which_training_diverged_is_never_chosen():
    losses = {0: np.array([1.0, 1.0]), 5: np.array([0.1, np.inf]), 9: np.array([0.9, 0.9])}
    assert smallest_within_one_standard_error(losses) == 9


def test_with_one_seed_the_lowest_loss_wins():
    assert smallest_within_one_standard_error({0: np.array([1.0]), 5: np.array([0.9])}) == 5
