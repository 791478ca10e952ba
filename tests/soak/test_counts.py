"""Tables that several runs add up in."""

import csv

import pytest
from soak.counts import Counted, totals

COLUMNS = ("phase", "seconds", "moments", "identical", "left")


@pytest.fixture
def table(tmp_path):
    return tmp_path / "killed.csv"


def count(table, name, seed=0, moments=3, add=True, **more):
    counted = Counted(table, COLUMNS, seed, add)
    counted.add({"phase": name, "seconds": 1.5, "moments": moments, **more})
    return counted


def rows(table):
    with open(str(table), encoding="utf-8", newline="") as stream:
        return [(row["phase"], row["seed"], row["moments"]) for row in csv.DictReader(stream)]


def test_a_row_lies_in_the_file_as_soon_as_it_is_complete(table):
    count(table, "train")
    assert rows(table) == [("train", "0", "3")]
    assert [path.name for path in table.parent.iterdir()] == [table.name]


def test_what_is_typed_again_goes_on(table):
    count(table, "train", identical=3)
    again = Counted(table, COLUMNS, 0, add=True)
    assert again.row("train", "moments", 3) == {"seconds": 1.5, "moments": 3, "identical": 3, "left": 0}
    assert again.row("train", "moments", 4) is None  # fewer than asked for now
    assert again.row("score", "moments", 1) is None


def test_another_seed_adds_rows_and_the_same_one_replaces_its_own(table):
    count(table, "train", seed=0)
    count(table, "train", seed=1)
    count(table, "train", seed=0, moments=9)
    assert rows(table) == [("train", "1", "3"), ("train", "0", "9")]
    assert Counted(table, COLUMNS, 2, add=True).row("train", "moments", 1) is None


def test_otherwise_the_table_begins_anew(table):
    count(table, "train")
    count(table, "score", add=False)
    assert rows(table) == [("score", "0", "3")]


def test_totals_of_all_runs(table):
    count(table, "train", seed=0, identical=3)
    count(table, "train", seed=1, identical=2, left=1)
    count(table, "all of them", identical=3)
    assert totals(table) == [
        "train: moments 6, identical 5, left 1",
        "all of them: moments 3, identical 3, left 0",
        "all: moments 9, identical 8, left 1",
    ]


def test_a_table_of_other_columns_is_not_added_to(table):
    table.write_text("phase,moments\ntrain,3\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="other columns"):
        Counted(table, COLUMNS, 0, add=True)
    assert table.read_text(encoding="utf-8") == "phase,moments\ntrain,3\n"
