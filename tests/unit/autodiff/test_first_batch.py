"""What the first batch decides, for which sizes, and what is asked how often."""

import pytest

from nnabla_influence.autodiff.first_batch import FEW, FirstBatch
from nnabla_influence.errors import UnsupportedError


@pytest.fixture
def asked():
    """``asked(ways, size, right, validation)``: the way, of which the log knows what was made and looked at."""

    def ask(ways, size, right=True, validation=False):
        def make(rows):
            ask.log.append(f"made {rows}")
            return rows

        def is_right(way, rows):
            assert way == rows
            ask.log.append(f"looked at {rows}")
            return right if isinstance(right, bool) else rows in right

        return ways.of(size, validation, make, is_right)

    ask.log = []
    return ask


def test_what_one_size_shows_right_is_right_for_others_and_each_is_made_once(asked):
    ways = FirstBatch()
    assert [asked(ways, size) for size in (7, 4, 7, 4)] == [7, 4, 7, 4]
    assert asked.log == ["made 7", "looked at 7", "made 4"]


def test_what_one_size_does_not_show_another_may(asked):
    """The first batch may be an odd one, and what is computed must not depend on what ran before."""
    ways = FirstBatch()
    assert [asked(ways, size, right={4}) for size in (7, 4, 7, 3)] == [None, 4, None, 3]
    assert asked.log == ["made 7", "looked at 7", "made 4", "looked at 4", "made 3"]


@pytest.mark.parametrize("right, log", [
    ({8, 20}, ["made 8", "looked at 8", "made 20", "made 12"]),
    ({20}, ["made 8", "looked at 8", "made 20", "looked at 20", "made 12"]),
    ((), ["made 8", "looked at 8", "made 20", "looked at 20", "made 8", "looked at 8", "made 12", "looked at 12"]),
])  # fmt: skip
def test_a_few_rows_decide_and_where_they_do_not_show_it_the_whole_batch(asked, right, log):
    ways = FirstBatch()
    assert FEW == 8 and [asked(ways, size, right) for size in (20, 12)] == ([20, 12] if right else [None, None])
    assert asked.log == log


def test_what_few_rows_cannot_tell_the_whole_batch_does():
    def is_right(way, rows):
        if rows == FEW:
            raise UnsupportedError("too few")
        return True

    assert FirstBatch().of(20, False, lambda rows: rows, is_right) == 20


def test_one_sample_decides_for_itself_alone(asked):
    ways = FirstBatch()
    assert asked(ways, 1, right=False) is None and asked(ways, 4) == 4 and asked(ways, 1) is None
    assert asked.log == ["made 1", "looked at 1", "made 4", "looked at 4"]


def test_the_validation_network_is_decided_by_itself(asked):
    ways = FirstBatch()
    assert asked(ways, 4, right=False) is None and asked(ways, 4, validation=True) == 4


@pytest.mark.parametrize("where", ["made", "looked at"])
def test_what_is_not_supported_is_no_way(where):
    def unsupported(*way):
        raise UnsupportedError("no rule")

    ways = FirstBatch()
    make, is_right = (unsupported, None) if where == "made" else (lambda rows: "way", unsupported)
    assert ways.of(4, False, make, is_right) is None
    assert ways.why_not(False) == "no rule"
    assert ways.of(3, False, lambda rows: "way", lambda way, rows: True) == "way", "another size is asked anew"


def test_other_errors_are_not_hidden():
    def broken(rows):
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        FirstBatch().of(4, False, broken, lambda way, rows: True)


@pytest.mark.parametrize("first", [20, 7])
def test_what_one_size_cannot_do_is_no_word_about_others(first):
    """A batch too large for a layer, say."""

    def make(rows):
        if rows == 20:
            raise UnsupportedError("too many rows")
        return rows

    ways = FirstBatch()
    found = {size: ways.of(size, "training", make, lambda way, rows: True) for size in (first, 20, 7)}
    assert found == {20: None, 7: 7} and ways.why_not("training") == "too many rows"


def test_it_says_why_there_is_none():
    ways = FirstBatch()
    for size in (20, 7):
        assert ways.of(size, "training", lambda rows: rows, lambda way, rows: False) is None
        assert "disagrees with the gradients" in ways.why_not("training")
