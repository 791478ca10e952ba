"""A result is made once for each key, also where it is nothing."""

from nnabla_influence.estimators.reused_work import ReusedWork


def test_a_result_is_made_once_for_each_key():
    made = []
    reused = ReusedWork()
    for key in ("a", "b", "a", "b"):
        assert reused.once(key, lambda name=key: made.append(name)) is None
    assert made == ["a", "b"]
    assert ReusedWork().once("a", lambda: 3) == 3
