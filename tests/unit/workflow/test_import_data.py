"""The job: which files are written, and which never."""

import numpy as np
import pandas as pd
import pytest
from support.raw_tables import folder_of_digits, raw_wine

from nnabla_influence import Dataset, ImportRequest, import_data
from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.dataset.class_names import ClassNames
from nnabla_influence.errors import ConfigError, DataError, OutputExistsError


@pytest.fixture()
def wine(tmp_path):
    path = tmp_path / "wine.csv"
    raw_wine().to_csv(str(path), index=False)
    return path


def test_a_table_becomes_data_sets_that_can_be_read(wine, tmp_path):
    before = wine.read_bytes()
    imported = import_data(ImportRequest(wine, tmp_path / "out", test=0.1))
    assert imported.rows == {"training": 124, "validation": 36, "test": 18}
    assert imported.network == "builtin:mlp" and imported.image_size is None
    assert dict(ClassNames.beside(imported.files["training"])) == dict(enumerate(imported.classes))
    whole = np.concatenate(
        [Dataset.from_csv(path, data_cache=tmp_path).column("x") for path in imported.files.values()]
    )
    original = raw_wine().iloc[:, :13].to_numpy(np.float32)
    assert np.array_equal(np.sort(whole, axis=0), np.sort(original, axis=0))
    assert wine.read_bytes() == before


def test_the_seed_decides_which_row_goes_where(wine, tmp_path):
    texts = [
        import_data(ImportRequest(wine, tmp_path / str(number), seed=seed)).files["validation"].read_bytes()
        for number, seed in enumerate((1, 1, 2))
    ]
    assert texts[0] == texts[1] != texts[2]


def test_a_frame_is_a_source(tmp_path):
    frame = raw_wine()
    imported = import_data(ImportRequest(frame, tmp_path, labels="target"))
    assert imported.rows == {"training": 142, "validation": 36}
    assert frame.equals(raw_wine())


def test_a_folder_of_images_is_a_source(tmp_path):
    source = folder_of_digits(tmp_path / "digits", 8)
    before = {path: path.read_bytes() for path in source.rglob("*.png")}
    imported = import_data(ImportRequest(source, tmp_path / "out"))
    assert imported.network == "builtin:cnn" and imported.rows == {"training": 60, "validation": 20}
    data = Dataset.from_csv(imported.files["training"], data_cache=tmp_path / "decoded")
    assert data.shapes == {"x": (1, 8, 8), "y": (1,)}
    assert {path: path.read_bytes() for path in source.rglob("*") if path.is_file()} == before


def test_nothing_that_is_there_is_written_over(wine, tmp_path):
    request = ImportRequest(wine, tmp_path / "out", test=0.2)
    first = {path.name: path.read_bytes() for path in import_data(request).files.values()}
    with pytest.raises(OutputExistsError, match="expected the name of a new file") as caught:
        import_data(request)
    assert caught.value.said(IN_COMMANDS).endswith("replace it with --overwrite.")
    again = ImportRequest(wine, tmp_path / "out", seed=1, overwrite=True)
    assert import_data(again).files["training"].read_bytes() != first["training.csv"]
    assert not (tmp_path / "out" / "test.csv").exists(), "a test set of other rows would stay"


def test_the_source_is_never_written_over(tmp_path):
    raw_wine().to_csv(str(tmp_path / "training.csv"), index=False)
    with pytest.raises(OutputExistsError, match="got that of the source itself"):
        import_data(ImportRequest(tmp_path / "training.csv", tmp_path, overwrite=True))


def test_a_refused_source_leaves_nothing_behind(tmp_path):
    pd.DataFrame({"a": ["1", "2"], "date": ["2024-01-01", "2024-01-02"], "y": [0, 1]}).to_csv(tmp_path / "t.csv")
    with pytest.raises(DataError, match="dates or times"):
        import_data(ImportRequest(tmp_path / "t.csv", tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_too_few_rows_for_two_parts(tmp_path):
    with pytest.raises(DataError, match="rows enough for validation data"):
        import_data(ImportRequest(pd.DataFrame({"a": [1.5, 2], "y": ["no", "yes"]}), tmp_path / "out"))


def test_values_have_no_names(tmp_path):
    frame = pd.DataFrame({"a": np.arange(20) ** 2, "y": np.arange(20) / 3})
    imported = import_data(ImportRequest(frame, tmp_path))
    assert imported.classes_file is None and not (tmp_path / "classes.csv").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"validation": 0},
        {"validation": 1},
        {"test": -0.1},
        {"validation": 0.6, "test": 0.4},
        {"validation": float("nan")},
        {"seed": -1},
        {"task": "ranking"},
        {"colours": "blue"},
    ],
    ids=str,
)
def test_impossible_requests(wrong):
    with pytest.raises(ConfigError):
        ImportRequest("t.csv", "out", **wrong)


