"""Which row a clicked picture or a number stands for."""

import os
import shutil

import pytest

from nnabla_influence.dataset.csv import Table
from nnabla_influence.errors import ConfigError, DataError
from nnabla_influence.nnc.actions.asked_sample import row_numbered, row_of_picture


@pytest.fixture
def evaluated(tmp_path):
    """Five rows; the files of the last two hold the same bytes."""
    data = tmp_path / "data データ"
    (data / "images").mkdir(parents=True)
    for number in range(5):
        (data / "images" / f"{number}.png").write_bytes(bytes([min(number, 3)]) * 40)
    lines = ["#note,x:image,y:label", *(f"0.png,images/{number}.png,{number}" for number in range(5))]
    (data / "validation.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Table.read(data / "validation.csv")


def test_a_number_counts_from_one(evaluated):
    assert [row_numbered(number, evaluated) for number in (1, 5)] == [0, 4]


@pytest.mark.parametrize("number", [None, 0, 6])
def test_a_number_there_is_not(evaluated, number):
    with pytest.raises(ConfigError, match="a number from 1 to 5") as caught:
        row_numbered(number, evaluated)
    assert "name them in the field validation" in str(caught.value)


def test_a_file_is_found_by_its_name(evaluated, tmp_path, monkeypatch):
    images = evaluated.path.parent / "images"
    for named in (str(images / "2.png"), "images/2.png", os.path.join("images", "..", "images", "2.png")):
        assert row_of_picture(named, evaluated) == 2
    assert row_of_picture(str(images / "4.png"), evaluated) == 4, "not the first file with these bytes"
    monkeypatch.chdir(images)
    assert row_of_picture("2.png", evaluated) == 2


def test_a_copy_is_found_by_its_bytes(evaluated, tmp_path):
    shutil.copyfile(str(evaluated.path.parent / "images" / "1.png"), str(tmp_path / "copy.png"))
    assert row_of_picture(str(tmp_path / "copy.png"), evaluated) == 1


def test_nnc_desktop_says_the_row_in_the_name_of_its_copy(evaluated, tmp_path):
    assert row_of_picture(str(tmp_path / "plugins" / "plugin_3_0.png"), evaluated) == 3
    with pytest.raises(ConfigError, match="a number from 1 to 5, .* got 6"):
        row_of_picture(str(tmp_path / "plugins" / "plugin_5_0.png"), evaluated)
    with pytest.raises(DataError):
        row_of_picture(str(tmp_path / "elsewhere" / "plugin_3_0.png"), evaluated)


def test_what_is_no_picture_of_the_data(evaluated, tmp_path):
    with pytest.raises(ConfigError, match="Click a cell with a picture"):
        row_of_picture("", evaluated)
    (tmp_path / "other.png").write_bytes(b"x" * 40)
    for named in (str(tmp_path / "other.png"), "7"):
        with pytest.raises(DataError, match="which none of its 5 rows names") as caught:
            row_of_picture(named, evaluated)
        assert "Why this result? By row number" in str(caught.value)


def test_a_comment_is_no_picture(evaluated):
    with pytest.raises(DataError):
        row_of_picture(str(evaluated.path.parent / "0.png"), evaluated)
