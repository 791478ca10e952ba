"""A result is made once for each key, also where it is nothing."""

from nnabla_influence.estimators.shared_work import SharedWork


def test_a_result_is_made_once_for_each_key():
    made = []
    shared = SharedWork()
    for key in ("a", "b", "a", "b"):
        assert shared.once(key, lambda name=key: made.append(name)) is None
    assert made == ["a", "b"]
    assert SharedWork().once("a", lambda: 3) == 3
