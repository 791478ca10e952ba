"""The files that cells name: looked up, hashed once, and reported where they are missing."""

import hashlib

import numpy as np
import pytest

from nnabla_influence.dataset.csv import Table
from nnabla_influence.dataset.csv_rows import CsvRows
from nnabla_influence.dataset.file_cells import FileCells, FileCounter
from nnabla_influence.dataset.fingerprint import FileIndex
from nnabla_influence.dataset.inspection import inspect
from nnabla_influence.dataset.problems import Problems
from nnabla_influence.errors import DataError


def cells_of(folder, text):
    table = Table.read(folder.csv(text))
    problems = Problems(table.path)
    return FileCells(table, inspect(table, problems), problems), FileIndex(folder.cache, table.path), problems


def test_every_file_is_hashed_once(folder):
    data = (folder.path / folder.npy("a.npy", np.zeros(2))).read_bytes()
    folder.npy("b.npy", np.ones(2))
    files, index, problems = cells_of(folder, "x,y\na.npy,1\nb.npy,2\na.npy,3\n")
    unknown = files.look_up(index)
    assert unknown == ["a.npy", "b.npy"] and files.count == 3 and files.digests == {}
    files.hash(index, unknown, FileCounter(None, 2))
    assert files.digests["a.npy"] == hashlib.sha256(data).hexdigest() and len(files.digests) == 2
    assert len(problems) == 0


def test_missing_files_are_reported_by_every_cell_that_names_them(folder):
    folder.npy("a.npy", np.zeros(2))
    (folder.path / "dir.npy").mkdir()
    files, index, problems = cells_of(folder, "x\na.npy\nnone.npy\nnone.npy\ndir.npy\n")
    assert files.look_up(index) == ["a.npy"] and files.count == 1
    with pytest.raises(DataError, match="3 broken cells(.|\n)*got none at(.|\n)*got the error: not a file"):
        problems.raise_if_any()


def test_a_file_that_cannot_be_read_is_reported(folder, monkeypatch):
    folder.npy("a.npy", np.zeros(2))
    files, index, problems = cells_of(folder, "x\na.npy\na.npy\n")
    unknown = files.look_up(index)
    (folder.path / "a.npy").unlink()  # between looking and reading
    files.hash(index, unknown, FileCounter(None, 1))
    assert len(problems) == 2 and files.digests == {}


def test_progress_jumps_to_the_end_where_nothing_is_decoded():
    steps = []
    counter = FileCounter(lambda done, total: steps.append((done, total)), 5)
    counter.finish()  # nothing was read: nothing is said
    counter.step()
    counter.finish()
    assert steps == [(1, 5), (5, 5)]


def test_a_table_of_numbers_is_not_split_into_cells(folder, monkeypatch):
    """A million rows would take seconds."""
    files, index, _ = cells_of(folder, "x,y\n1,2\n3,4\n")
    monkeypatch.setattr(CsvRows, "__iter__", None)
    assert files.look_up(index) == [] and files.count == 0
