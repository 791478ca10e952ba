"""Cleansing: which rows are chosen, and that the two files hold every row once, as it was."""

import csv
import itertools
import os

import numpy as np
import pytest
from support.scored_files import write_influence, write_train

from nnabla_influence import cleansing
from nnabla_influence.cleansing import (
    Below,
    ClassLoss,
    Count,
    Listed,
    Removal,
    Share,
    amount_from,
    class_losses,
    class_numbers,
    notable_class_losses,
    write_cleansed,
)
from nnabla_influence.dataset.class_names import ClassNames
from nnabla_influence.dataset.csv import Table
from nnabla_influence.errors import ConfigError, DataError, OutputExistsError
from nnabla_influence.scored_data import ScoredData
from nnabla_influence.scores import InfluenceScores

SCORES = InfluenceScores(np.array([0.5, -2.0, 0.5, -2.0, -0.1]), "m")


def rows_of(path):
    with open(str(path), encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


@pytest.fixture
def train(tmp_path):
    return write_train(tmp_path / "データ 1")


@pytest.fixture
def influence(train, tmp_path):
    return write_influence(train, tmp_path / "scores" / "influence.csv")


# ---- which rows


@pytest.mark.parametrize(
    "removal, rows",
    [
        (Count(0), []),
        (Count(1), [1]),
        (Count(2), [1, 3]),
        (Count(4), [0, 1, 3, 4]),
        (Share(0.0), []),
        (Share(0.4), [1, 3]),
        (Share(0.29), [1]),
        (Below(-0.1), [1, 3]),
        (Below(0.0), [1, 3, 4]),
        (Below(-5.0), []),
    ],
)
def test_the_lowest_scores_go_first_and_ties_in_the_order_of_the_data(removal, rows):
    assert removal.rows(SCORES).tolist() == rows


def test_listed_rows_in_any_order(tmp_path):
    path = tmp_path / "ticked.csv"
    path.write_text("y,datasource_index\n1,4\n0,0\n")
    assert Listed(path).rows(SCORES).tolist() == [0, 4]


@pytest.mark.parametrize(
    "text, reason",
    [
        ("datasource_index\n5\n", "rows from 0 to 4, found 5"),
        ("datasource_index\n1\n1\n", "once, got 1"),
        ("datasource_index\n", "at least one line"),
        ("y\n1\n", "expected one column datasource_index"),
        ("datasource_index\n-1\n", "whole number of at least 0"),
    ],
)
def test_lists_that_name_no_rows(tmp_path, text, reason):
    path = tmp_path / "ticked.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=reason):
        Listed(path).rows(SCORES)


def test_impossible_removals():
    with pytest.raises(DataError, match="at most 5 rows"):
        Count(6).rows(SCORES)
    for make, value in itertools.chain(
        [(Count, -1)], itertools.product([Share], [-0.1, 1.1, np.nan]), itertools.product([Below], [np.nan, np.inf])
    ):
        with pytest.raises(ConfigError):
            make(value)


@pytest.mark.parametrize(
    "text, amount, of_60",
    [
        ("100", Count(100), 100),
        ("0", Count(0), 0),
        ("2%", Share(0.02), 1),
        ("2.5%", Share(0.025), 2),
        ("100%", Share(1.0), 60),
    ],
)
def test_amounts_as_they_are_typed(text, amount, of_60):
    assert amount_from(text) == amount and amount_from(text).of(60) == of_60
    assert isinstance(amount, Removal)


@pytest.mark.parametrize("text", ["", "%", "x", "-1", "2.5", "101%", "-1%", "nan%", "inf%", "2 x"])
def test_what_is_no_amount(text):
    with pytest.raises(ConfigError) as caught:
        amount_from(text)
    assert str(caught.value) == f"expected a number of samples or a share, e.g. 100 or 2%, got '{text}'"


def test_a_share_removes_as_many_as_it_is_of_all():
    assert len(Share(0.5).rows(SCORES)) == Share(0.5).of(5) == 2  # rounded to the nearest even number


def test_class_losses_to_show_and_to_warn_about():
    labels = np.array([0, 0, 0, 1, 1, 2, 3])
    losses = notable_class_losses(labels, np.array([0, 3, 4, 5]))
    assert losses.severe == [ClassLoss(1, 2, 2), ClassLoss(2, 1, 1)]
    assert losses.largest == [ClassLoss(1, 2, 2), ClassLoss(0, 3, 1), ClassLoss(2, 1, 1)] and losses.others == 0
    many = notable_class_losses(np.arange(25), np.arange(22))
    assert len(many.largest) == 20 and many.others == 2 and len(many.severe) == 22
    named = notable_class_losses(labels, np.array([3, 5]), ClassNames({1: "cat"}))
    assert [loss.called for loss in named.largest] == ["cat", "2"]
    assert notable_class_losses(None, np.arange(3)) == ([], [], 0)
    assert notable_class_losses(labels, np.array([], int)) == ([], [], 0)


def test_class_numbers_of_a_data_set(train, influence):
    data = ScoredData.read(influence, train)
    assert class_numbers(data).tolist() == [0, 1, 2] * 4
    with pytest.raises(DataError, match="expected a class number"):
        class_numbers(data, "x")
    with pytest.raises(DataError, match="one label column 'z'"):
        class_numbers(data, "z")


@pytest.mark.parametrize("cells, classes", [("0123", False), ("0011", True), ("ab", False)])
def test_only_numbers_that_repeat_are_classes_unless_they_are_asked_for(tmp_path, cells, classes):
    path = tmp_path / "influence.csv"
    lines = "".join(f"{cell},{row},{row}\n" for row, cell in enumerate(cells))
    path.write_text("y,influence,datasource_index\n" + lines)
    data = ScoredData.read(path)
    assert (class_numbers(data) is not None) is classes
    if cells.isdecimal():
        assert class_numbers(data, "y").tolist() == [int(cell) for cell in cells]


def test_what_classes_lose():
    losses = class_losses(np.array([0, 0, 2, 2, 2, 5]), np.array([1, 2, 3]))
    assert losses == [ClassLoss(0, 2, 1), ClassLoss(2, 3, 2), ClassLoss(5, 1, 0)]
    assert [loss.severe for loss in losses] == [False, True, False], "half of a class is not more than half"


# ---- the two files


def test_every_row_is_in_exactly_one_file_as_it_was(train, influence):
    data = ScoredData.read(influence, train)
    output, removed = train.with_name("clean.csv"), train.with_name("removed.csv")
    write_cleansed(data, Count(3).rows(data.scores), output, removed)
    original = rows_of(train)
    original[0][0] = original[0][0].lstrip("\ufeff")
    kept, gone = rows_of(output), rows_of(removed)
    assert kept[0] == gone[0] == original[0]
    assert gone[1:] == [original[1 + row] for row in (1, 4, 7)]
    assert kept[1:] == [original[1 + row] for row in range(12) if row not in (1, 4, 7)]
    assert not output.read_bytes().startswith(b"\xef\xbb\xbf")


def test_without_the_training_csv_only_text_comments_are_lost(train, influence):
    data = ScoredData.read(influence)
    output, removed = train.with_name("clean.csv"), train.with_name("removed.csv")
    write_cleansed(data, Below(-0.7).rows(data.scores), output, removed)
    original = [cells[1:] for cells in rows_of(train)]
    expected = [[cells[0].replace("\\", "/"), *cells[1:]] for cells in original]
    assert rows_of(output) == [expected[0], *(expected[1 + row] for row in range(12) if row not in (1, 4, 7))]
    assert rows_of(removed) == [expected[0], *(expected[1 + row] for row in (1, 4, 7))]


@pytest.mark.parametrize("with_train", [True, False])
def test_paths_stay_valid_from_where_the_files_are_written(train, influence, tmp_path, with_train):
    data = ScoredData.read(influence, train if with_train else None)
    output, removed = tmp_path / "a" / "clean.csv", tmp_path / "b" / "c" / "removed.csv"
    write_cleansed(data, np.array([0]), output, removed)
    whole, kept, gone = Table.read(train), Table.read(output), Table.read(removed)
    x = kept.variables["x"][0].position
    assert kept.resolve(kept.rows[0][x]) == whole.resolve(whole.rows[1][1])
    assert gone.resolve(gone.rows[0][x]) == whole.resolve(whole.rows[0][1])


def test_an_influence_csv_sorted_anew_gives_the_same_files(train, influence, tmp_path):
    header, *rows = rows_of(influence)
    shuffled = influence.with_name("sorted.csv")
    with open(str(shuffled), "w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *sorted(rows)])
    written = []
    for number, path in enumerate((influence, shuffled)):
        data = ScoredData.read(path)
        output = tmp_path / f"clean{number}.csv"
        write_cleansed(data, Count(5).rows(data.scores), output, tmp_path / "removed.csv")
        written.append(output.read_bytes())
    assert written[0] == written[1]


def test_another_score_column_is_used_and_dropped(train, influence, tmp_path):
    text = influence.read_text(encoding="utf-8").splitlines()
    index = [int(line.rsplit(",", 1)[1]) for line in text[1:]]
    lines = [text[0].replace("datasource_index", "margin,datasource_index")]
    lines += [f"{line.rsplit(',', 1)[0]},{-row},{row}" for line, row in zip(text[1:], index)]
    influence.write_text("\n".join(lines), encoding="utf-8")
    data = ScoredData.read(influence, score="margin")
    assert Count(2).rows(data.scores).tolist() == [10, 11]
    assert [column.name for column in data.table.columns] == ["x", "v", "v", "y"]


def test_removing_nothing_leaves_a_header_only(train, influence, tmp_path):
    data = ScoredData.read(influence, train)
    write_cleansed(data, Count(0).rows(data.scores), tmp_path / "clean.csv", tmp_path / "removed.csv")
    assert len(rows_of(tmp_path / "clean.csv")) == 13 and len(rows_of(tmp_path / "removed.csv")) == 1


def test_something_must_be_left(train, influence, tmp_path):
    data = ScoredData.read(influence, train)
    with pytest.raises(DataError, match="all 12 would be removed"):
        write_cleansed(data, np.arange(12), tmp_path / "clean.csv", tmp_path / "removed.csv")
    assert not (tmp_path / "clean.csv").exists()


def test_inputs_are_never_overwritten(train, influence, tmp_path):
    data = ScoredData.read(influence, train)
    before = train.read_bytes(), influence.read_bytes()
    link, other = tmp_path / "link.csv", tmp_path / "other.csv"
    link.symlink_to(train)
    for output, removed in [
        (train, other),
        (other, train),
        (influence, other),
        (other, influence),
        (link, other),
        (train.parent / ".." / train.parent.name / train.name, other),
        (other, other),
    ]:
        with pytest.raises(OutputExistsError):
            write_cleansed(data, np.array([0]), output, removed)
    assert (train.read_bytes(), influence.read_bytes()) == before and not other.exists()


def test_both_files_are_written_or_none(train, influence, tmp_path, monkeypatch):
    data = ScoredData.read(influence, train)
    output, removed = tmp_path / "clean.csv", tmp_path / "removed.csv"
    output.write_text("old")
    rows_in = Table.rows_in

    def breaks(table, folder, rows):
        yield from rows_in(table, folder, rows)
        if len(rows) == 1:  # the removed ones, which are written last
            raise OSError("disk full")

    monkeypatch.setattr(Table, "rows_in", breaks)
    with pytest.raises(OSError, match="disk full"):
        write_cleansed(data, np.array([0]), output, removed)
    assert output.read_text() == "old" and not removed.exists()
    assert not [name for name in os.listdir(str(tmp_path)) if "partial" in name]


def test_the_public_names_are_there():
    assert all(getattr(cleansing, name).__doc__ for name in cleansing.__all__ if name != "Amount")  # a Union has none
