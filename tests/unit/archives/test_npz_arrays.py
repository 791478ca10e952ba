"""Arrays by name: every damage is noticed."""

import io
import zipfile

import numpy as np
import pytest

from nnabla_influence.archives.npz_arrays import pack_arrays, unpack_arrays
from nnabla_influence.errors import CorruptFileError

ARRAYS = {"u": np.arange(50.0), "step": np.int64(7), "a b/c": np.zeros((0, 2), np.float32)}


def test_arrays_come_back():
    again = unpack_arrays(bytes(pack_arrays(ARRAYS)))
    assert set(again) == set(ARRAYS)
    assert all(np.array_equal(again[name], ARRAYS[name]) for name in ARRAYS)
    assert unpack_arrays(bytes(pack_arrays({}))) == {}


def test_no_flipped_bit_is_silent():
    good = bytes(pack_arrays({"u": np.arange(20.0)}))
    for place in range(len(good)):
        damaged = bytearray(good)
        damaged[place] ^= 4
        try:
            again = unpack_arrays(bytes(damaged))
        except CorruptFileError:
            continue
        # Times, attributes and the like, or a name: whoever asks for 'u' gets what it was, or nothing.
        assert np.array_equal(again.get("u", np.arange(20.0)), np.arange(20.0)), place


@pytest.mark.parametrize("length", [0, 1, 10, 100, -1])
def test_a_cut_file_is_refused(length):
    with pytest.raises(CorruptFileError):
        unpack_arrays(bytes(pack_arrays(ARRAYS))[:length])


def test_a_broken_array_is_named():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("u.npy", b"no array")
    with pytest.raises(CorruptFileError, match="'u.npy': "):
        unpack_arrays(packed.getvalue())
