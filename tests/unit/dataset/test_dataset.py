"""Dataset: shapes, values, batches, fingerprints, decoding once."""

import pickle
import shutil

import numpy as np
import pytest
from PIL import Image

from nnabla_influence.dataset import dataset as dataset_module
from nnabla_influence.dataset.changed_files import changed_files
from nnabla_influence.dataset.class_names import ClassNames
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import ConfigError, DataError


def test_images_and_labels(folder):
    csv = folder.digits(count=6, size=4)
    data = folder.read(csv)
    assert len(data) == 6 and data.path == csv and data.variables == ("x", "y")
    assert data.shapes == {"x": (1, 4, 4), "y": (1,)}
    batch = data.batch([5, 0, 5])
    assert batch["x"].shape == (3, 1, 4, 4) and batch["x"].dtype == np.float32
    pixels = np.asarray(Image.open(str(folder.path / "画像/no 5.png")))
    np.testing.assert_array_equal(batch["x"][0, 0], (pixels * (1 / 255.0)).astype(np.float32))
    np.testing.assert_array_equal(batch["y"], [[2], [0], [2]])
    np.testing.assert_array_equal(data.column("y"), [[0], [1], [2], [0], [1], [2]])


def test_without_normalize_images_keep_their_numbers(folder):
    csv = folder.digits()
    raw = folder.read(csv, normalize=False).batch([0])["x"]
    assert raw.max() > 1 and raw.dtype == np.float32
    np.testing.assert_allclose(folder.read(csv).batch([0])["x"], raw / 255, rtol=1e-6)


def test_sixteen_bit_images_are_scaled_by_their_own_range(folder):
    name = folder.image("a.png", np.array([[0, 32768, 65535]], dtype=np.uint16))
    data = folder.read(folder.csv("x\n{}\n".format(name)))
    np.testing.assert_array_equal(data.batch([0])["x"][0, 0, 0], np.float32([0, 32768 / 65535.0, 1]))


def test_every_kind_of_variable_in_one_file(folder):
    folder.csv("1,2,3\n4,5,6\n", "cell.csv")
    folder.npy("cell.npy", np.arange(8).reshape(2, 2, 2))
    folder.image("cell.png", np.zeros((2, 3, 3), dtype=np.uint8))
    header = "x:image,#name,v__0,v__1,c,n,y"
    data = folder.read(folder.csv(header + "\ncell.png,text,1.5,-2,cell.csv,cell.npy,7\n"))
    assert data.shapes == {"x": (3, 2, 3), "v": (2,), "c": (2, 3), "n": (2, 2, 2), "y": (1,)}
    batch = data.batch([0])
    np.testing.assert_array_equal(batch["v"], [[1.5, -2]])
    np.testing.assert_array_equal(batch["c"], [[[1, 2, 3], [4, 5, 6]]])
    np.testing.assert_array_equal(batch["n"][0], np.arange(8).reshape(2, 2, 2))
    np.testing.assert_array_equal(data.column("v"), [[1.5, -2]])


def test_a_vector_of_files_is_stacked(folder):
    for number in range(4):
        folder.npy("{}.npy".format(number), np.full(3, number))
    data = folder.read(folder.csv("v__0,v__1\n0.npy,1.npy\n2.npy,3.npy\n"))
    assert data.shapes == {"v": (2, 3)}
    np.testing.assert_array_equal(data.batch([1])["v"], [[[2, 2, 2], [3, 3, 3]]])


def test_images_of_several_sizes_are_resized(folder):
    small = folder.image("a.png", np.full((2, 2), 50, dtype=np.uint8))
    large = folder.image("b.png", np.full((9, 5), 50, dtype=np.uint8))
    data = folder.read(folder.csv("x\n{}\n{}\n".format(small, large)), image_size=(4, 3))
    assert data.shapes == {"x": (1, 4, 3)}
    np.testing.assert_allclose(data.batch([0, 1])["x"], np.float32(50 / 255.0))


