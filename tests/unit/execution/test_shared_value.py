"""Values for many jobs: small to send, their arrays in files that hold nothing but numbers."""

import pickle

import numpy as np
import pytest

from nnabla_influence.execution.shared_value import LARGE, SharedValue


@pytest.mark.parametrize("mapped", [True, False], ids=["mapped", "read"])
def test_what_arrives_is_what_was_sent(tmp_path, mapped):
    random = np.random.RandomState(0)
    value = {
        "direction": random.normal(size=10000),
        "cube": np.asfortranarray(random.normal(size=(20, 30, 40)).astype(np.float32)),
        "every other": np.arange(20000)[::2],
        "small": np.arange(3),
        "names": ["a", "b"],
    }
    sent = pickle.dumps(SharedValue(value, tmp_path / "0", mapped))
    found = pickle.loads(sent).opened()
    assert len(sent) < 2000 and list(found) == list(value) and found["names"] == value["names"]
    for name in ("direction", "cube", "every other", "small"):
        assert np.array_equal(found[name], value[name]) and found[name].dtype == value[name].dtype
    assert found["direction"].flags.writeable is not mapped


def test_only_large_arrays_of_numbers_lie_in_files(tmp_path):
    count = LARGE // 8
    same = np.zeros(count)
    value = [np.zeros(count - 1), np.zeros(count), np.array([None] * count), same, same]
    shared = SharedValue(value, tmp_path / "0")
    assert sorted(path.name for path in shared.folder.iterdir()) == ["0.npy", "1.npy"]
    for path in shared.folder.iterdir():
        assert np.load(str(path), allow_pickle=False).shape == (count,)
    assert shared.opened()[2].dtype == object


def test_an_array_that_another_value_holds_is_not_stored_again(tmp_path):
    same = np.random.RandomState(0).normal(size=5000)
    one = SharedValue({"theta": same}, tmp_path / "0")
    two = SharedValue({"theta": same, "copy": same.copy()}, tmp_path / "1", stored=[one])
    assert len(list(two.folder.iterdir())) == 1
    found = pickle.loads(pickle.dumps(two)).opened()
    assert np.array_equal(found["theta"], same) and np.array_equal(found["copy"], same)
    two.remove()
    assert np.array_equal(one.opened()["theta"], same)


def test_equal_is_what_lies_in_one_folder(tmp_path):
    one, two = (SharedValue(7, tmp_path / name) for name in "ab")
    again = pickle.loads(pickle.dumps(one))
    assert again == one != two and hash(again) == hash(one) and one != 7


def test_removed_are_the_files_and_nothing_else(tmp_path):
    one, two = (SharedValue(np.zeros(5000), tmp_path / name) for name in "ab")
    one.remove()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b"]
    one.remove()  # twice is once
    assert np.array_equal(two.opened(), np.zeros(5000))
