"""Reading the text of a data set, and rewriting paths."""

import gc
import os
import pickle
import weakref

import pytest

from nnabla_influence.dataset.csv import Table, is_number, rewritten_cell, write_csv
from nnabla_influence.errors import DataError


def error_of(path):
    with pytest.raises(DataError) as caught:
        Table.read(path)
    return str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings_and_line_ends_give_the_same_table(folder, encoding, end):
    path = folder.csv(end.join(["x:画像,y", '"a, b.png",0', "写真/c.png,1", ""]), encoding=encoding)
    table = Table.read(path)
    assert table.path == path and table.path.is_absolute()
    assert table.header == ["x:画像", "y"]
    assert table.rows == [["a, b.png", "0"], ["写真/c.png", "1"]]
    assert [table.line(row) for row in range(len(table))] == [2, 3]


def test_variables_leave_comments_out_and_keep_file_order(folder):
    table = Table.read(folder.csv("#id,v__1,y,v__0\na,1,2,3\n"))
    assert {name: [column.position for column in columns] for name, columns in table.variables.items()} == {
        "v": [1, 3],
        "y": [2],
    }
    assert [column.comment for column in table.columns] == [True, False, False, False]


def test_a_quoted_line_end_counts_as_a_line(folder):
    table = Table.read(folder.csv('"#note",y\n"two\nlines",0\nb,1\n'))
    assert [table.line(row) for row in range(2)] == [2, 4]


def test_blank_lines_at_the_end_are_ignored_and_inside_refused(folder):
    assert len(Table.read(folder.csv("x,y\n1,2\n\n\n"))) == 1
    message = error_of(folder.csv("x,y\n1,2\n\n3,4\n"))
    assert "line 3" in message and "expected 2 cells as in the header, got 0" in message


def test_every_ragged_row_is_reported_up_to_twenty(folder):
    message = error_of(folder.csv("x,y\n1\n1,2\n1,2,3\n" + "7\n" * 30))
    assert "32 broken cells" in message and "and 12 more" in message
    assert "line 2, column 'y', value '': expected 2 cells as in the header, got 1" in message
    assert "line 4, column 'cell 3', value '3': expected 2 cells as in the header, got 3" in message


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "empty file"),
        (b"\xef\xbb\xbf", "empty file"),
        (b"x,y\n", "got none"),
        (b"x,y\n1,2\n\x83e,3\n", "line 3: expected UTF-8 text, got the byte 0x83"),
        ("x,y\n1,2\n".encode("utf-16"), "line 1: expected UTF-8 text"),
        (b"x,y\n" + b"1" * 200_000 + b",2\n", "field larger"),
    ],
)
def test_files_that_are_no_table(folder, data, reason):
    folder.file("d.csv", data)
    message = error_of(folder.path / "d.csv")
    assert str(folder.path / "d.csv") in message and reason in message


@pytest.mark.parametrize("separator, name", [(";", "semicolons"), ("\t", "tabs")])
def test_other_separators_are_named(folder, separator, name):
    message = error_of(folder.csv(f"x:image{separator}y\na.png{separator}0\n"))
    assert f"separated by commas, got {name}" in message
    assert len(Table.read(folder.csv("x:a; b\n1\n"))) == 1, "a label may hold one"


def test_a_missing_file_and_a_folder(folder):
    assert "No such file" in error_of(folder.path / "none.csv")
    assert str(folder.path) in error_of(folder.path)


def test_a_relative_path_becomes_absolute(folder, monkeypatch):
    path = folder.csv("x\n1\n")
    monkeypatch.chdir(folder.path)
    assert Table.read(path.name).path == path


def test_a_text_that_is_held_is_not_held_twice(folder):
    path = folder.csv("x,y\n1,2\n3,4\n")
    table = Table.read(path)
    assert Table.read(path) is table
    os.utime(str(path))
    assert Table.read(path) is table, "what is written anew with the same text is the same"
    folder.csv("x,y\n1,2\n3,5\n")
    changed = Table.read(path)
    assert list(changed.rows) == [["1", "2"], ["3", "5"]] and list(table.rows) == [["1", "2"], ["3", "4"]]
    assert Table.read(path) is changed
    kept = weakref.ref(changed)
    del changed
    gc.collect()
    assert kept() is None, "nobody holds it any more"


