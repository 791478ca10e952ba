"""Rows are dealt out: seeded, evenly, equal ones together."""

from collections import Counter

import numpy as np
import pytest

from nnabla_influence.dataset.batches import FOLD_STREAM, random_stream
from nnabla_influence.dataset.importing.row_parts import assign_rows, copies_note, deal_out, numbered_rows

SHARES = {"validation": 0.2, "test": 0.1}


def one_by_one(keys, shares, seed, classes):
    """Deal out group by group, in lists; what `deal_out` does for all groups at once."""
    groups = {}
    for row, key in enumerate(keys):
        groups.setdefault(key, []).append(row)
    groups = list(groups.values())
    order = random_stream(seed, FOLD_STREAM, len(groups)).permutation(len(groups))
    parts = {"training": [], **{part: [] for part in shares}}
    for number in sorted(set(classes)):
        waiting = [groups[place] for place in order if classes[groups[place][0]] == number]
        rows = sum(map(len, waiting))
        for part, share in shares.items():
            dealt = 0
            while len(waiting) > 1 and dealt < max(1, round(share * rows)):
                dealt += len(waiting[-1])
                parts[part] += waiting.pop()
        parts["training"] += sum(waiting, [])
    return {part: sorted(rows) for part, rows in parts.items()}


@pytest.mark.parametrize("seed", range(30))
def test_all_at_once_is_as_one_by_one(seed):
    random = np.random.default_rng(seed)
    count = int(random.integers(1, 60))
    keys = random.integers(0, max(1, count // 2), count)
    classes = random.integers(0, 3, count)
    shares = {"validation": random.uniform(0.05, 0.6), "test": random.uniform(0, 0.4)}
    expected = one_by_one(keys.tolist(), shares, seed, classes.tolist())
    for given in (keys, keys.tolist(), list(map(str, keys))):
        parts = deal_out(given, shares, seed, classes)
        assert {part: rows.tolist() for part, rows in parts.items()} == expected


def test_rows_are_equal_if_all_their_columns_are():
    numbers = np.array([0.0, -0.0, np.nan, np.nan, 1.0, 0.0])
    text = np.array(["a", "a", "b", "b", "a", "b"], object)
    assert numbered_rows([numbers, text]).tolist() == [0, 0, 1, 1, 2, 3]
    assert numbered_rows([text, numbers]).tolist() == [0, 0, 1, 1, 2, 3]
    assert numbered_rows([text]).tolist() == [0, 0, 1, 1, 0, 1]
    assert numbered_rows([np.array([3.0, 1.0, 2.0]), np.zeros(3)]).tolist() == [0, 1, 2]


def test_every_row_has_one_part_and_every_class_its_share():
    classes = np.repeat([0, 1, 2], [100, 50, 20])
    parts = deal_out(range(170), SHARES, 0, classes)
    assert sorted(np.concatenate(list(parts.values()))) == list(range(170))
    assert Counter(classes[parts["validation"]]) == {0: 20, 1: 10, 2: 4}
    assert Counter(classes[parts["test"]]) == {0: 10, 1: 5, 2: 2}


def test_the_seed_decides():
    first, same, other = (deal_out(range(100), SHARES, seed)["validation"].tolist() for seed in (1, 1, 2))
    assert first == same != other


def test_equal_rows_stay_together():
    keys = np.random.default_rng(0).integers(0, 60, 200).tolist()
    parts = deal_out(keys, SHARES, 0)
    homes = {part: {keys[row] for row in rows} for part, rows in parts.items()}
    assert not homes["training"] & homes["validation"] and not homes["test"] & homes["validation"]
    assert abs(len(parts["validation"]) - 40) <= 6


def test_of_few_rows_every_part_gets_one_of_each_class():
    parts = deal_out(range(6), {"validation": 0.1}, 0, np.array([0, 0, 0, 1, 1, 1]))
    assert sorted(row // 3 for row in parts["validation"]) == [0, 1]


def test_a_class_of_one_row_is_trained():
    parts = deal_out(range(11), {"validation": 0.5}, 0, np.array([0] * 10 + [1]))
    assert 10 in parts["training"]


def test_parts_that_the_source_has_are_kept():
    given = ["training"] * 10 + ["test"] * 5
    parts, notes = assign_rows(range(15), given, {"validation": 0.2, "test": 0.5}, 0)
    assert parts["test"].tolist() == [10, 11, 12, 13, 14] and len(parts["validation"]) == 2 and not notes


def test_copies_are_left_out_of_later_parts():
    parts, notes = assign_rows(
        ["a", "b", "c", "a", "d", "d"], ["training"] * 3 + ["validation"] * 2 + ["test"], {"validation": 0.2}, 0
    )
    assert {part: rows.tolist() for part, rows in parts.items()} == {"training": [0, 1, 2], "validation": [4]}
    assert [note.text for note in notes] == [
        "validation rows left out, copies of rows in another part: 1",
        "test rows left out, copies of rows in another part: 1",
    ]


def test_copies_are_counted():
    assert copies_note(["a", "b"], [0, 0]) == []
    (note,) = copies_note(["a", "a", "b", "b"], [0, 0, 1, 2])
    assert note.text == (
        "equal rows stay on one side of the split: 2 repeat another; groups of equal rows with different labels: 1"
    )
