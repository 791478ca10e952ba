"""Broken data sets: one message with every broken cell, and nothing left behind."""

import numpy as np
import pytest

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.errors import DataError


def error_of(folder, text, **settings):
    csv = folder.csv(text)
    with pytest.raises(DataError) as caught:
        folder.read(csv, **settings)
    message = caught.value.said(IN_COMMANDS)
    assert message.startswith(f"{csv}: ")
    left = [child.name for child in folder.cache.iterdir()] if folder.cache.exists() else []
    assert [name for name in left if name != "index"] == []
    return message


@pytest.fixture
def images(folder):
    """Grey 4x4 images g0..g9, one 5x5, one colour, one 16 bit, one broken."""
    for number in range(10):
        folder.image("g{}.png".format(number), np.full((4, 4), number, dtype=np.uint8))
    folder.image("large.png", np.zeros((5, 5), dtype=np.uint8))
    folder.image("colour.png", np.zeros((4, 4, 3), dtype=np.uint8))
    folder.image("deep.png", np.zeros((4, 4), dtype=np.uint16))
    folder.file("broken.png", b"no image")
    return folder


GREY = "x:image,y\n" + "".join("g{0}.png,{0}\n".format(number) for number in range(5))  # lines 2 to 6

CASES = {
    "missing file": (GREY + "画像 none.png,0\n", ["line 7, column 'x:image', value '画像 none.png'", "got none at"]),
    "folder": (GREY + "../日本語 folder/dir.png,0\n", ["not a file"]),
    "broken image": (GREY + "broken.png,0\n", ["value 'broken.png': expected a readable image", "Replace"]),
    "other size": (GREY + "large.png,0\n", ["expected 4x4 grey image like 5 other cells, got 5x5", "--image-size"]),
    "colour": (GREY + "colour.png,0\n", ["got 4x4 colour image", "Convert"]),
    "other depth": (GREY + "deep.png,0\n", ["got 4x4 grey image of 16 bits", "Convert"]),
    "number among files": (GREY + "7,0\n", ["value '7': expected a file name as in most cells of 'x', got a number"]),
    "file among numbers": (GREY + "g5.png,g6.png\n", ["column 'y'", "expected a number", "got a file name"]),
    "text among numbers": (GREY + "g5.png,cat\n", ["value 'cat': expected a number", "got text", "'#'"]),
    "text among files": (GREY + "cat,5\n", ["value 'cat'", "png, jpg", "another kind of text"]),
    "unknown extension": (GREY + "a.docx,5\n", ["value 'a.docx'", "png, jpg"]),
    "empty number": (GREY + "g5.png,\n", ["column 'y', value '': expected a number, got an empty cell", "Fill in"]),
    "blank among numbers": ("x,y\n1,2\n ,3\n", ["line 3, column 'x', value ' ': expected a number, got an empty cell"]),
    "no number, to NumPy one": ("x,y\n1,2\nnan(1),3\n", ["line 3, column 'x', value 'nan(1)': expected a number"]),
    "empty file name": (GREY + ",5\n", ["expected a file (png", "got an empty cell"]),
    "NaN": (GREY + "g5.png,nan\n", ["value 'nan': expected a finite number, got nan"]),
    "infinite": (GREY + "g5.png,-inf\n", ["value '-inf': expected a finite number, got -inf"]),
    "too large": (GREY + "g5.png,1e39\n", ["got one too large for float32"]),
    "only text": ("y\ncat\ndog\n", ["2 broken cells", "line 2", "line 3", "start the column's header with '#'"]),
    "only empty": ("x,y\n,1\n", ["expected a number or a file", "got an empty cell"]),
    "numbers and files tie": ("y\n1\ng0.png\n", ["1 broken cell\n", "line 3", "got a file name"]),
    "vector of both": ("v__0,v__1,v__2\n1,2,g0.png\n", ["column 'v__2'", "got a file name"]),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_broken_cell_is_named(images, case):
    (images.path / "dir.png").mkdir()
    text, parts = CASES[case]
    message = error_of(images, text)
    for part in parts:
        assert part in message, message


def test_arrays_of_differing_shape(folder):
    for number in range(3):
        folder.npy("{}.npy".format(number), np.zeros((2, 3)))
    folder.npy("3.npy", np.zeros((3, 2)))
    folder.csv("0,0\n", "c.csv")
    message = error_of(folder, "x\n0.npy\n1.npy\n2.npy\n3.npy\nc.csv\n")
    assert "expected array of shape (2, 3) like 3 other cells, got array of shape (3, 2)" in message
    assert "line 6, column 'x', value 'c.csv'" in message


def test_image_and_array_of_the_same_shape_do_not_mix(images):
    images.npy("a.npy", np.zeros((1, 4, 4)))
    assert "got array of shape (1, 4, 4)" in error_of(images, GREY + "a.npy,0\n")


def test_the_odd_one_is_reported_even_if_it_comes_first(images):
    message = error_of(images, "x\nlarge.png\ng0.png\ng1.png\n")
    assert "1 broken cell\n" in message and "line 2, column 'x', value 'large.png'" in message


def test_size_mends_sizes_but_not_colours(images):
    text = GREY + "large.png,0\n"
    assert images.read(images.csv(text), image_size=(4, 4)).shapes["x"] == (1, 4, 4)
    with pytest.raises(DataError, match="colour"):
        images.read(images.csv(GREY + "colour.png,0\n"), image_size=(4, 4))


def test_all_kinds_of_broken_cells_are_reported_together_in_file_order(images):
    rows = ["none.png,1", "broken.png,cat", "large.png,nan", "7,", "a.npy,3"]
    message = error_of(images, GREY + "\n".join(rows) + "\n")
    assert "8 broken cells" in message
    lines = [line for line in message.splitlines() if line.startswith("  line")]
    assert [int(line.split()[1].rstrip(",")) for line in lines] == [7, 8, 8, 9, 9, 10, 10, 11]


def test_at_most_twenty_are_listed(folder):
    message = error_of(folder, "x\n" + "".join("{}.png\n".format(number) for number in range(35)))
    assert "35 broken cells" in message and message.count("\n  line ") == 20 and "  and 15 more\n" in message


def test_long_values_are_cut(folder):
    assert len(error_of(folder, "x\n1\n2\n" + "b" * 5000 + "\n")) < 800


def test_a_file_name_the_system_refuses(folder):
    assert "line 3" in error_of(folder, "x,y\ng.png,0\n" + "a" * 400 + ".png,0\n")


def test_an_unreadable_file(images, monkeypatch):
    from nnabla_influence.dataset import fingerprint

    def refuse(self, path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(fingerprint.FileIndex, "hash", refuse)
    assert "got the error: Permission denied" in error_of(images, GREY)


def test_a_mended_data_set_is_read(images):
    error_of(images, GREY + "broken.png,0\n")
    images.image("broken.png", np.zeros((4, 4), dtype=np.uint8))
    assert len(images.read(images.csv(GREY + "broken.png,0\n"))) == 6