def test_a_copy_elsewhere_is_another_table(folder):
    first, second = (Table.read(folder.csv("x\n1\n", name)) for name in ("a.csv", "b.csv"))
    assert first.path != second.path


def test_a_table_survives_pickling(folder):
    table = Table.read(folder.csv("x,y\n1,2\n"))
    assert table.variables and pickle.loads(pickle.dumps(table)) == table


def test_resolve_accepts_both_separators(folder):
    table = Table.read(folder.csv("x\n1\n"))
    wanted = folder.path.parent / "画像" / "a b.png"
    assert table.resolve("../画像/a b.png") == wanted
    assert table.resolve("..\\画像\\a b.png") == wanted
    assert table.resolve(str(wanted)) == wanted


@pytest.mark.parametrize("cell", ["0", " 1.5 ", "-2e3", "nan", "inf"])
def test_numbers(cell):
    assert is_number(cell)


@pytest.mark.parametrize("cell", ["", " ", "a.png", "0x10", "1,5"])
def test_no_numbers(cell):
    assert not is_number(cell)


REWRITTEN = {
    "down": ("a/b.png", "/d/src", "/d/src/out", "../a/b.png"),
    "up": ("a/b.png", "/d/src", "/d", "src/a/b.png"),
    "sideways": ("../p/b c.png", "/d/src", "/e/out", "../../d/p/b c.png"),
    "backslashes": ("a\\b.png", "/d/src", "/d", "src/a/b.png"),
    "same folder": ("a\\b.png", "/d/src", "/d/other/../src", "a\\b.png"),
    "number": ("1.50", "/d/src", "/d", "1.50"),
    "not a number": ("nan", "/d/src", "/d", "nan"),
    "empty": ("", "/d/src", "/d", ""),
    "absolute": ("/p/a.png", "/d/src", "/d", "/p/a.png"),
    "Windows drive": ("C:\\p\\a.png", "/d/src", "/d", "C:\\p\\a.png"),
    "Windows share": ("\\\\host\\p\\a.png", "/d/src", "/d", "\\\\host\\p\\a.png"),
    "no formula": ("../-1/a.png", "/d/src", "/d", "./-1/a.png"),
    "no function": ("../@x.png", "/d/src", "/d", "./@x.png"),
    "a cell of the user's": ("=1+1.png", "/d/src", "/d/src", "=1+1.png"),
    "Japanese": ("画像/あ.png", "/d/元", "/d/先", "../元/画像/あ.png"),
}


@pytest.mark.parametrize("case", REWRITTEN, ids=str)
def test_rewritten_cells(case):
    cell, source, target, wanted = REWRITTEN[case]
    assert rewritten_cell(cell, source, target) == wanted


def test_another_windows_drive_gives_an_absolute_path(monkeypatch):
    def no_way(path, start):
        raise ValueError("path is on mount 'C:', start on mount 'D:'")

    monkeypatch.setattr(os.path, "relpath", no_way)
    assert rewritten_cell("a.png", "/d/src", "/e") == "/d/src/a.png"


def test_written_tables_read_back(folder):
    rows = [["a, b.png", "0"], ["あ.png", "1"], ['say "hi".png', "2"]]
    path = folder.path / "new folder" / "t.csv"
    write_csv(path, ["x:画像", "y"], rows)
    assert path.read_bytes().startswith("x:画像,y\n".encode()) and Table.read(path).rows == rows
    assert [child.name for child in path.parent.iterdir()] == ["t.csv"]


def test_a_path_python_cannot_decode_is_written_as_its_bytes(folder):
    path = folder.path / "o.csv"
    write_csv(path, ["x"], [[os.fsdecode(b"\x8eq.png")]])
    assert path.read_bytes() == b"x\n\x8eq.png\n"
