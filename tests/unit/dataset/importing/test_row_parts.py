"""Rows are dealt out: seeded, evenly, equal ones together."""

from collections import Counter

import numpy as np

from nnabla_influence.dataset.importing.row_parts import assign_rows, copies_note, deal_out

SHARES = {"validation": 0.2, "test": 0.1}


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
