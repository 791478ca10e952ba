"""The numbers are those of NNabla's own CSV reader."""

import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile

data_source = pytest.importorskip("nnabla.utils.data_source_implements")

GENERATOR = np.random.default_rng(0)


def pixels(*shape):
    return GENERATOR.integers(0, 256, size=shape).astype(np.uint8)


def write_palette(folder, name):
    folder.image(name, pixels(6, 5, 3), mode="P")


def write_sound(folder, name, shape):
    wavfile.write(str(folder.path / name), 8000, GENERATOR.integers(-999, 999, size=shape).astype(np.int16))


# name: (extension, what writes the file of a cell)
FILES = {
    "grey": ("png", lambda folder, name: folder.image(name, pixels(6, 5))),
    "grey+alpha": ("png", lambda folder, name: folder.image(name, pixels(6, 5), mode="LA")),
    "colour": ("png", lambda folder, name: folder.image(name, pixels(6, 5, 3))),
    "colour+alpha": ("png", lambda folder, name: folder.image(name, pixels(6, 5, 4))),
    "palette": ("png", write_palette),
    "jpeg": ("jpg", lambda folder, name: folder.image(name, pixels(16, 16, 3))),
    "grey jpeg": ("JPEG", lambda folder, name: folder.image(name, pixels(16, 16))),
    "cmyk": ("jpg", lambda folder, name: folder.image(name, pixels(16, 16, 3), mode="CMYK")),
    "bmp": ("bmp", lambda folder, name: folder.image(name, pixels(6, 5, 3))),
    "gif": ("gif", write_palette),
    "grey gif": ("gif", lambda folder, name: folder.image(name, pixels(6, 5))),
    "tiff": ("tif", lambda folder, name: folder.image(name, pixels(6, 5, 3))),
    "csv": ("csv", lambda folder, name: folder.csv("1,2.5,-3\n4,5e-3,6\n", name)),
    "csv line": ("csv", lambda folder, name: folder.csv("1,2,3\n", name)),
    "npy": ("npy", lambda folder, name: folder.npy(name, GENERATOR.normal(size=(2, 3, 4)))),
    "npy bytes": ("npy", lambda folder, name: folder.npy(name, pixels(3))),
    "mono": ("wav", lambda folder, name: write_sound(folder, name, 20)),
    "stereo": ("wav", lambda folder, name: write_sound(folder, name, (20, 2))),
}


def assert_same(folder, csv, normalize):
    ours = folder.read(csv, normalize=normalize)
    theirs = data_source.CsvDataSource(str(csv), normalize=normalize)
    assert ours.variables == theirs.variables and len(ours) == theirs.size
    for row in range(len(ours)):
        batch = ours.batch([row])
        for name, value in zip(theirs.variables, theirs._get_data(row)):
            expected = np.array(value)
            assert ours.shapes[name] == expected.shape
            np.testing.assert_array_equal(batch[name][0], expected.astype(np.float32))


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("kind", FILES, ids=str)
def test_files_of_every_kind(folder, kind, normalize):
    extension, write = FILES[kind]
    names = ["画 {}.{}".format(row, extension) for row in range(2)]
    for name in names:
        write(folder, name)
    assert_same(folder, folder.csv("x:data,y\n{},0\n{},1\n".format(*names), encoding="utf-8-sig"), normalize)


def test_numbers_vectors_and_comments(folder):
    assert_same(folder, folder.csv("#c,y,v__0:a,v__1:b,z:l\ntext,1,0.1,-2e-3,1_0\n,3, 4,5,6\n"), True)


def test_vectors_whose_columns_are_out_of_order(folder):
    assert_same(folder, folder.csv("v__1,y,v__0\n1,2,3\n4,5,6\n"), True)


@pytest.mark.parametrize("header", ["v__1,v__2,v__3", "v__0,v__7,v__3"])
def test_vectors_numbered_from_one_or_with_a_gap_are_read_with_a_warning(folder, caplog, header):
    assert_same(folder, folder.csv(f"{header},y\n1,2,3,4\n5,6,7,8\n"), True)
    missing = "v__0" if header.startswith("v__1") else "v__1"
    assert f"vector 'v' has no column {missing}; its 3 columns are taken in their order, as NNabla does" in caplog.text


def test_paths_with_backslashes_and_upper_folders(folder):
    (folder.path / "a").mkdir()
    Image.fromarray(pixels(3, 3)).save(str(folder.path / "a" / "1.png"))
    assert_same(folder, folder.csv("x\na\\1.png\na/../a/1.png\n"), True)


def test_vectors_of_files(folder):
    for number in range(2):
        folder.npy("{}.npy".format(number), np.full((2, 3), number))
    assert_same(folder, folder.csv("v__0,v__1\n0.npy,1.npy\n"), True)
