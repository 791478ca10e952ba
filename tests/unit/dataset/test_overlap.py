"""Overlap: samples are compared by their contents, whatever their files are called."""

import numpy as np
import pytest
from PIL import Image

from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.dataset.overlap import overlapping_rows
from nnabla_influence.errors import DataError


def slowly(first, second):
    """The definition, by comparing everything with everything."""
    pairs = []
    for row, sample in enumerate(second):
        equal = [k for k, other in enumerate(first) if (other == sample).all()]
        pairs += [[equal[0], row]] if equal else []
    return pairs


def test_every_row_of_the_second_that_is_in_the_first():
    random = np.random.default_rng(0)
    first, second = random.integers(0, 3, size=(40, 3)), random.integers(0, 3, size=(30, 3))
    pairs = overlapping_rows(Dataset.from_arrays({"x": first}), Dataset.from_arrays({"x": second}))
    expected = slowly(first, second)
    assert 0 < len(expected) < 30 and pairs.tolist() == expected and pairs.dtype == np.int64


def test_no_overlap_has_the_shape_of_no_pairs():
    pairs = overlapping_rows(Dataset.from_arrays({"x": [1.0, 2]}), Dataset.from_arrays({"x": [3.0]}))
    assert pairs.shape == (0, 2)


def test_all_common_variables_count_unless_some_are_named():
    first = Dataset.from_arrays({"x": [1.0, 2], "y": [0, 1], "influence": [3, 4]})
    second = Dataset.from_arrays({"y": [0, 0], "x": [1.0, 2]})
    assert overlapping_rows(first, second).tolist() == [[0, 0]]
    assert overlapping_rows(first, second, ["x"]).tolist() == [[0, 0], [1, 1]]


def test_zero_has_no_sign():
    first, second = Dataset.from_arrays({"x": [0.0]}), Dataset.from_arrays({"x": [-0.0]})
    assert overlapping_rows(first, second).tolist() == [[0, 0]]


def test_subsets_are_compared_by_their_own_rows():
    whole = Dataset.from_arrays({"x": np.arange(10.0)})
    assert overlapping_rows(whole.subset([7, 2]), whole.subset([0, 2, 9])).tolist() == [[1, 1]]
    assert len(overlapping_rows(whole.subset(range(5)), whole.subset(range(5, 10)))) == 0


def test_files_are_compared_by_their_pixels(folder):
    first = folder.read(folder.digits(count=6))
    pixels = np.asarray(Image.open(str(folder.path / "画像/no 4.png")))
    name = folder.image("copy.bmp", pixels)
    other = folder.image("other.png", 255 - pixels)
    second = folder.read(folder.csv("x:image,y\n{},1\n{},1\n{},0\n".format(other, name, name), "second.csv"))
    assert overlapping_rows(first, second).tolist() == [[4, 1]], "the third row has another label"


def test_what_cannot_be_compared():
    first = Dataset.from_arrays({"x": np.zeros((2, 3)), "y": [0, 1]})
    with pytest.raises(DataError, match="variable in common"):
        overlapping_rows(first, Dataset.from_arrays({"z": [1.0]}))
    with pytest.raises(DataError, match=r"'x' of shape \(3,\).*got \(4,\)"):
        overlapping_rows(first, Dataset.from_arrays({"x": np.zeros((2, 4))}))
    with pytest.raises(DataError, match="'w' of shape None"):
        overlapping_rows(first, first, ["w"])


def test_sixty_thousand_rows_are_read_once_each(monkeypatch):
    """Comparing everything with everything would take minutes."""
    images = np.random.default_rng(0).random((60_000, 64), dtype=np.float32)
    first = Dataset.from_arrays({"x": images})
    read = []
    batch = Dataset.batch
    monkeypatch.setattr(Dataset, "batch", lambda data, rows: read.append(len(rows)) or batch(data, rows))
    pairs = overlapping_rows(first, first.subset(np.arange(0, 60_000, 6)))
    assert len(pairs) == 10_000 and np.array_equal(pairs[:, 0], 6 * pairs[:, 1])
    assert sum(read) == 70_000
