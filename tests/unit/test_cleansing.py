"""Cleansing: which rows are chosen, and that the two files hold every row once, as it was."""

import csv
import itertools
import os

import numpy as np
import pytest

from nnabla_influence import cleansing
from nnabla_influence.cleansing import Below, ClassLoss, Count, Listed, Share, class_losses, cleanse
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
    """A training CSV of 12 rows with comments, odd spellings, and paths with spaces and Japanese characters."""
    folder = tmp_path / "データ 1"
    folder.mkdir()
    lines = ["# who,x:image,v__0,v__1,y:label"]
    lines += [f'"Ann, {row}",画像\\no {row}.png,{row}.50,1e-{row},{row % 3}' for row in range(12)]
    path = folder / "training.csv"
    path.write_bytes("\r\n".join(lines).encode("utf-8-sig"))
    return path


@pytest.fixture
def influence(train, tmp_path):
    """The influence CSV of `train` in another folder; row 7 is the most harmful, then 4, 1, 10."""
    values = np.array([6, -1, 3, 9, -2, 8, 5, -3, 7, 4, -0.5, 2.0])
    columns = {"predicted_label": np.zeros(12), "loss": np.linspace(0, 1, 12)}
    path = tmp_path / "scores" / "influence.csv"
    InfluenceScores(values, "m", columns=columns).to_csv(path, Table.read(train))
    return path


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
        ("datasource_index\n1\n1\n", "once, found 1"),
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


def test_what_classes_lose():
    losses = class_losses(np.array([0, 0, 2, 2, 2, 5]), np.array([1, 2, 3]))
    assert losses == [ClassLoss(0, 2, 1), ClassLoss(2, 3, 2), ClassLoss(5, 1, 0)]
    assert [loss.severe for loss in losses] == [False, True, False], "half of a class is not more than half"


# ---- the two files


def test_every_row_is_in_exactly_one_file_as_it_was(train, influence):
    data = ScoredData.read(influence, train)
    output, removed = train.with_name("clean.csv"), train.with_name("removed.csv")
    cleanse(data, Count(3).rows(data.scores), output, removed)
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
    cleanse(data, Below(-0.7).rows(data.scores), output, removed)
    original = [cells[1:] for cells in rows_of(train)]
    expected = [[cells[0].replace("\\", "/"), *cells[1:]] for cells in original]
    assert rows_of(output) == [expected[0], *(expected[1 + row] for row in range(12) if row not in (1, 4, 7))]
    assert rows_of(removed) == [expected[0], *(expected[1 + row] for row in (1, 4, 7))]


@pytest.mark.parametrize("with_train", [True, False])
def test_paths_stay_valid_from_where_the_files_are_written(train, influence, tmp_path, with_train):
    data = ScoredData.read(influence, train if with_train else None)
    output, removed = tmp_path / "a" / "clean.csv", tmp_path / "b" / "c" / "removed.csv"
    cleanse(data, np.array([0]), output, removed)
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
        cleanse(data, Count(5).rows(data.scores), output, tmp_path / "removed.csv")
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


def test_of_losses_the_highest_go_first(influence):
    data = ScoredData.read(influence, score="loss")
    assert Count(2).rows(data.scores).tolist() == [10, 11], "the fixture's losses rise with the row"


def test_removing_nothing_leaves_a_header_only(train, influence, tmp_path):
    data = ScoredData.read(influence, train)
    cleanse(data, Count(0).rows(data.scores), tmp_path / "clean.csv", tmp_path / "removed.csv")
    assert len(rows_of(tmp_path / "clean.csv")) == 13 and len(rows_of(tmp_path / "removed.csv")) == 1


def test_something_must_be_left(train, influence, tmp_path):
    data = ScoredData.read(influence, train)
    with pytest.raises(DataError, match="all 12 would be removed"):
        cleanse(data, np.arange(12), tmp_path / "clean.csv", tmp_path / "removed.csv")
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
            cleanse(data, np.array([0]), output, removed)
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
        cleanse(data, np.array([0]), output, removed)
    assert output.read_text() == "old" and not removed.exists()
    assert not [name for name in os.listdir(str(tmp_path)) if "partial" in name]


# ---- what does not fit


def test_an_influence_csv_cut_down_is_refused(influence):
    lines = influence.read_text(encoding="utf-8").splitlines()
    influence.write_text("\n".join(lines[:5]), encoding="utf-8")
    with pytest.raises(DataError, match="found 4 rows.*up to 10; missing are 0, 2, 3, 5, 6, 8, 9"):
        ScoredData.read(influence)


def test_only_scores_and_no_data(tmp_path):
    path = tmp_path / "influence.csv"
    path.write_text("influence,datasource_index\n1,0\n")
    with pytest.raises(DataError, match="own columns"):
        ScoredData.read(path)


@pytest.mark.parametrize(
    "old, new, reason",
    [
        (b"no 3.png,3.50", b"no 3.png,3.51", "line 5, column 'v__0': expected '3.50'.*found '3.51'"),
        (b"no 3.png", b"no 33.png", "line 5, column 'x:image'"),
        (b"v__1,y:label", b"v__1,t:label", "the column y:label"),
        (b'\r\n"Ann, 11",', b"", "line 12"),
    ],
)
def test_another_training_csv_is_refused(train, influence, old, new, reason):
    text = train.read_bytes()
    assert old in text
    train.write_bytes(text.replace(old, new))
    with pytest.raises(DataError, match=reason):
        ScoredData.read(influence, train)


def test_another_number_of_rows_is_refused(train, influence):
    train.write_bytes(train.read_bytes().rsplit(b"\r\n", 1)[0])
    with pytest.raises(DataError, match="expected the 12 rows.*found 11"):
        ScoredData.read(influence, train)


def test_the_public_names_are_there():
    assert all(getattr(cleansing, name).__doc__ for name in cleansing.__all__)