@pytest.mark.parametrize("size", [(0, 4), (4,), (4, 4.0), (-1, 2)])
def test_impossible_image_sizes(folder, size):
    with pytest.raises(ConfigError, match="height, width"):
        folder.read(folder.digits(), image_size=size)


def test_batches_are_copies(folder):
    data = folder.read(folder.csv("x\n1\n2\n"))
    data.batch([0])["x"][:] = 9
    data.column("x")[:] = 9
    np.testing.assert_array_equal(data.column("x"), [[1], [2]])


def test_column_refuses_images_and_unknown_names(folder):
    data = folder.read(folder.digits())
    with pytest.raises(DataError, match="'x'.*shape"):
        data.column("x")
    with pytest.raises(DataError, match=r"\['x', 'y'\], got 'z'"):
        data.column("z")


def test_pickling_sends_no_samples(folder):
    data = folder.read(folder.digits(count=6, size=64))
    sent = pickle.dumps(data)
    assert len(sent) < 4096
    np.testing.assert_array_equal(pickle.loads(sent).batch([3])["x"], data.batch([3])["x"])
    shutil.rmtree(str(folder.cache))
    with pytest.raises(DataError, match="Open the data set again"):
        pickle.loads(sent)


def test_a_subset_is_those_samples_in_that_order(folder):
    data = folder.read(folder.digits(count=6))
    some = data.subset(np.array([4, 1, 1]))
    assert (len(some), some.shapes, some.variables, some.path) == (3, data.shapes, data.variables, data.path)
    np.testing.assert_array_equal(some.batch([2, 0])["x"], data.batch([1, 4])["x"])
    np.testing.assert_array_equal(some.column("y"), data.column("y")[[4, 1, 1]])
    assert some.table.rows == [data.table.rows[row] for row in (4, 1, 1)]
    assert [some.table.line(row) for row in range(3)] == [6, 3, 3]
    assert len(data) == 6, "the whole stays as it is"


def test_a_subset_of_a_subset(folder):
    data = folder.read(folder.digits(count=6))
    twice = data.subset([5, 3, 1]).subset([2, 0])
    np.testing.assert_array_equal(twice.batch([0, 1])["x"], data.batch([1, 5])["x"])
    assert twice.table.rows == [data.table.rows[1], data.table.rows[5]]
    assert twice.fingerprint == data.subset([1, 5]).fingerprint


def test_the_fingerprint_of_a_subset_follows_from_the_whole_and_the_rows(folder):
    data = folder.read(folder.digits(count=6))
    prints = {data.subset(rows).fingerprint for rows in ([0], [1], [0, 1], [1, 0], range(6))}
    prints.add(Dataset.from_arrays({"x": np.arange(6.0)}).subset([0]).fingerprint)
    assert len(prints) == 6 and all(len(each) == 64 for each in prints)
    assert data.subset(range(6)).fingerprint == data.fingerprint
    assert folder.read(data.path).subset([0, 1]).fingerprint == data.subset([0, 1]).fingerprint


def test_a_subset_is_pickled_without_samples(folder):
    data = folder.read(folder.digits(count=6, size=64))
    sent = pickle.dumps(data.subset([5, 2]))
    received = pickle.loads(sent)
    assert len(sent) < 4096 and received.fingerprint == data.subset([5, 2]).fingerprint
    np.testing.assert_array_equal(received.batch([0])["x"], data.batch([5])["x"])
    in_memory = Dataset.from_arrays({"x": np.arange(4.0)}).subset([3])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(in_memory)).column("x"), [[3]])


@pytest.mark.parametrize(
    "rows, reason",
    [
        ([], "at least one row number"),
        ([True, False, True], "type bool"),
        ([0.0], "type float64"),
        ([[0]], r"shape \(1, 1\)"),
        ([0, 3, -1], "from 0 to 2, got 3, -1"),
    ],
)
def test_rows_that_are_no_subset(rows, reason):
    with pytest.raises(DataError, match=reason):
        Dataset.from_arrays({"x": np.arange(3.0)}).subset(rows)


