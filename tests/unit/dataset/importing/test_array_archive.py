"""Arrays in an archive."""

import numpy as np
import pytest
from PIL import Image

from nnabla_influence.dataset.digits import load_digits
from nnabla_influence.dataset.importing.array_archive import import_archive
from nnabla_influence.dataset.importing.import_settings import ImportSettings
from nnabla_influence.errors import DataError


def imported(folder, **arrays):
    np.savez(str(folder / "data.npz"), **arrays)
    return import_archive(folder / "data.npz", ImportSettings(), folder / "out")


def test_numbers_are_a_table(tmp_path):
    x = np.random.default_rng(0).normal(size=(20, 3))
    data = imported(tmp_path, X=x, y=np.array(["a", "b"] * 10))
    assert data.header == ["x__0:0", "x__1:1", "x__2:2", "y:label"] and data.classes == ("a", "b")
    found = sorted([float(cell) for cell in cells[:3]] for part in data.parts.values() for cells in part)
    assert np.allclose(found, sorted(x.tolist()))


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 1), (1, 8, 8)])
def test_pixels_are_images(tmp_path, shape):
    images, labels = load_digits()
    data = imported(tmp_path, images=images[:30].reshape(30, *shape), target=labels[:30])
    assert data.header == ["x:image", "y:label"] and data.image_shape == (8, 8)
    for path, label in data.parts["training"]:
        row = int(path[len("images/") : -len(".png")])
        with Image.open(str(tmp_path / "out" / path)) as image:
            assert (np.asarray(image) == images[row]).all() and labels[row] == int(label)


@pytest.mark.parametrize("shape", [(4, 5, 3), (3, 4, 5)])
def test_colours_may_come_first_or_last(tmp_path, shape):
    x = np.random.default_rng(0).integers(0, 256, (10, *shape), dtype=np.uint8)
    data = imported(tmp_path, x=x, y=[0, 1] * 5)
    assert data.image_shape == (4, 5)
    with Image.open(str(tmp_path / "out" / "images" / "000003.png")) as image:
        assert (np.asarray(image) == (x[3] if shape[2] == 3 else x[3].transpose(1, 2, 0))).all()


def test_parts_are_kept(tmp_path):
    random = np.random.default_rng(0)
    parts = {f"x_{part}": random.normal(size=(rows, 2)) for part, rows in (("train", 20), ("test", 7))}
    data = imported(tmp_path, **parts, y_train=[0, 1] * 10, y_test=[0, 1, 0, 1, 0, 1, 1])
    assert {part: len(rows) for part, rows in data.parts.items()} == {"training": 16, "validation": 4, "test": 7}


def test_other_arrays_are_flat_numbers(tmp_path):
    data = imported(tmp_path, x=np.random.default_rng(0).normal(size=(10, 2, 3)), y=[0, 1] * 5)
    assert len(data.header) == 7 and data.image_shape is None


@pytest.mark.parametrize(
    "arrays, message",
    [
        ({"a": np.ones(3)}, "arrays x and y .or x_train and y_train., got a"),
        ({"x": np.ones(3), "y": np.ones(3)}, r"got the shapes \(3,\) and \(3,\)"),
        ({"x": np.ones((3, 2)), "y": np.ones(4)}, r"\(3, 2\) and \(4,\)"),
    ],
)
def test_archives_without_data_are_refused(tmp_path, arrays, message):
    with pytest.raises(DataError, match=message):
        imported(tmp_path, **arrays)


def test_pickled_and_broken_archives_are_refused(tmp_path):
    with pytest.raises(DataError, match="without pickled objects"):
        imported(tmp_path, x=np.ones((2, 2)), y=np.array([{}, None], dtype=object))
    (tmp_path / "broken.npz").write_bytes(b"PK")
    with pytest.raises(DataError, match="broken.npz"):
        import_archive(tmp_path / "broken.npz", ImportSettings(), tmp_path)
