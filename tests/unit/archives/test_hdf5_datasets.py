"""HDF5 files of strangers: nothing leads to another file, and nothing is larger than what is stored."""

import h5py
import numpy as np
import pytest

from nnabla_influence.archives.hdf5_datasets import is_hdf5, pack_datasets, read_datasets
from nnabla_influence.errors import CorruptFileError

ARRAYS = {
    "a": np.arange(6, dtype=np.float32).reshape(2, 3),
    "g/b": np.arange(4, dtype=np.int64),
    "g/none": np.zeros((0, 3), np.float32),
}


def test_arrays_come_back_from_memory_and_from_a_file(tmp_path):
    packed = bytes(pack_datasets(ARRAYS))
    (tmp_path / "a.h5").write_bytes(packed)
    assert is_hdf5(tmp_path / "a.h5")
    for source in (packed, tmp_path / "a.h5"):
        again = read_datasets(source)
        assert set(again) == set(ARRAYS)
        assert all(np.array_equal(again[k], v) and again[k].dtype == v.dtype for k, v in ARRAYS.items())


def test_equal_arrays_give_equal_bytes():
    assert pack_datasets(ARRAYS) == pack_datasets(ARRAYS)


def test_whoever_holds_a_data_set_a_little_longer_changes_no_byte(monkeypatch):
    # As profilers do that look at the stack of every thread, such as that of Dask's workers.
    undisturbed = bytes(pack_datasets(ARRAYS))
    create = h5py.Group.create_dataset
    held = []

    def held_longer(*args, **options):
        held.append(create(*args, **options))
        return held[-1]

    monkeypatch.setattr(h5py.Group, "create_dataset", held_longer)
    assert bytes(pack_datasets(ARRAYS)) == undisturbed
    assert len(held) == len(ARRAYS)


def soft(file, secret):
    file["a"] = h5py.SoftLink("/b")


def outward(file, secret):
    file["a"] = h5py.ExternalLink(str(secret), "/")


def stored_outside(file, secret):
    file.create_dataset("a", shape=(4,), dtype="u1", external=[(str(secret), 0, 4)])


def virtual(file, secret):
    layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
    layout[:] = h5py.VirtualSource(str(secret), "a", shape=(4,))
    file.create_virtual_dataset("a", layout)


def text(file, secret):
    file["a"] = "some text"


def structure(file, secret):
    file.create_dataset("a", data=np.zeros(2, [("x", "f4")]))


def nothing(file, secret):
    file["a"] = h5py.Empty("f4")


def absurd(file, secret):
    file.create_dataset("a", shape=(10**12,), dtype="f4", chunks=(1024,))


def endless(file, secret):
    file["g"] = file["/"]


@pytest.mark.parametrize(
    "make, message",
    [
        (soft, "expected arrays, got 'a', a link"),
        (outward, "expected arrays, got 'a', a link"),
        (stored_outside, "'a' stored in another file"),
        (virtual, "'a' stored in another file"),
        (text, "expected numbers in 'a', got the type object"),
        (structure, "expected numbers in 'a', got the type"),
        (nothing, "expected numbers in 'a'"),
        (absurd, r"'a' \(1000000000000,\) to unpack to at most 100 times its 0 bytes, got 4,000,000,000,000"),
        (endless, "groups at most 100 deep"),
    ],
)
def test_a_strange_file_is_refused_in_one_sentence(tmp_path, make, message):
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    path = tmp_path / "strange.h5"
    with h5py.File(path, "w") as file:
        make(file, secret)
    for source in (path, path.read_bytes()):
        with pytest.raises(CorruptFileError, match=message) as refused:
            read_datasets(source)
        assert "\n" not in str(refused.value)


def test_damage_is_refused():
    good = bytes(pack_datasets(ARRAYS))
    for damaged in (b"", good[:100], good[:-50], b"x" * 100):
        with pytest.raises(CorruptFileError, match="expected a readable HDF5 file"):
            read_datasets(damaged)
