"""Dataset: shapes, values, batches, fingerprints, decoding once."""

import os
import pickle
import shutil
import time

import numpy as np
import pytest
from PIL import Image

from nnabla_influence.dataset import fingerprint, ingest
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import ConfigError, DataError


def age(folder, seconds=60):
    """Set all modification times back, so that they count as certain."""
    then = time.time() - seconds
    for path in folder.path.rglob("*"):
        os.utime(str(path), (then, then))


class Calls:
    """Counts how often a function of a module is called."""

    def __init__(self, monkeypatch, module, name):
        self.count = 0
        original = getattr(module, name)

        def counted(*arguments, **keywords):
            self.count += 1
            return original(*arguments, **keywords)

        monkeypatch.setattr(module, name, counted)


# ---- values


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


# ---- subsets


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


# ---- from arrays


def test_from_arrays():
    labels = np.array([3, 1])
    data = Dataset.from_arrays({"x": np.zeros((2, 1, 4, 4), dtype=np.uint8) + 7, "y": labels})
    assert data.path is None and data.table is None and len(data) == 2
    assert data.shapes == {"x": (1, 4, 4), "y": (1,)}
    labels[:] = 0
    np.testing.assert_array_equal(data.column("y"), [[3], [1]])
    assert data.batch([1])["x"].max() == 7 and data.batch([1])["x"].dtype == np.float32
    assert pickle.loads(pickle.dumps(data)).fingerprint == data.fingerprint


def test_fingerprints_of_arrays_cover_names_shapes_and_values():
    values = np.arange(4.0)
    prints = {
        Dataset.from_arrays(arrays).fingerprint
        for arrays in ({"x": values}, {"z": values}, {"x": values.reshape(2, 2)}, {"x": values[::-1]})
    }
    assert len(prints) == 4
    assert Dataset.from_arrays({"x": values}).fingerprint == Dataset.from_arrays({"x": [0, 1, 2, 3]}).fingerprint


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


# ---- fingerprints


def edit(folder, name, change):
    path = folder.path / name
    path.write_bytes(change(path.read_bytes()))


SAME = {
    "the folder is renamed": lambda folder: folder.path.rename(folder.path.with_name("もう一つ")),
    "a file is renamed": lambda folder: (
        (folder.path / "画像/no 0.png").rename(folder.path / "z.png"),
        edit(folder, "データ.csv", lambda text: text.replace("画像/no 0.png".encode(), b"z.png")),
    ),
    "a number is spelled differently": lambda folder: edit(
        folder, "データ.csv", lambda text: text.replace(b"png,2", b"png,2.0")
    ),
    "line ends and BOM": lambda folder: edit(
        folder, "データ.csv", lambda text: b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n")
    ),
    "another label for people": lambda folder: edit(
        folder, "データ.csv", lambda text: text.replace(b"y:label", b"y:class")
    ),
}

OTHER = {
    "a label": lambda folder: edit(folder, "データ.csv", lambda text: text.replace(b"5.png,2", b"5.png,1")),
    "a pixel": lambda folder: folder.image("画像/no 0.png", np.zeros((4, 4), dtype=np.uint8)),
    "a variable's name": lambda folder: edit(folder, "データ.csv", lambda text: text.replace(b"y:label", b"t:label")),
    "the order of rows": lambda folder: edit(
        folder, "データ.csv", lambda text: b"\n".join([text.split(b"\n")[0], *text.split(b"\n")[:0:-1][1:], b""])
    ),
    "a row less": lambda folder: edit(folder, "データ.csv", lambda text: b"\n".join(text.strip().split(b"\n")[:-1])),
}


def fingerprint_after(folder, change):
    change(folder)
    folder.path = folder.path.parent / "もう一つ" if not folder.path.exists() else folder.path
    return folder.read(folder.path / "データ.csv").fingerprint


