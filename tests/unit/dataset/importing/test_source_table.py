"""Tables of other formats than text."""

from importlib.util import find_spec

import pandas as pd
import pytest

from nnabla_influence.dataset.importing import source_table
from nnabla_influence.dataset.importing.source_table import READERS, SourceTable, read_source_table
from nnabla_influence.errors import DataError, MissingExtraError

FRAME = pd.DataFrame({"length": [1.5, 2.5], "kind": ["a", "b"]})


@pytest.mark.parametrize("suffix", READERS)
def test_a_format_is_read_or_says_what_to_install(tmp_path, suffix):
    path = tmp_path / ("table" + suffix)
    path.write_bytes(b"PK\x03\x04 no table")
    module, package = READERS[suffix]
    if find_spec(module) is None:
        with pytest.raises(MissingExtraError, match=f"pip install {package}, or save the table as CSV"):
            read_source_table(path)
    else:
        with pytest.raises(DataError, match="Save it again"):
            read_source_table(path)


@pytest.mark.parametrize("read, suffix", [("read_excel", ".xlsx"), ("read_parquet", ".parquet")])
def test_what_pandas_reads_is_the_table(tmp_path, monkeypatch, read, suffix):
    asked = []
    monkeypatch.setattr(source_table, "find_spec", lambda module: module)
    monkeypatch.setattr(pd, read, lambda path: asked.append(path) or FRAME)
    source = read_source_table(tmp_path / ("t" + suffix))
    assert source.frame.equals(FRAME) and asked == [tmp_path / ("t" + suffix)]


def test_a_frame_gets_names_and_rows_of_its_own():
    frame = pd.DataFrame([[1, 2], [3, 4]], columns=[0, 0], index=[7, 7])
    source = SourceTable.of(frame)
    assert list(source.frame.columns) == ["0", "0 (2)"] and list(source.frame.index) == [0, 1]
    assert list(frame.columns) == [0, 0] and list(frame.index) == [7, 7]


@pytest.mark.parametrize("frame", [FRAME.iloc[:0], FRAME[[]]])
def test_an_empty_frame_is_refused(frame):
    with pytest.raises(DataError, match="a table with rows and columns"):
        SourceTable.of(frame)


def test_notes_of_the_text_come_first(tmp_path):
    (tmp_path / "t.csv").write_bytes("a;b\n1,5;ä\n2,5;b\n".encode("cp1252"))
    source = read_source_table(tmp_path / "t.csv")
    assert [note.text for note in source.notes] == [
        "the text is cp1252 (Western Windows)",
        "cells are separated by semicolons",
    ]
    assert source.commas_are_decimal


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match="readable table"):
        read_source_table(tmp_path / "none.csv")
