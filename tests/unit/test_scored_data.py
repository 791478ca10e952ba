"""A data set read back from its influence CSV: whole, in its order, and the data that was scored."""

import pytest
from support.scored_files import write_influence, write_train

from nnabla_influence.cleansing import Count
from nnabla_influence.dataset.csv import Table
from nnabla_influence.errors import DataError
from nnabla_influence.scored_data import ScoredData


@pytest.fixture
def train(tmp_path):
    return write_train(tmp_path / "データ 1")


@pytest.fixture
def influence(train, tmp_path):
    return write_influence(train, tmp_path / "scores" / "influence.csv")


def test_of_losses_the_highest_go_first(influence):
    data = ScoredData.read(influence, score="loss")
    assert Count(2).rows(data.scores).tolist() == [10, 11], "the fixture's losses rise with the row"


def test_an_influence_csv_cut_down_is_refused(influence):
    lines = influence.read_text(encoding="utf-8").splitlines()
    influence.write_text("\n".join(lines[:5]), encoding="utf-8")
    with pytest.raises(DataError, match="found 4 rows.*up to 10; missing are 0, 2, 3, 5, 6, 8, 9"):
        ScoredData.read(influence)


def test_an_absurd_row_number_is_refused_and_takes_no_memory(influence):
    header, first, *others = influence.read_text(encoding="utf-8").splitlines()
    cells = dict(zip(header.split(","), first.split(",")), datasource_index=str(2**40))
    influence.write_text("\n".join([header, ",".join(cells.values()), *others]) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=f"up to {2**40}; missing are .*, 20, "):
        ScoredData.read(influence)


def test_only_scores_and_no_data(tmp_path):
    path = tmp_path / "influence.csv"
    path.write_text("influence,datasource_index\n1,0\n")
    with pytest.raises(DataError, match="own columns"):
        ScoredData.read(path)


def test_scores_of_a_frame_belong_to_the_training_csv_that_is_named(train, tmp_path):
    path = tmp_path / "influence.csv"
    rows = [f"{row - 5},{row}" for row in range(len(Table.read(train)))]
    path.write_text("\n".join(["influence,datasource_index", *rows]))
    data = ScoredData.read(path, train)
    assert data.table.rows == Table.read(train).rows and data.scores.values.tolist() == [
        row - 5 for row in range(len(rows))
    ]
    path.write_text("\n".join(["influence,datasource_index", *rows[:-1]]))
    with pytest.raises(DataError, match=f"expected the {len(rows) - 1} rows that were scored, got {len(rows)}"):
        ScoredData.read(path, train)


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


def test_the_whole_table_in_the_order_of_the_data(influence, train):
    data = ScoredData.read(influence)
    assert len(data) == 12 and data.inputs == (influence,)
    assert [row[1] for row in data.table.rows] == [f"{row}.50" for row in range(12)]
    assert data.scores.values.tolist()[:3] == [6, -1, 3] and data.column("loss")[-1] == 1
    assert ScoredData.read(influence, train).inputs == (influence, train)


def test_its_repr_is_short(influence, train):
    assert repr(ScoredData.read(influence)) == f"ScoredData(12 samples by 'influence', influence={str(influence)!r})"
    assert repr(ScoredData.read(influence, train)).endswith(f", train={str(train)!r})")
