"""The tables of the parts become one, whose rows know where they are from."""

import os
import threading

import pandas as pd
import pytest

from nnabla_influence.dataset.importing.joined_tables import join_tables
from nnabla_influence.dataset.importing.source_table import SourceTable, read_source_table
from nnabla_influence.errors import DataError


def frame(**columns):
    return SourceTable.of(pd.DataFrame(columns))


def test_columns_are_joined_by_their_names_in_the_order_of_the_training_data():
    joined = join_tables({"training": frame(a=[1, 2], b=["x", "y"]), "validation": frame(b=["z"], more=[0], a=[3])})
    assert joined.given == ["training", "training", "validation"]
    assert list(joined.table.frame.columns) == ["a", "b"]
    assert joined.table.frame["a"].tolist() == [1, 2, 3] and joined.table.frame["b"].tolist() == ["x", "y", "z"]


def test_what_a_part_lacks_is_said():
    with pytest.raises(DataError, match="validation data: expected the columns of .*, got none called b"):
        join_tables({"training": frame(a=[1], b=[2]), "validation": frame(a=[1])})


def test_names_of_images_are_found_from_the_folder_of_the_training_table(tmp_path):
    for part in ("t", "v"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "table.csv").write_text("file,label\na.png,0\n,1\n", encoding="utf-8")
    tables = {part: read_source_table(tmp_path / part[0] / "table.csv") for part in ("training", "validation")}
    cells = join_tables(tables).table.frame["file"].tolist()
    assert cells[0] == "a.png" and cells[2] == str(tmp_path / "v" / "a.png") and cells[3] == ""
    assert (tmp_path / "t" / cells[2]) == tmp_path / "v" / "a.png"


def test_what_was_found_out_says_of_which_part(tmp_path):
    (tmp_path / "t.csv").write_text("a,label\n1,0\n2,1\n", encoding="utf-8")
    (tmp_path / "v.csv").write_text("a;label\n1,5;0\n2,5;1\n", encoding="utf-16")
    joined = join_tables({part: read_source_table(tmp_path / f"{part[0]}.csv") for part in ("training", "validation")})
    said = [note.text for note in joined.table.notes]
    assert said[0] == "validation rows: those of v.csv"
    assert any(text.startswith("validation: ") and "semicolons" in text for text in said)
    assert joined.table.commas_are_decimal


def test_numbers_of_one_part_are_text_where_those_of_another_are(tmp_path):
    """What the training data spells 007 and 1.50 are categories if the validation data has a word there."""
    (tmp_path / "t.csv").write_text("code,size,label\n007,1,0\n1.50,2,1\n,3,0\n", encoding="utf-8")
    (tmp_path / "v.csv").write_text("code,size,label\nA,4,0\n", encoding="utf-8")
    tables = {part: read_source_table(tmp_path / f"{part[0]}.csv") for part in ("training", "validation")}
    assert tables["training"].frame["code"].tolist()[:2] == [7, 1.5]
    frame = join_tables(tables).table.frame
    assert frame["code"].tolist() == ["007", "1.50", "", "A"] and frame["size"].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("dtype", ["string", "category", object])
def test_numbers_of_a_file_are_text_beside_a_frame_of_text(tmp_path, dtype):
    (tmp_path / "v.csv").write_text("code,label\n007,0\n1,1\n", encoding="utf-8")
    training = frame(code=pd.Series(["007", "A"], dtype=dtype), label=[0, 1])
    joined = join_tables({"training": training, "validation": read_source_table(tmp_path / "v.csv")})
    assert joined.table.frame["code"].tolist() == ["007", "A", "007", "1"]
    assert training.frame["code"].tolist() == ["007", "A"]


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path):
    for part, cell in (("t", "A"), ("v", "1")):
        (tmp_path / f"{part}.csv").write_text(f"code,label\n{cell},0\n", encoding="utf-8")
    tables = {part: read_source_table(tmp_path / f"{part[0]}.csv") for part in ("training", "validation")}
    (tmp_path / "v.csv").write_text("code,label\n2,0\n", encoding="utf-8")
    with pytest.raises(DataError, match="expected the text that it had a moment ago"):
        join_tables(tables)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name here")
def test_a_pipe_is_read_once(tmp_path):
    os.mkfifo(str(tmp_path / "t.csv"))
    (tmp_path / "v.csv").write_text("code,label\nA,0\n", encoding="utf-8")
    writer = threading.Thread(target=(tmp_path / "t.csv").write_text, args=("code,label\n007,0\n1,1\n", "utf-8"))
    writer.start()
    tables = {part: read_source_table(tmp_path / f"{part[0]}.csv") for part in ("training", "validation")}
    writer.join()
    assert join_tables(tables).table.frame["code"].tolist() == ["007", "1", "A"]
