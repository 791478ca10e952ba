"""A CSV becomes a data set of NNC Desktop: whole or not at all, once, and readable for Desktop and NNabla."""

import base64
import io
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from nnabla.utils.data_iterator import data_iterator_csv_dataset
from PIL import Image
from support.nnc_desktop import USER_TENANT, datasets, dump, execute, index, make_database, page

from nnabla_influence.errors import DataError, OutputExistsError, RequestError, RunError, UnsupportedError
from nnabla_influence.nnc.installer import dataset_registration, desktop_database
from nnabla_influence.nnc.installer.dataset_registration import DatasetRegistration

SAMPLES = 23


@pytest.fixture
def database(tmp_path):
    return make_database(tmp_path / "nncd_bucket" / "db" / "nncd.db")


@pytest.fixture
def csv(tmp_path):
    """23 pictures of 12 x 8 pixels, in a folder beside the CSV, and their classes."""
    folder = tmp_path / "project" / "pictures"
    folder.mkdir(parents=True)
    for number in range(SAMPLES):
        Image.new("L", (12, 8), 10 * number).save(str(folder / f"{number}.png"))
    path = folder.parent / "cleansed.csv"
    rows = [f"pictures/{number}.png,{number % 3}\n" for number in range(SAMPLES)]
    path.write_text("x:image,y:label\n" + "".join(rows), encoding="utf-8")
    return path


def folders(database):
    datasets_folder = database.parents[1] / "nncd-datasets-rdc" / USER_TENANT
    return sorted(path.name for path in datasets_folder.glob("*"))


def table(path, rows, header="x:image,y:label"):
    path.write_text(header + "\n" + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def test_the_list_shows_it(database, csv):
    registered = DatasetRegistration(database).register(csv)
    (dataset,) = datasets(database)
    assert dataset == {
        "number": 1,
        "name": "cleansed",
        "state": "completed",
        "progress": 100,
        "samples": SAMPLES,
        "columns": 2,
        "header": "x:image,y:label",
    }
    assert registered.folder == index(database, 1).parent and registered.samples == SAMPLES
    assert registered.backup is not None and registered.backup.is_file()
    assert folders(database) == ["1"]


def test_its_table_shows_every_picture(database, csv):
    DatasetRegistration(database).register(csv)
    shown = [cells for row in (0, 10, 20) for cells in page(database, 1, row, 0)]
    assert len(shown) == SAMPLES
    for number, (picture, label) in enumerate(shown):
        assert picture[0] == "image/png" and label == ("text/plain", str(number % 3))
        image = Image.open(io.BytesIO(base64.b64decode(picture[1])))
        assert image.size == (12, 8) and np.unique(np.asarray(image)).tolist() == [10 * number]
    assert (index(database, 1).parent / "page" / "END").read_text(encoding="utf-8") == "10 x 10"


def test_a_large_picture_is_made_small(database, csv):
    Image.new("RGB", (300, 150), (1, 2, 3)).save(str(csv.parent / "pictures" / "0.png"))
    DatasetRegistration(database).register(csv)
    (kind, data), _ = page(database, 1, 0, 0)[0]
    assert kind == "image/png" and Image.open(io.BytesIO(base64.b64decode(data))).size == (100, 50)


def test_a_wide_table_has_pages_beside_each_other(database, tmp_path):
    header = ",".join([*(f"x__{column}" for column in range(24)), "y:label"])
    rows = [",".join(str(100 * row + column) for column in range(25)) for row in range(11)]
    DatasetRegistration(database).register(table(tmp_path / "wide.csv", rows, header))
    assert [len(cells) for cells in page(database, 1, 0, 20)] == [5] * 10
    assert page(database, 1, 10, 10) == [[("text/plain", str(1010 + column)) for column in range(10)]]


def test_sounds_and_curves_are_drawn(database, tmp_path):
    np.savetxt(str(tmp_path / "wave.csv"), np.sin(np.arange(64.0)), delimiter=",")
    np.savetxt(str(tmp_path / "few.csv"), np.arange(3.0), delimiter=",")
    DatasetRegistration(database).register(table(tmp_path / "waves.csv", ["wave.csv,0", "few.csv,1"], "x,y:label"))
    (drawn, _), (written, _) = page(database, 1, 0, 0)
    assert drawn[0] == "image/png" and Image.open(io.BytesIO(base64.b64decode(drawn[1]))).size[0] == 64
    assert written == ("text/plain", "3 x 1 numbers: 0, 1, 2")  # too few for a curve


def test_nnabla_reads_from_it_what_it_reads_from_the_csv(database, csv, tmp_path):
    DatasetRegistration(database).register(csv)
    read = []
    for path in (csv, index(database, 1)):
        iterator = data_iterator_csv_dataset(str(path), SAMPLES, shuffle=False, normalize=False)
        read.append(iterator.next())
        iterator.close()
    for original, registered in zip(*read):
        np.testing.assert_array_equal(original, registered)


def test_again_it_is_there_already(database, csv):
    first = DatasetRegistration(database).register(csv)
    before = dump(database)
    again = DatasetRegistration(database).register(csv)
    assert again.backup is None and again.folder == first.folder
    assert dump(database) == before and folders(database) == ["1"]


def test_other_data_need_another_name(database, csv):
    DatasetRegistration(database).register(csv)
    before = dump(database)
    table(csv, [f"pictures/{number}.png,0" for number in range(9)])
    with pytest.raises(OutputExistsError, match="got 'cleansed', which holds other data"):
        DatasetRegistration(database).register(csv)
    assert dump(database) == before and folders(database) == ["1"]
    DatasetRegistration(database).register(csv, "fewer")
    assert [(dataset["name"], dataset["samples"]) for dataset in datasets(database)] == [("cleansed", 23), ("fewer", 9)]


def test_a_deleted_data_set_gives_its_name_back_but_not_its_number(database, csv):
    DatasetRegistration(database).register(csv)
    execute(database, "UPDATE datasets SET deleted = 1")
    DatasetRegistration(database).register(csv)
    assert [dataset["number"] for dataset in datasets(database)] == [2]


def test_a_folder_that_no_row_knows_is_left_alone(database, csv):
    """Of a database that was put back from a backup."""
    lost = index(database, 7)
    lost.parent.mkdir(parents=True)
    lost.write_text("somebody's", encoding="utf-8")
    DatasetRegistration(database).register(csv)
    assert [dataset["number"] for dataset in datasets(database)] == [8] and lost.read_text() == "somebody's"


def test_it_remembers_where_it_came_from(database, csv):
    DatasetRegistration(database).register(csv)
    with closing(sqlite3.connect(str(database))) as connection:
        notes = connection.execute("SELECT dataset_id, item_name, text_value FROM dataset_metadatas").fetchall()
    assert notes == [(1, "#index_file_path", str(csv))]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["0.png,1", "1.png,"], "line 3, column 'y:label', value '': expected a number or a file, got an empty cell"),
        (["0.png,1", "5,1"], "line 3, column 'x:image', value '5': expected a file .* got a number"),
        (["0.png,1", "gone.png,1"], "line 3, column 'x:image', value 'gone.png': expected a file, got none at"),
        (["0.png,1", "1.bmp,1"], "line 3, column 'x:image', value '1.bmp': expected .png as on the first line"),
        (["0.png,cat", "1.png,dog"], "column 'y:label', value 'cat': expected a number or a file"),
        (["0.png,1", "絵.png,1"], "column 'x:image', value '絵.png': expected a path of ASCII characters"),
        (["0.png,1", "broken.png,1"], "line 3, column 'x:image', value 'broken.png'"),
    ],
)
def test_what_nnc_desktop_would_refuse_is_refused(database, tmp_path, rows, message):
    for name in ("0.png", "1.png", "1.bmp", "絵.png"):
        Image.new("L", (4, 4)).save(str(tmp_path / name))
    (tmp_path / "broken.png").write_bytes(b"no picture")
    before = dump(database)
    with pytest.raises(DataError, match=message):
        DatasetRegistration(database).register(table(tmp_path / "data.csv", rows))
    assert dump(database) == before and folders(database) == []