def test_from_arrays():
    labels = np.array([3, 1])
    data = Dataset.from_arrays({"x": np.zeros((2, 1, 4, 4), dtype=np.uint8) + 7, "y": labels})
    assert data.path is None and data.table is None and len(data) == 2
    assert data.shapes == {"x": (1, 4, 4), "y": (1,)}
    labels[:] = 0
    np.testing.assert_array_equal(data.column("y"), [[3], [1]])
    assert data.batch([1])["x"].max() == 7 and data.batch([1])["x"].dtype == np.float32
    assert pickle.loads(pickle.dumps(data)).fingerprint == data.fingerprint


@pytest.mark.parametrize(
    "arrays, reason",
    [
        ({}, "at least one array"),
        ({"x": np.zeros(2), "y": np.zeros(3)}, "equal length"),
        ({"x": 3.0}, "single number"),
        ({"x": [1, np.nan]}, "finite"),
        ({"x": ["a"]}, "real numbers"),
        ({"x": np.zeros((0, 2))}, "empty"),
    ],
)
def test_arrays_that_are_no_data_set(arrays, reason):
    with pytest.raises(DataError, match=reason):
        Dataset.from_arrays(arrays)


def test_its_repr_says_samples_shapes_and_path(folder):
    csv = folder.digits()
    data = folder.read(csv)
    assert repr(data) == f"Dataset(6 samples, x: (1, 4, 4), y: (1,), path={str(csv)!r})"
    assert repr(data.subset([1, 2])).startswith("Dataset(2 samples, x: ")
    assert repr(Dataset.from_arrays({"y": np.zeros(3)})) == "Dataset(3 samples, y: (1,))"


def test_the_package_gives_the_class():
    import nnabla_influence.dataset

    assert nnabla_influence.dataset.Dataset is Dataset
    with pytest.raises(AttributeError, match="no attribute 'Datasets'"):
        nnabla_influence.dataset.Datasets  # noqa: B018


def test_the_text_of_numbers_can_be_left_out(folder):
    path = folder.csv("x,y\n1,2\n3,4\n")
    data = folder.read(path)
    slim = data.without_text()
    assert len(slim) == 2 and slim.fingerprint == data.fingerprint and slim.path == data.path == path
    assert len(slim.table) == 0 and slim.table.header == ["x", "y"] and len(data.table) == 2
    assert slim.batch([1])["x"].tolist() == [[3]]
    assert [(changed, how) for changed, how in changed_files(slim.table, 0)] == [(path, "changed")]
    part = slim.subset([1])
    assert part.batch([0])["x"].tolist() == [[3]] and part.fingerprint == data.subset([1]).fingerprint
    assert part.table.line(0) == data.subset([1]).table.line(0) == 3
    held = Dataset.from_arrays({"x": np.zeros(2)})
    assert held.without_text() is held


def test_without_text_lines_are_counted_as_before(folder):
    data = folder.read(folder.csv('x,y,#note\n1,0,"two\nlines"\n2,1,a\n'))
    assert data.without_text().table.line(1) == data.table.line(1) == 4


def test_a_view_opens_nothing_again(folder, monkeypatch):
    data = folder.read(folder.csv("x,y\n1,2\n3,4\n"))
    monkeypatch.setattr(dataset_module, "open_entry", lambda *_: pytest.fail("opened again"))
    for view in (data.without_text(), data.without_table(), data.named(ClassNames({0: "cat"})), data.subset([1])):
        assert view.batch([0])["y"].tolist() in ([[2]], [[4]])


def test_the_text_that_names_files_stays(folder):
    folder.image("0.png", np.zeros((4, 4), np.uint8))
    data = folder.read(folder.csv("x:image,y\n0.png,2\n"))
    assert data.without_text() is data
