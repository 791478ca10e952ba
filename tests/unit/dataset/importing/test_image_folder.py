"""Folders of images per class, with real digits."""

import shutil
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from nnabla_influence.dataset.digits import load_digits
from nnabla_influence.dataset.importing.image_folder import import_folder
from nnabla_influence.dataset.importing.import_settings import ImportSettings
from nnabla_influence.errors import DataError

NAMES = ("zero", "one", "two")


def write(folder, per_class=10, names=NAMES, start=0):
    """Write real digits of the first classes, so many of each, into a folder per class."""
    images, labels = load_digits()
    for number, name in enumerate(names):
        (folder / name).mkdir(parents=True)
        for row in np.flatnonzero(labels == number)[start : start + per_class]:
            Image.fromarray(images[row]).save(str(folder / name / f"{row:04d}.png"))
    return folder


def rows(data, part):
    return [(cells[0], int(cells[1])) for cells in data.parts[part]]


def test_a_folder_per_class(tmp_path):
    source = write(tmp_path / "my digits")
    (tmp_path / "out").mkdir()
    data = import_folder(source, ImportSettings(test=0.1), tmp_path / "out")
    assert data.header == ["x:image", "y:label"] and data.classes == ("one", "two", "zero")
    assert {part: len(cells) for part, cells in data.parts.items()} == {"training": 21, "validation": 6, "test": 3}
    assert Counter(label for _, label in rows(data, "validation")) == {0: 2, 1: 2, 2: 2}
    for path, label in rows(data, "training"):
        assert path.startswith("../my digits/" + data.classes[label] + "/") and (tmp_path / "out" / path).exists()
    assert data.image_shape == (8, 8) and not data.resize and not data.mixed_colours
    assert data.decisions == ["3 classes (one, two, zero)", "30 images of 8x8 pixels", "colours: 30 grey"]


def test_parts_with_classes_below(tmp_path):
    write(tmp_path / "s" / "Train")
    write(tmp_path / "s" / "val", 4, start=10)
    write(tmp_path / "s" / "test", 2, start=14)
    data = import_folder(tmp_path / "s", ImportSettings(), tmp_path)
    assert {part: len(cells) for part, cells in data.parts.items()} == {"training": 30, "validation": 12, "test": 6}
    assert all(path.startswith("s/val/") for path, _ in rows(data, "validation"))


def test_validation_is_made_of_training_data_where_there_is_none(tmp_path):
    write(tmp_path / "s" / "train")
    write(tmp_path / "s" / "test", 2, start=10)
    data = import_folder(tmp_path / "s", ImportSettings(), tmp_path)
    assert {part: len(cells) for part, cells in data.parts.items()} == {"training": 24, "validation": 6, "test": 6}
    assert all(path.startswith("s/test/") for path, _ in rows(data, "test"))


def test_numbered_folders_keep_the_order_of_their_numbers(tmp_path):
    source = write(tmp_path / "s", names=("9", "10", "11"))
    assert import_folder(source, ImportSettings(), tmp_path).classes == ("9", "10", "11")


def test_copies_stay_on_one_side_whatever_they_are_called(tmp_path):
    source = write(tmp_path / "s")
    for path in sorted((source / "one").iterdir()):
        for number in range(3):
            shutil.copy(str(path), str(source / "one" / f"copy{number}_{path.name}"))
    data = import_folder(source, ImportSettings(), tmp_path)
    assert any(said.startswith("equal images stay on one side of the split: 30") for said in data.decisions)
    contents = {part: {(tmp_path / path).read_bytes() for path, _ in rows(data, part)} for part in data.parts}
    assert not contents["training"] & contents["validation"]


def test_images_in_two_classes_are_counted(tmp_path):
    source = write(tmp_path / "s")
    shutil.copy(str(next((source / "one").iterdir())), str(source / "two" / "wrong.png"))
    said = import_folder(source, ImportSettings(), tmp_path).decisions
    assert any("; groups of equal images with different labels: 1" in text for text in said)


def test_what_is_no_image_is_left_out_and_said(tmp_path):
    source = write(tmp_path / "s")
    (source / "one" / "notes.txt").write_text("x")
    (source / "one" / "Thumbs.db").write_text("x")
    (source / "one" / ".hidden.png").write_text("x")
    (source / ".git").mkdir()
    (source / "two" / "broken.png").write_text("x")
    data = import_folder(source, ImportSettings(), tmp_path)
    assert sum(map(len, data.parts.values())) == 30
    assert "files left out, no images: 1 .txt" in data.decisions
    assert any(text.startswith("files left out, no readable images: 1") for text in data.decisions)


def test_images_beside_the_class_folders_are_left_out_and_said(tmp_path):
    source = write(tmp_path / "s")
    Image.new("L", (8, 8)).save(str(source / "loose.png"))
    data = import_folder(source, ImportSettings(), tmp_path)
    assert "images left out, in no folder of a class: 1" in data.decisions
    assert not any("loose" in path for path, _ in rows(data, "training") + rows(data, "validation"))


def test_what_an_import_wrote_into_the_source_is_no_class(tmp_path):
    source = write(tmp_path / "s")
    Image.new("RGB", (8, 8)).save(str(source / "one" / "other.png"))
    for _ in range(2):
        data = import_folder(source, ImportSettings(colours="grey"), source / "data")
        assert data.classes == ("one", "two", "zero") and (source / "data" / "converted").is_dir()


def test_folders_can_be_ignored(tmp_path):
    data = import_folder(write(tmp_path / "s"), ImportSettings(ignore=("one",)), tmp_path)
    assert data.classes == ("two", "zero")


def test_differences_are_known(tmp_path):
    source = write(tmp_path / "s")
    Image.new("RGB", (12, 9)).save(str(source / "one" / "other.png"))
    data = import_folder(source, ImportSettings(), tmp_path / "out")
    assert data.resize and data.image_shape == (8, 8) and data.mixed_colours
    data = import_folder(source, ImportSettings(colours="grey"), tmp_path / "out")
    assert not data.mixed_colours and "images converted to grey, as copies: 1" in data.decisions


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda folder: folder.mkdir(), "expected a folder of images for each class"),
        (lambda folder: write(folder, names=("one",)), "at least two folders of images, one for each class, got 1"),
        (
            lambda folder: (write(folder / "train"), write(folder / "val", names=("zero", "dog"))),
            "training images of every class, got none of dog",
        ),
    ],
)
def test_folders_without_classes_are_refused(tmp_path, make, message):
    make(tmp_path / "s")
    with pytest.raises(DataError, match=message):
        import_folder(tmp_path / "s", ImportSettings(), tmp_path)


def test_broken_images_alone_are_no_data_set(tmp_path):
    for name in NAMES:
        (tmp_path / "s" / name).mkdir(parents=True)
        (tmp_path / "s" / name / "a.png").write_text("x")
    with pytest.raises(DataError, match="no readable one of 3 files"):
        import_folder(tmp_path / "s", ImportSettings(), tmp_path)