def test_where_the_database_refuses_nothing_is_left(database, csv, monkeypatch):
    monkeypatch.setattr(desktop_database, "WAIT", 0.1)
    before = dump(database)
    with closing(sqlite3.connect(str(database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RunError, match="Close NNC Desktop and try again"):
            DatasetRegistration(database).register(csv)
        other.execute("ROLLBACK")
    assert dump(database) == before and folders(database) == []


def test_where_the_last_row_fails_nothing_is_left(database, csv, monkeypatch):
    before = dump(database)

    def refuse(connection, table, row):
        if table == "dataset_metadatas":
            raise KeyboardInterrupt
        desktop_database.insert(connection, table, row)

    monkeypatch.setattr(dataset_registration, "insert", refuse)
    with pytest.raises(KeyboardInterrupt):
        DatasetRegistration(database).register(csv)
    assert dump(database) == before and folders(database) == []


def test_what_a_killed_run_left_is_removed(database, csv, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(dataset_registration.shutil, "rmtree", lambda path: None)  # it does not live to tidy up
        patch.setattr(dataset_registration, "write_pages", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            DatasetRegistration(database).register(csv)
    (left,) = folders(database)
    gone = left.replace(f"-{os.getpid()}-", "-999999999-")
    tenant = index(database, 1).parents[1]
    (tenant / left).rename(tenant / gone)
    DatasetRegistration(database).register(csv)
    assert folders(database) == ["1"]


def test_another_schema_is_left_alone(database, csv):
    execute(database, "ALTER TABLE datasets ADD COLUMN owner_mail TEXT NOT NULL DEFAULT ''")  # it can be left out
    DatasetRegistration(database).register(csv)
    execute(database, "ALTER TABLE users ADD COLUMN mail TEXT NOT NULL DEFAULT ''")
    DatasetRegistration(database)
    execute(database, "ALTER TABLE datasets RENAME COLUMN data_num TO rows")
    with pytest.raises(UnsupportedError, match="a table datasets with the columns dataset_id, .* Nothing was changed"):
        DatasetRegistration(database)


def test_without_a_user_there_is_no_place_for_it(database):
    execute(database, "DELETE FROM users")
    with pytest.raises(UnsupportedError, match="the user 1 of NNC Desktop, got none"):
        DatasetRegistration(database)


def test_without_a_database_it_says_what_to_do(tmp_path):
    with pytest.raises(RequestError, match="there is no file"):
        DatasetRegistration(tmp_path / "nncd.db")


def test_progress_counts_rows(database, csv):
    calls = []
    DatasetRegistration(database).register(csv, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(10, SAMPLES), (20, SAMPLES), (23, SAMPLES)]


def test_a_relative_csv_gets_whole_paths(database, csv, monkeypatch):
    monkeypatch.chdir(csv.parent)
    DatasetRegistration(database).register(Path("cleansed.csv"))
    first = index(database, 1).read_text(encoding="utf-8").splitlines()[1]
    assert first == f"{csv.parent / 'pictures' / '0.png'},0"
