"""Blocks of samples with checksums: written in pieces of any size, verified once, when they are read."""

import zlib

import numpy as np
import pytest

from nnabla_influence.dataset import verified_array
from nnabla_influence.dataset.verified_array import BlockChecksums, VerifiedArray, samples_per_block
from nnabla_influence.errors import CorruptFileError


@pytest.mark.parametrize("pieces", [[100], [1] * 100, [7, 13, 64, 16], [32, 32, 32, 4], [0, 100, 0]])
def test_the_checksums_do_not_depend_on_the_pieces(pieces):
    data = np.random.RandomState(0).bytes(100)
    sums, place = BlockChecksums(32), 0
    for length in pieces:
        sums.update(memoryview(data)[place : place + length])
        place += length
    assert sums.values == [zlib.crc32(data[n : n + 32]) for n in range(0, 100, 32)]


def test_a_block_has_whole_samples():
    assert samples_per_block(1 << 18) == 4 and samples_per_block(3 << 20) == 1 and samples_per_block(0) == 1 << 20


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """``stored(array)``: it, in blocks of three samples."""
    monkeypatch.setattr(verified_array, "BLOCK", 3 * 8)
    (tmp_path / "dataset.json").touch()

    def make(array):
        sums = [zlib.crc32(array[n : n + 3].tobytes()) for n in range(0, len(array), 3)]
        return VerifiedArray(array, sums, "x", tmp_path / "dataset.json")

    return make


def test_samples_are_those_of_the_array(stored):
    array = np.arange(10.0)
    verified = stored(array)
    assert verified.shape == (10,) and verified.ndim == 1 and len(verified) == 10
    for rows in (np.array([9, 0, 0]), slice(None), slice(2, 5), np.zeros(0, np.int64)):
        np.testing.assert_array_equal(verified[rows], array[rows])


def test_only_blocks_that_are_read_are_verified_and_each_once(stored, monkeypatch):
    verified = stored(np.arange(10.0))
    seen = []
    verify = VerifiedArray._verify
    monkeypatch.setattr(VerifiedArray, "_verify", lambda self, block: (seen.append(block), verify(self, block)))
    for rows in ([0, 9], [1, 2], [3], [9, 5]):
        verified[np.array(rows)]
    assert seen == [0, 3, 1]


def test_a_damaged_block_is_named_and_forgotten(stored, tmp_path):
    array = np.arange(10.0)
    verified = stored(array)
    array[4] = 99
    verified[np.array([0, 9])]
    with pytest.raises(CorruptFileError, match="samples 3 to 5 of variable 'x' do not match"):
        verified[np.array([5])]
    assert not (tmp_path / "dataset.json").exists()
