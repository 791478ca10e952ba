"""A result is made once for each key, also where it is nothing; what is kept is not made."""

from nnabla_influence.estimators.reused_work import ReusedWork


def test_a_result_is_made_once_for_each_key():
    made = []
    reused = ReusedWork()
    for key in ("a", "b", "a", "b"):
        assert reused.once(key, lambda name=key: made.append(name)) is None
    assert made == ["a", "b"]
    assert ReusedWork().once("a", lambda: 3) == 3


def test_what_is_kept_is_not_made():
    reused = ReusedWork()
    assert "a" not in reused
    reused.keep("a", 3)
    assert "a" in reused and reused.once("a", lambda: 4) == 3
