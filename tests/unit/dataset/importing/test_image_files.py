"""Images are looked at, not decoded."""

import numpy as np
import pytest
from PIL import Image

from nnabla_influence.dataset.importing.image_files import ImageFiles, relative_path
from nnabla_influence.errors import DataError


@pytest.fixture()
def images(tmp_path):
    """Seven files: two sizes, five kinds, a copy, and one that is no image."""
    grey = Image.fromarray(np.full((8, 6), 200, np.uint8))
    for name, image in {
        "grey.png": grey,
        "copy.png": grey,
        "small.png": grey.resize((3, 4)),
        "colour.jpg": grey.convert("RGB"),
        "alpha.png": grey.convert("RGBA"),
        "deep.png": Image.fromarray(np.full((8, 6), 51400, np.uint16)),
    }.items():
        image.save(str(tmp_path / name))
    (tmp_path / "broken.png").write_bytes(b"no image")
    return tmp_path


def test_sizes_kinds_copies_and_broken_files_are_found(images):
    names = ["grey.png", "copy.png", "broken.png", "small.png", "colour.jpg", "alpha.png", "deep.png"]
    steps = []
    files = ImageFiles.look_at([images / name for name in names], lambda done, all: steps.append((done, all)))
    assert files.rows == [0, 1, 3, 4, 5, 6] and files.broken == [images / "broken.png"]
    assert files.sizes == [(8, 6), (8, 6), (4, 3), (8, 6), (8, 6), (8, 6)] and files.shape == (8, 6)
    assert files.kinds == ["grey", "grey", "grey", "rgb", "rgb with alpha", "grey of 16 bits"]
    assert files.keys[0] == files.keys[1] and len(set(files.keys)) == 5
    assert steps[-1] == (7, 7)
    said = [note.text for note in files.notes()]
    assert said[0] == "6 images of 2 sizes; 5 are 8x6"
    assert said[1] == "colours: 3 grey, 1 rgb, 1 rgb with alpha, 1 grey of 16 bits"
    assert said[2].startswith("files left out, no readable images: 1 (")


@pytest.mark.parametrize("colours, mode, copies", [("grey", "L", 3), ("rgb", "RGB", 4)])
def test_other_kinds_are_converted_as_copies(images, colours, mode, copies):
    paths = [images / name for name in ("grey.png", "colour.jpg", "alpha.png", "deep.png", "copy.png")]
    before = {path: path.read_bytes() for path in paths}
    files = ImageFiles.look_at(paths).converted(colours, images / "converted")
    assert sum(path.parent.name == "converted" for path in files.paths) == copies
    for path in files.paths:
        with Image.open(str(path)) as image:
            assert image.mode == mode
            assert abs(int(np.asarray(image).reshape(-1)[0]) - 200) <= 1
    assert before == {path: path.read_bytes() for path in paths}


def test_a_header_without_an_image_is_refused_when_it_is_copied(images):
    path = images / "noise.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)).save(str(path))
    path.write_bytes(path.read_bytes()[:2000])
    files = ImageFiles.look_at([path])
    with pytest.raises(DataError, match=r"noise.png: expected a readable image, got the error: .*truncated"):
        files.converted("grey", images / "converted")
    assert not list((images / "converted").glob("*"))


def test_paths_are_relative_with_forward_slashes(tmp_path):
    assert relative_path(tmp_path / "a b" / "c.png", tmp_path / "out") == "../a b/c.png"
