"""Groups to leave out: halves or single samples, drawn by seeds."""

import numpy as np
import pytest

from nnabla_influence.errors import ConfigError
from nnabla_influence.evaluation.group_plan import GROUP_METRICS, GroupPlan

N = 40


def test_groups_are_drawn_by_the_seed_and_are_halves_or_single_samples():
    halves, singles = GroupPlan("lds", groups=5).draw(N, 0), GroupPlan("leave-one-out", groups=5).draw(N, 0)
    assert all(len(set(group)) == N // 2 for group in halves)
    assert len({int(group[0]) for group in singles}) == 5
    assert all(np.array_equal(a, b) for a, b in zip(halves, GroupPlan("lds", groups=5).draw(N, 0)))
    assert not np.array_equal(halves[0], GroupPlan("lds", groups=5).draw(N, 1)[0])


def test_the_two_metrics_of_a_seed_draw_different_samples():
    first_of_half = GroupPlan("lds", groups=3).draw(N, 0)
    assert GROUP_METRICS == ("lds", "leave-one-out") and len(first_of_half) == 3
    plans = [GroupPlan("leave-one-out", groups=5, seed=seed).draw(N, 0) for seed in range(2)]
    assert not np.array_equal(*plans)


@pytest.mark.parametrize(
    "settings, said",
    [
        ({"metric": "lds", "groups": 2}, "at least 3 groups"),
        ({"metric": "x"}, "'x'"),
        ({"metric": "lds", "start": "nowhere"}, "'nowhere'"),
        ({"metric": "lds", "divisor": "half"}, "'half'"),
    ],
)
def test_impossible_plans_are_refused(settings, said):
    with pytest.raises(ConfigError, match=said):
        GroupPlan(**settings)