def test_no_source_and_no_folder(tmp_path):
    with pytest.raises(DataError, match="got no such file"):
        import_data(ImportRequest(tmp_path / "none.csv", tmp_path / "out"))
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputExistsError, match="got a file"):
        import_data(ImportRequest(tmp_path / "file", tmp_path / "file"))


def test_validation_and_test_data_may_be_tables_of_their_own(tmp_path):
    frame = raw_wine()
    for part, rows in (("train", frame.iloc[::2]), ("v", frame.iloc[1::4]), ("t", frame.iloc[3::4])):
        rows.reset_index(drop=True).to_csv(str(tmp_path / f"{part}.csv"))  # an index that begins anew in each
    request = ImportRequest(
        tmp_path / "train.csv", tmp_path / "out", validation=tmp_path / "v.csv", test=str(tmp_path / "t.csv")
    )
    imported = import_data(request)
    assert imported.rows == {"training": 89, "validation": 45, "test": 44}
    read = {part: Dataset.from_csv(path, data_cache=tmp_path) for part, path in imported.files.items()}
    assert np.array_equal(read["validation"].column("x"), frame.iloc[1::4, :13].to_numpy(np.float32))
    names = np.array(imported.classes)
    assert list(names[read["test"].column("y")[:, 0].astype(int)]) == list(frame["target"].iloc[3::4])
    assert "validation rows: those of v.csv" in imported.decisions
    assert "column 'column 1': left out: only numbers or names the rows" in imported.decisions


def test_a_missing_number_is_filled_with_the_median_of_the_training_table(tmp_path):
    train = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0, 9.0], "y": ["n", "p", "n", "p", "n"]})
    check = pd.DataFrame({"a": [None, 100.0, 200.0], "y": ["p", "n", "p"]})
    imported = import_data(ImportRequest(train, tmp_path, labels="y", validation=check))
    cells = imported.files["validation"].read_text(encoding="utf-8").splitlines()[1:]
    assert cells == ["3,1", "100,0", "200,1"]


def test_parts_of_another_kind_or_with_other_columns_are_refused(tmp_path, wine):
    other = tmp_path / "other.csv"
    raw_wine().rename(columns={"ash": "Ash!"}).to_csv(str(other), index=False)
    with pytest.raises(DataError, match="other.csv: expected the columns of the training data, got none called ash"):
        import_data(ImportRequest(wine, tmp_path / "out", validation=other))
    with pytest.raises(DataError, match="sources of one kind, got a folder and a table"):
        import_data(ImportRequest(wine, tmp_path / "out", validation=tmp_path))
    with pytest.raises(DataError, match="nobody.csv: expected a folder, a table"):
        import_data(ImportRequest(wine, tmp_path / "out", validation="nobody.csv"))
    (tmp_path / "in").mkdir()
    wine.rename(tmp_path / "in" / "validation.csv")
    with pytest.raises(OutputExistsError, match="another folder to write to"):
        import_data(ImportRequest(other, tmp_path / "in", validation=tmp_path / "in" / "validation.csv"))


def test_a_class_that_is_not_trained_is_refused(tmp_path):
    train = pd.DataFrame({"a": [1.0, 2.0, 3.5], "y": ["cat", "dog", "cat"]})
    check = pd.DataFrame({"a": [1.5, 2.5], "y": ["cat", "mouse"]})
    with pytest.raises(DataError, match="training rows of every class, got none of mouse"):
        import_data(ImportRequest(train, tmp_path, labels="y", validation=check))


def test_a_folder_that_validates(tmp_path):
    train, check = folder_of_digits(tmp_path / "a", 12, 4), folder_of_digits(tmp_path / "b", 20, 4)
    for path in sorted(check.glob("*/*.png")):
        if (train / path.parent.name / path.name).exists():
            path.unlink()
    imported = import_data(ImportRequest(train, tmp_path / "out", validation=check))
    assert imported.rows == {"training": 48, "validation": 32}
    assert "../b/digit 3/" in imported.files["validation"].read_text(encoding="utf-8")


def test_an_archive_that_validates(tmp_path):
    random = np.random.default_rng(0)
    for name, rows in (("a", 20), ("b", 10)):
        np.savez(str(tmp_path / name), x=random.normal(size=(rows, 3)), y=np.arange(rows) % 2)
    np.savez(str(tmp_path / "c"), x=random.normal(size=(10, 4)), y=np.arange(10) % 2)
    imported = import_data(ImportRequest(tmp_path / "a.npz", tmp_path / "out", validation=tmp_path / "b.npz"))
    assert imported.rows == {"training": 20, "validation": 10}
    with pytest.raises(DataError, match=r"samples of one shape in all parts, got \(3,\) and \(4,\)"):
        import_data(ImportRequest(tmp_path / "a.npz", tmp_path / "again", validation=tmp_path / "c.npz"))