@pytest.mark.parametrize("case", SAME, ids=str)
def test_the_fingerprint_stays_when(folder, case):
    before = folder.read(folder.digits()).fingerprint
    assert len(before) == 64 and fingerprint_after(folder, SAME[case]) == before


@pytest.mark.parametrize("case", OTHER, ids=str)
def test_the_fingerprint_changes_with(folder, case):
    before = folder.read(folder.digits()).fingerprint
    assert fingerprint_after(folder, OTHER[case]) != before


def test_settings_count_only_if_there_are_images(folder):
    images, numbers = folder.digits(), folder.csv("x\n1\n", "numbers.csv")
    settings = ({}, {"image_size": (3, 3)}, {"image_size": (4, 4)}, {"normalize": False})
    assert len({folder.read(images, **each).fingerprint for each in settings}) == 4
    assert len({folder.read(numbers, **each).fingerprint for each in settings}) == 1


def test_comments_do_not_count(folder):
    first = folder.read(folder.csv("#a,x\nfoo,1\n")).fingerprint
    assert folder.read(folder.csv("x,#b\n1,bar\n")).fingerprint == first


# ---- decoding once


def test_the_second_run_neither_decodes_nor_reads(folder, monkeypatch):
    csv = folder.digits(count=5)
    age(folder)
    decoded = Calls(monkeypatch, ingest, "decode")
    hashed = Calls(monkeypatch, fingerprint.FileIndex, "hash")
    steps = []
    first = folder.read(csv, progress=lambda done, total: steps.append((done, total)))
    assert (decoded.count, hashed.count) == (5, 5) and steps == [(done, 10) for done in range(1, 11)]
    steps.clear()
    second = folder.read(csv, progress=lambda done, total: steps.append((done, total)))
    assert (decoded.count, hashed.count) == (5, 5) and steps == []
    np.testing.assert_array_equal(second.batch(range(5))["x"], first.batch(range(5))["x"])


def test_a_file_changed_in_size_or_time_is_read_again(folder, monkeypatch):
    csv = folder.digits(count=5)
    age(folder)
    folder.read(csv)
    hashed = Calls(monkeypatch, fingerprint.FileIndex, "hash")
    folder.image("画像/no 3.png", np.zeros((4, 4), dtype=np.uint8))
    assert folder.read(csv).batch([3])["x"].max() == 0
    assert hashed.count == 1


def test_a_file_changed_just_now_is_not_trusted(folder, monkeypatch):
    """A second change within the clock's resolution would leave size and time as they are."""
    csv = folder.digits(count=5)
    folder.read(csv)
    hashed = Calls(monkeypatch, fingerprint.FileIndex, "hash")
    folder.read(csv)
    assert hashed.count == 5


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": 1}', b'{"format": 1, "files": {"a": 3}}', b"\xff"])
def test_a_broken_index_is_made_again(folder, monkeypatch, content):
    csv = folder.digits(count=5)
    age(folder)
    expected = folder.read(csv).fingerprint
    (index,) = (folder.cache / "index").iterdir()
    index.write_bytes(content)
    assert folder.read(csv).fingerprint == expected
    hashed = Calls(monkeypatch, fingerprint.FileIndex, "hash")
    folder.read(csv)
    assert hashed.count == 0


def test_one_file_in_many_rows_is_read_once_for_its_hash(folder, monkeypatch):
    name = folder.image("a.png", np.zeros((2, 2), dtype=np.uint8))
    hashed = Calls(monkeypatch, fingerprint.FileIndex, "hash")
    data = folder.read(folder.csv("x,y\n" + "{},0\n".format(name) * 9))
    assert hashed.count == 1 and data.shapes["x"] == (1, 2, 2) and len(data) == 9


def test_a_moved_data_set_is_not_decoded_again(folder, monkeypatch):
    folder.read(folder.digits())
    decoded = Calls(monkeypatch, ingest, "decode")
    moved = folder.path.with_name("moved")
    folder.path.rename(moved)
    folder.read(moved / "データ.csv")
    assert decoded.count == 0
