"""The embedded digits, and the data sets made of them."""

import numpy as np
import pytest

from nnabla_influence.dataset.csv import Table
from nnabla_influence.dataset.digits import load_digits, write_digits
from nnabla_influence.errors import ConfigError


def test_the_digits_are_complete():
    images, labels = load_digits()
    assert images.shape == (1797, 8, 8) and images.dtype == np.uint8 and labels.shape == (1797,)
    assert images.min() == 0 and images.max() == 255 and len(np.unique(images)) == 17
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_the_digits_are_those_of_scikit_learn():
    datasets = pytest.importorskip("sklearn.datasets")
    original = datasets.load_digits()
    images, labels = load_digits()
    np.testing.assert_array_equal(np.rint(images * (16 / 255)), original.images)
    np.testing.assert_array_equal(labels, original.target)


def test_three_data_sets_share_all_digits_without_overlap(folder):
    paths = write_digits(folder.path)
    tables = [Table.read(path) for path in paths]
    assert [len(table) for table in tables] == [1000, 300, 497]
    assert all(table.header == ["x:image", "y:label"] for table in tables)
    names = [row[0] for table in tables for row in table.rows]
    assert len(set(names)) == 1797
    images, labels = load_digits()
    data = folder.read(paths[1], normalize=False)
    rows = [int(name[-8:-4]) for name, _ in tables[1].rows]
    np.testing.assert_array_equal(data.batch(range(300))["x"][:, 0], images[rows])
    np.testing.assert_array_equal(data.column("y")[:, 0], labels[rows])


def test_the_seed_decides_who_goes_where(folder):
    def training(name, **settings):
        return write_digits(folder.path / name, training=50, validation=20, **settings)[0].read_bytes()

    assert training("a") == training("b", seed=0) == training("a")
    assert training("c", seed=1) != training("a")


@pytest.mark.parametrize("numbers", [(1700, 97), (0, 10), (10, 0), (-1, 5), (5000, 5)])
def test_impossible_numbers(folder, numbers):
    with pytest.raises(ConfigError, match="1797"):
        write_digits(folder.path, *numbers)
    with pytest.raises(ConfigError, match="seed"):
        write_digits(folder.path, seed=-1)
