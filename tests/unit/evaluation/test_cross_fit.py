"""No row chooses a number that it confirms, and none is wasted."""

import numpy as np
import pytest
from support.removal_curves import curve

from nnabla_influence.evaluation.cross_fit import CrossFit, cross_fit


@pytest.mark.parametrize("rows", [2, 7, 100])
def test_each_half_confirms_what_the_other_chose(rows):
    cross = CrossFit.of(rows, 0, seed=3)
    assert cross.data == "selection" and len(cross.parts) == 2
    for choose, confirm in cross.parts:
        assert not set(choose) & set(confirm)
        assert sorted([*choose, *confirm]) == list(range(rows))
    assert sorted(np.concatenate([confirm for _, confirm in cross.parts])) == list(range(rows))


def test_test_data_confirms_what_all_others_choose():
    cross = CrossFit.of(6, 4, seed=0)
    ((choose, confirm),) = cross.parts
    assert (cross.data, list(choose), list(confirm)) == ("test", [0, 1, 2, 3, 4, 5], [0, 1, 2, 3])


def test_the_seed_draws_the_halves():
    first, again, other = (CrossFit.of(50, 0, seed).parts[0][0].tolist() for seed in (0, 0, 1))
    assert first == again != other


def test_a_curve_says_how_many_rows_there_are():
    lines = {"spectral": {10: -0.02}}
    assert cross_fit(curve(lines), "scratch", 0).data == "test"
    without = cross_fit(curve(lines, test=False), "scratch", 0)
    assert without.data == "selection" and sum(len(confirm) for _, confirm in without.parts) == 40
