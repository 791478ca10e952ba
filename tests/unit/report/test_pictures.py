"""From a cell to a thumbnail: the numbers the network sees, made small."""

import io

import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile

from nnabla_influence.dataset.csv import Table
from nnabla_influence.report.pictures import LARGEST_SIDE, encoded, picture_column, picture_of


@pytest.fixture
def picture(folder):
    """``picture(cell)`` of a CSV in the folder."""
    table = Table.read(folder.csv("x\n1\n"))
    return lambda cell: picture_of(table, cell)


def test_colours_keep_their_order(folder, picture):
    pixels = np.zeros((3, 5, 3), np.uint8)
    pixels[..., 0], pixels[0, 0] = 200, (1, 2, 3)
    seen = picture(folder.image("a.png", pixels))
    assert (seen.image.mode, seen.text) == ("RGB", "5 x 3 pixels")
    np.testing.assert_array_equal(np.asarray(seen.image), pixels)


@pytest.mark.parametrize("mode, channels", [("L", 1), ("LA", 2), ("RGB", 3), ("RGBA", 4)])
def test_channels(folder, picture, mode, channels):
    shape = (4, 4) if channels == 1 else (4, 4, channels)
    pixels = np.arange(np.prod(shape)).reshape(shape).astype(np.uint8)
    seen = picture(folder.image("a.png", pixels))
    assert seen.image.mode == mode
    np.testing.assert_array_equal(np.asarray(seen.image), pixels)


def test_16_bits_are_scaled_not_cut(folder, picture):
    pixels = np.array([[0, 257], [257 * 128, 65535]], np.uint16)
    np.testing.assert_array_equal(np.asarray(picture(folder.image("a.png", pixels)).image), [[0, 1], [128, 255]])


def test_large_images_shrink_and_keep_their_proportions(folder, picture):
    seen = picture(folder.image("a.png", np.zeros((100, 400), np.uint8)))
    assert (seen.image.size, seen.text) == ((LARGEST_SIDE, 32), "400 x 100 pixels")
    assert Image.open(io.BytesIO(encoded(seen.image, 32))).size == (32, 8)


def test_large_pictures_are_compressed_and_small_ones_exact(folder, picture):
    pixels = np.random.default_rng(0).integers(0, 256, (200, 200, 3)).astype(np.uint8)
    image = picture(folder.image("a.png", pixels)).image
    assert Image.open(io.BytesIO(encoded(image, LARGEST_SIDE))).format == "JPEG"
    small = Image.open(io.BytesIO(encoded(image, 64)))
    assert small.format == "PNG"
    np.testing.assert_array_equal(np.asarray(small), np.asarray(image.resize((64, 64), Image.Resampling.LANCZOS)))
    clear = Image.merge("RGBA", [*image.split(), image.split()[0]])
    assert Image.open(io.BytesIO(encoded(clear, LARGEST_SIDE))).mode == "RGBA", "what is transparent stays so"


def test_small_images_are_not_enlarged(folder, picture):
    seen = picture(folder.image("a.png", np.zeros((8, 8), np.uint8)))
    assert Image.open(io.BytesIO(encoded(seen.image, 64))).size == (8, 8)


@pytest.mark.parametrize(
    "shape, size, mode",
    [((20, 30), (30, 20), "L"), ((1, 20, 30), (30, 20), "L"), ((3, 8, 8), (8, 8), "RGB"), ((100,), (64, 40), "LA"),
     ((2, 400), (64, 40), "LA")],
)  # fmt: skip
def test_arrays_become_pictures_or_curves(folder, picture, shape, size, mode):
    array = np.linspace(-1, 1, int(np.prod(shape))).reshape(shape).astype(np.float32)
    np.save(str(folder.path / "a.npy"), array)
    seen = picture("a.npy")
    assert (seen.image.size, seen.image.mode, seen.broken) == (size, mode, False)
    assert np.asarray(seen.image).max() == 255


def test_a_curve_rises_where_the_numbers_rise(folder, picture):
    np.save(str(folder.path / "a.npy"), np.linspace(0, 1, 640))
    opaque = np.asarray(picture("a.npy").image)[..., 1] > 0  # (H, W)
    heights = [np.flatnonzero(column).mean() for column in opaque.T]
    assert all(np.diff(heights) <= 0) and heights[0] > 30 and heights[-1] < 5  # row 0 is at the top


def test_a_sound_is_a_curve(folder, picture):
    wavfile.write(str(folder.path / "a.wav"), 8000, (1000 * np.sin(np.arange(800) / 9)).astype(np.int16))
    assert picture("a.wav").image.size == (64, 40)


def test_constant_and_tiny_arrays(folder, picture):
    np.save(str(folder.path / "flat.npy"), np.full((9, 9), 3.5))
    np.save(str(folder.path / "tiny.npy"), np.arange(7.0))
    assert np.asarray(picture("flat.npy").image).max() == 0
    assert picture("tiny.npy").image is None
    assert picture("tiny.npy").text == "7 numbers: 0, 1, 2, 3, 4, 5, ..."


def test_what_cannot_be_read_says_why(folder, picture):
    (folder.path / "broken.png").write_bytes(b"no image")
    (folder.path / "folder.png").mkdir()
    for cell, reason in (("missing.png", "no such file"), ("broken.png", "readable image"), ("a.xyz", "no file name")):
        seen = picture(cell)
        assert seen.broken and seen.image is None and reason in seen.text
    assert picture("folder.png").broken


def test_images_go_before_other_files(folder):
    table = Table.read(folder.csv("#note,a,b,x\nn.png,1,b.npy,x.png\n"))
    assert picture_column(table, list(table.columns)).name == "x"
    assert picture_column(table, list(table.columns[:3])).name == "b"
    assert picture_column(table, list(table.columns[:2])) is None
