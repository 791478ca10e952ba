"""One array, never larger than its file."""

import io

import numpy as np
import pytest

from nnabla_influence.archives.npy_array import read_npy


def saved(array, **options):
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def declaring(shape, held=8, kind="<f8"):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": kind, "fortran_order": False, "shape": shape})
    return stream.getvalue() + bytes(held)


@pytest.mark.parametrize("array", [np.arange(6).reshape(2, 3), np.float32(2.5), np.zeros((0, 3)), np.ones(3, bool)])
def test_arrays_come_back(array):
    again = read_npy(saved(array))
    assert np.array_equal(again, array) and again.dtype == np.asarray(array).dtype


def test_fortran_order():
    array = np.asfortranarray(np.arange(6).reshape(2, 3))
    assert np.array_equal(read_npy(saved(array)), array)


@pytest.mark.parametrize(
    "data, message",
    [
        (declaring((10**12,)), r"declares shape \(1000000000000,\), 8,000,000,000,000 bytes, but the file holds 8"),
        (declaring((2**40, 2**40)), "but the file holds 8"),
        (declaring((2,)), "declares shape .* 16 bytes, but the file holds 8"),
        (declaring((-1, -1)), "but the file holds 8"),
        (saved(np.array([{}], object), allow_pickle=True), "got pickled objects"),
        (b"", "EOF|magic"),
        (b"\x93NUMPY\x09\x00", "expected format 1.0 or 2.0, got 9.0"),
        (b"\x93NUMPY\x01\x00\x10\x00__import__('os')", "malformed|[Cc]annot parse"),
        (b"\x93NUMPY\x01\x00\x04\x00((((", "its header is broken|[Cc]annot parse"),
        (b"\x93NUMPY\x01\x00\x06\x00{1: }\n", "its header is broken|[Cc]annot parse"),
    ],
)
def test_broken_ones_are_refused_before_room_is_made(data, message):
    with pytest.raises(ValueError, match=message):
        read_npy(data)
